"""Runs the sidecar of a node: below a keeper, or beside processes that somebody else starts."""

import asyncio
import os
import sys

from luna.sidecar.attached import Attached
from luna.sidecar.exit_codes import ExitCode
from luna.sidecar.link import KeeperLink, NoKeeperError
from luna.sidecar.node import Node
from luna.sidecar.node_lock import node_lock
from luna.sidecar.parent import Parent
from luna.sidecar.places import clear_sockets, furnish, lock_path, run_directory
from luna.sidecar.plan import Plan
from luna.sidecar.start_errors import StartError
from luna.sidecar.told import Told, signals


async def run_plan(plan: Plan) -> int:
    """Run the node that *plan* describes until it is told to stop, and return the exit code.

    Whatever ends this process otherwise, the node goes on: the keeper starts another one, which takes over.
    """
    try:
        link = KeeperLink.inherit()
    except NoKeeperError:
        sys.stderr.write("arkalia: the sidecar is started by `arkalia up`; on its own it is `arkalia sidecar`\n")
        return int(ExitCode.USAGE)
    return await _run(plan, link)


async def run_attached(plan: Plan) -> int:
    """Look after processes that somebody else starts until told to stop, and return the exit code. They go on."""
    try:
        furnish(plan.settings)
        lock = node_lock(lock_path(plan.settings), endpoint=plan.endpoint)
    except StartError as error:
        sys.stderr.write(f"arkalia: {error}\n")
        return error.code
    try:
        return await _run(plan, Attached(run_directory(plan.settings)))
    finally:
        os.close(lock)


async def _run(plan: Plan, parent: Parent) -> int:
    told = Told()
    with signals(told.signalled):
        inheritance = await parent.hello()
        async with asyncio.TaskGroup() as group:
            failure = await Node(plan, group, link=parent, inheritance=inheritance, told=told).run()
        if not plan.attached:
            clear_sockets(run_directory(plan.settings))
        if failure:
            sys.stderr.write(f"arkalia: {failure}\n")
        code = failure.code if failure else int(ExitCode.OK)
        parent.say_goodbye(code)
    return code

"""What a reflexia server is made of in these tests: everything real but the sensors."""

from contextlib import AbstractAsyncContextManager

import grpc.aio
import pytest

from luna.kernel.clock import SystemClock
from luna.kernel.consumers import ConsumerPolicy, ConsumerState, Member
from luna.kernel.directory import Checked
from luna.kernel.identity import Identity
from luna.manifest import Toolbox
from tests.integration.reflexia.node import INTERVAL, NODE, StubbornLog
from tests.machines import SteadyMachine, SteadyVitals, vitals


class NoConsumers:
    """Reflexia is no consumer: it follows the log, and keeps no place in it."""

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Refuse."""
        raise AssertionError(name)

    def join(self, name: str, member: str, *, prefetch: int = 64) -> AbstractAsyncContextManager[Member]:
        """Refuse."""
        raise AssertionError(name)


@pytest.fixture
def log() -> StubbornLog:
    return StubbornLog(SystemClock())


@pytest.fixture
def machine() -> SteadyMachine:
    return SteadyMachine(SystemClock())


@pytest.fixture
def tools(log: StubbornLog, machine: SteadyMachine) -> Toolbox:
    def peers(service: str) -> grpc.aio.Channel:
        raise AssertionError(service)

    async def unchecked(service: str) -> Checked:
        raise AssertionError(service)

    return Toolbox(
        identity=Identity(node=NODE, process="kernel-0", version="0.1.0", started_ns=1),
        clock=SystemClock(),
        events=log,
        consumers=NoConsumers(),
        machine=machine,
        vitals=SteadyVitals(vitals("kernel-0")),
        peers=peers,
        directory=(),
        check=unchecked,
        sample_seconds=INTERVAL,
        checkpoint_seconds=0.2,
    )

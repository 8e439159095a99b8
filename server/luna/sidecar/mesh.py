"""Puts Envoy under the supervisor's care."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from luna.settings import Settings
from luna.sidecar.admin import Admin
from luna.sidecar.frugal import UNNEEDED, doing_without
from luna.sidecar.places import log_directory, socket_path
from luna.sidecar.replica import ReplicaSpec
from luna.sidecar.start_errors import ContractMissingError
from luna.sidecar.state import ReplicaStatus
from luna.sidecar.supervisor import ENVOY
from luna.topology import Topology

if TYPE_CHECKING:
    from luna.sidecar.envoy.configuration import Places
    from luna.sidecar.envoy.endpoints import EndpointFiles
    from luna.sidecar.envoy.routing import Routing
    from luna.sidecar.envoy.stance import Stance

_LOOK_SECONDS: Final = 0.05


class Mesh:
    """Envoy, and the files it is told through where the processes listen.

    Rendering reads the contracts, which takes protobuf. So it is imported
    where it is first needed, when the server processes are on their way.
    """

    def __init__(self, settings: Settings, topology: Topology, *, attached: bool = False) -> None:
        """Take whether somebody else starts Envoy, who then knows how."""
        self._attached = attached
        self.admin = Admin(settings.admin_port)
        self._settings = settings
        self._topology = topology
        self._files: EndpointFiles | None = None
        self._routing: Routing | None = None
        self._followed: tuple[int, frozenset[str]] | None = None
        self._version = ""

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        """Make *sockets* the whole set of endpoints of *process*."""
        if self._files is None:
            from luna.sidecar.envoy.endpoints import EndpointFiles  # noqa: PLC0415  see the class

            self._files = EndpointFiles(folder=self._places().endpoints)
        self._files.publish(process, sockets)

    def follow(self, level: int, *, suspended: frozenset[str] = frozenset()) -> None:
        """Have Envoy refuse and limit what a node at *level* does not do, and all that the *suspended* services do.

        Rpcs that control the node pass at every level, in suspended services too. Before `spec`, the level is kept
        for it.

        Raises:
            ValueError: there is no such level.

        """
        self._followed = level, suspended
        if self._routing:
            self._version = self._routing.publish(self._stance(), self._places().routes)

    async def followed(self, *, seconds: float) -> bool:
        """Wait until Envoy goes by what `follow` said last, and return whether it does within *seconds*."""

        async def holds() -> bool:
            return await self.admin.routes_version() == self._version

        await _until(holds, seconds=seconds)
        return await holds()

    def spec(self, *, taken_over: bool = False) -> ReplicaSpec:
        """Render the configuration, and return how Envoy is run.

        An Envoy that was *taken_over* stays at its level until somebody says otherwise.

        Raises:
            EnvoyMissingError: there is no Envoy binary.
            ContractMissingError: what Envoy must know about the contracts was not generated.

        """
        with doing_without(*UNNEEDED):
            from luna.sidecar.envoy import configuration as envoy  # noqa: PLC0415  see the class

        places = self._places()
        command = [] if self._attached else envoy.command(self._settings, places)
        try:
            rendered = envoy.render(
                self._topology,
                envoy.descriptor_set(),
                self._settings,
                places,
                door=socket_path(places.run, ENVOY, 0, 1) if self._attached else None,
            )
        except FileNotFoundError as error:
            raise ContractMissingError(str(error)) from error
        self._routing = rendered.routing
        self._version = envoy.write(rendered, places, self._stance(taken_over=taken_over))
        return ReplicaSpec(
            process=ENVOY,
            replica=0,
            modules=(),
            command=lambda _: command,
            probe=self._probe,
            log=log_directory(self._settings) / f"{ENVOY}.log",
            run=None,
        )

    async def settled(self, process: str, sockets: Sequence[Path], *, seconds: float) -> None:
        """Wait until Envoy sends calls to all of *sockets*, or *seconds* have passed."""

        async def holds() -> bool:
            return {str(socket) for socket in sockets} <= await self.admin.healthy(process)

        await _until(holds, seconds=seconds)

    async def unreached(self, *, seconds: float) -> Sequence[str]:
        """Wait until Envoy reaches every process, and return those that it does not within *seconds*."""
        missing: list[str] = []

        async def holds() -> bool:
            missing[:] = [
                process.name
                for process in self._topology.processes
                if len(await self.admin.healthy(process.name)) < process.replicas
            ]
            return not missing

        await _until(holds, seconds=seconds)
        return missing

    def _stance(self, *, taken_over: bool = False) -> "Stance":
        from luna.resilience.levels import Level  # noqa: PLC0415  see the class
        from luna.sidecar.envoy.routing import stance_in  # noqa: PLC0415
        from luna.sidecar.envoy.stance import Stance  # noqa: PLC0415

        if self._followed is None:
            return stance_in(self._places().routes) if taken_over else Stance()
        level, suspended = self._followed
        return Stance(level=Level(level), suspended=suspended)

    def _probe(self, status: ReplicaStatus) -> Admin:
        del status
        return self.admin

    def _places(self) -> "Places":
        with doing_without(*UNNEEDED):
            from luna.sidecar.envoy.configuration import Places  # noqa: PLC0415  see the class

        return Places.of(self._settings)


async def _until(holds: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while not await holds() and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  Envoy tells only when asked
        await asyncio.sleep(_LOOK_SECONDS)

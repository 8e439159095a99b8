"""Finds out before the start whether the addresses of the node are free."""

import socket
from contextlib import closing

from luna.settings import Settings
from luna.sidecar.start_errors import PortTakenError


def check_ports(settings: Settings) -> None:
    """Try every address that the node will listen on.

    Raises:
        PortTakenError: one cannot be had; the message names the setting to change.

    """
    _check(settings.host, settings.port, "ARKALIA_PORT")
    _check("127.0.0.1", settings.admin_port, "ARKALIA_ADMIN_PORT")
    _check("127.0.0.1", settings.metrics_port, "ARKALIA_METRICS_PORT")


def _check(host: str, port: int, setting: str) -> None:
    if port == 0:
        return
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise PortTakenError(host, port, setting="ARKALIA_HOST", why=error.strerror or "no such host") from error
    with closing(socket.socket(family, kind, protocol)) as probe:
        # What a server that just ended leaves in TIME_WAIT is no obstacle; one that listens is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise PortTakenError(host, port, setting=setting, why=error.strerror or str(error)) from error

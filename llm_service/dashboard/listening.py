"""Opening the port: the one that was asked for, or the first free one of eleven."""

from __future__ import annotations

import errno
import socket

from llm_service.dashboard.port_holder import port_holder
from llm_service.errors import PortBusy, SettingsError

_NEXT_PORTS = 10
_BACKLOG = 128
_OTHER = "give an address of this machine with --host, such as 127.0.0.1"
_INSTEAD = {errno.EACCES: "give a port from 1024 on with --port, or --port 0 for any"}


def listen(host: str, port: int, *, port_given: bool) -> socket.socket:
    """Return a listening socket; raise PortBusy when the port is taken, SettingsError when it can never work."""
    family, address = _resolve(host, port)
    last = port if port_given or port == 0 else min(port + _NEXT_PORTS, 65535)
    for candidate in range(port, last + 1):
        try:
            return _open(family, (address, candidate))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SettingsError(
                    f"cannot listen on {host} port {candidate}: {error.strerror}; {_INSTEAD.get(error.errno, _OTHER)}"
                ) from error
    raise PortBusy(_busy(port, last))


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"host {host!r} is not an address of this machine: {reason}; {_OTHER}") from error
    # `localhost` may mean both; a machine without IPv6 has only the old one.
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, str(address[0])


def _open(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Lets a port in TIME_WAIT be used again. Two of us can bind one port with it, but only one can listen.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _busy(port: int, last: int) -> str:
    if last > port:
        return f"ports {port} to {last} are all in use: give a free one with --port, or --port 0 for any"
    holder = port_holder(port)
    by = f" by {holder}" if holder else ""
    return f"port {port} is in use{by}: stop it, give another with --port, or --port 0 for any"

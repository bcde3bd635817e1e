"""Which ``Host`` headers this server answers to: the first wall against DNS rebinding."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

from llm_service.errors import SettingsError

# A list of good things: whatever is not an address or a plain name, with or without a port, is no host at all.
# No trailing dot, no user info, no list of hosts, no spaces.
_AUTHORITY = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*))(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)


class Authority(NamedTuple):
    """A host and, when it was written, a port; the name in lower case, an IPv6 address without its brackets."""

    name: str
    port: int | None


def parse_authority(text: str) -> Authority | None:
    """Read ``name``, ``name:port``, ``[v6]`` or ``[v6]:port``; None for anything else."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 1 <= port <= 65535:
        return None
    if match["v6"] is None:
        return Authority(match["name"].lower(), port)
    try:
        return Authority(ipaddress.IPv6Address(match["v6"]).compressed, port)
    except ValueError:
        return None


def is_loopback(name: str) -> bool:
    """Say whether a host name or address can only mean this machine."""
    if name == "localhost":
        return True
    try:
        # Parsed, never matched as text: the DNS name 127.0.0.1.evil.example looks like an address, too.
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_is_allowed(header: str | None, names: frozenset[str]) -> bool:
    """Say whether a request with this ``Host`` header may be answered."""
    authority = parse_authority(header) if header else None
    return authority is not None and (is_loopback(authority.name) or authority.name in names)


def checked_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names of ``--allowed-host`` ready to compare; raise SettingsError for what is no host name."""
    return frozenset(_checked_name(name) for name in names)


def _checked_name(name: str) -> str:
    # An IPv6 address may be given without the brackets that only a URL needs.
    authority = parse_authority(f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name)
    if authority is None or authority.port is not None:
        raise SettingsError(
            f"allowed_host {name!r} is not a host name: give a name or an address alone, "
            "without scheme, port or pattern"
        )
    if authority.name in ("0.0.0.0", "::"):  # noqa: S104 - refused here, not bound
        raise SettingsError(
            f"allowed_host {name!r} means every address and no browser asks for it by this name: "
            "give the name that stands in the browser's address line"
        )
    return authority.name

"""Servers that are watched: who they are, and how the settings name them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_KEYS = {"name", "url", "token"}
_NEVER = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::254/128"),
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Upstream(NamedTuple):
    """One watched server. `name` is the first part of the key of everything it tells; `url` has no slash at its end."""

    name: str
    url: str
    token: str | None = None

    def __repr__(self) -> str:
        """Without the token: this gets into logs and error messages."""
        return f"Upstream({self.name!r}, {self.url!r})"


def read_upstream(value: object) -> Upstream:
    """A table with name, url and token, or only the url as a flag gives it. ValueError with the sentence to show."""
    if isinstance(value, str):
        url = read_url(value)
        return Upstream(_name_of(url), url)
    if not isinstance(value, Mapping):
        raise ValueError("is not a table with name, url and token")
    if strange := sorted(set(value) - _KEYS):
        raise ValueError(f"{strange[0]} is not known; known are name, url and token")
    url = read_url(value.get("url"))
    name = value.get("name", _name_of(url))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            "name is up to 40 letters, digits, dots, dashes and underscores, beginning with a letter or digit"
        )
    token = value.get("token")
    if token is not None and (not isinstance(token, str) or not token.strip() or not token.isprintable()):
        raise ValueError("token is a text of one line, or left out")
    return Upstream(name, url, token)


def read_url(value: object) -> str:
    """An http or https address of a host that may be asked; ValueError with the sentence to show."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("url is missing; it looks like http://10.0.0.69:9010")
    parts = urlsplit(value.strip())
    try:
        port = parts.port
    except ValueError:
        raise ValueError("url has a port that is no number from 1 to 65535") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("url must begin with http:// or https:// and name a host, like http://10.0.0.69:9010")
    if "@" in parts.netloc:
        raise ValueError("url must not hold a user or password; a token has a key of its own")
    if parts.query or parts.fragment or any(char.isspace() or ord(char) < 32 for char in value.strip()):
        raise ValueError("url must not have a query, a fragment or spaces")
    if is_forbidden(parts.hostname):
        raise ValueError("url is a link-local or metadata address, which is never asked")
    return _without_slash(parts)


def is_forbidden(host: str) -> bool:
    """Whether this address may never be connected to (link-local, cloud metadata); False for a name."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return any(
        known in network
        for known in (address, *_inside(address))
        for network in _NEVER
        if network.version == known.version
    )


def _inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 address that an IPv6 one stands for: mapped, compatible, through NAT64 or through 6to4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64 or int(address) >> 32 in (0, 0xFFFF):
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour is not None:
            yield address.sixtofour


def check_names(upstreams: tuple[Upstream, ...]) -> None:
    """ValueError where two have one name: their runs could not be told apart."""
    seen: set[str] = set()
    for upstream in upstreams:
        if upstream.name in seen:
            raise ValueError(
                f"two servers are named {upstream.name}; leave one out,"
                " or give each a name of its own in the user's llm-service.toml"
            )
        seen.add(upstream.name)


def _name_of(url: str) -> str:
    host = urlsplit(url).hostname or "server"
    port = urlsplit(url).port
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{host}-{port}" if port else host).strip("-.")
    return (text or "server")[:40]


def _without_slash(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

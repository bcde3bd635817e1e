"""Which web pages, told by their ``Origin``, may talk to this server."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from llm_service.dashboard.hosts import parse_authority
from llm_service.errors import SettingsError

ANY = "*"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class _Origin(NamedTuple):
    scheme: str
    name: str
    port: int


def allowed_origin(origin: str | None, environ: dict[str, Any], cors_origins: Collection[str]) -> bool:
    """Say whether a page of this origin may talk to us: it is our own page, or the owner listed it."""
    return is_own(origin, environ) or is_listed(origin, cors_origins)


def is_own(origin: str | None, environ: dict[str, Any]) -> bool:
    """Say whether the origin is the very address this request was sent to.

    The port is the one the browser asked for, not the one we listen on, so that a tunnel works.
    Never call this before the Host header was checked: it believes what stands there.
    """
    asked = _parse(f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}")
    return asked is not None and asked == _parse(origin)


def is_listed(origin: str | None, cors_origins: Collection[str]) -> bool:
    """Say whether the owner named this origin (or, insecurely, every origin)."""
    parsed = _parse(origin)
    if parsed is None:
        return False
    return ANY in cors_origins or any(parsed == _parse(listed) for listed in cors_origins)


def is_listed_by_name(origin: str | None, cors_origins: Collection[str]) -> bool:
    """Say whether the owner wrote this very origin down; only such a page may use the login cookie."""
    return is_listed(origin, [listed for listed in cors_origins if listed != ANY])


def checked_origins(origins: Iterable[str], *, loopback: bool, insecure: bool) -> tuple[str, ...]:
    """Return the origins of ``--cors-origin``; raise SettingsError for one that would open more than it says."""
    return tuple(_checked(origin, any_is_fine=loopback and insecure) for origin in origins)


def _checked(origin: str, *, any_is_fine: bool) -> str:
    if origin == ANY:
        if any_is_fine:
            return origin
        raise SettingsError(
            "cors_origin '*' lets every web page in: name the origins, "
            "or add --insecure on a server that listens on this machine only"
        )
    if _parse(origin) is None:
        raise SettingsError(
            f"cors_origin {origin!r} is not an origin: "
            "write scheme, host and port as in https://board.example:8443, without a path"
        )
    return origin


def _parse(origin: str | None) -> _Origin | None:
    scheme, separator, rest = (origin or "").partition("://")
    scheme = scheme.lower()
    authority = parse_authority(rest)
    if not separator or scheme not in _DEFAULT_PORTS or authority is None:
        return None
    return _Origin(scheme, authority.name, authority.port or _DEFAULT_PORTS[scheme])

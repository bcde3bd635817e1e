"""The rule against requests that another web page makes in the user's name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from llm_service.dashboard.origins import allowed_origin, is_listed

# The methods that change nothing. Everything else, known or not, counts as a change.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SOCKET_PATH = "/socket.io/"


def refusal(environ: dict[str, Any], cors_origins: Collection[str]) -> str | None:
    """Return why a request must not be answered, or None when it comes from our page, the user or a program.

    Browsers tell where a request comes from in ``Sec-Fetch-Site`` and ``Origin``; a program that sends neither is
    not a browser, and nobody can make it send something unknowingly.
    """
    if _bearer_alone(environ) and not _is_socket(environ):
        return None
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        if not allowed_origin(origin, environ, cors_origins):
            return "pages of this origin may not talk to this server: add it with --cors-origin"
        if is_listed(origin, cors_origins):
            return None
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is None or site in ("same-origin", "none") or _is_followed_link(environ):
        return None
    return "another site's page made this request; open the board itself instead"


def _bearer_alone(environ: dict[str, Any]) -> bool:
    """A page cannot add a Bearer token without our leave; with a cookie beside it the token may be a decoy."""
    scheme = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[0]
    return scheme.lower() == "bearer" and "HTTP_COOKIE" not in environ


def _is_socket(environ: dict[str, Any]) -> bool:
    return environ.get("PATH_INFO", "").startswith(SOCKET_PATH)


def _is_followed_link(environ: dict[str, Any]) -> bool:
    """A link to the board is fine wherever it stands; a handshake or a frame is not a link."""
    return (
        environ.get("REQUEST_METHOD") in _SAFE_METHODS
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and not _is_socket(environ)
    )

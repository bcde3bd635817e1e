"""The outermost wall: every request, Flask's and Socket.IO's alike, passes here before anything else sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import parse_qs

from flask import Flask

from llm_service.dashboard import login
from llm_service.dashboard.auth import Auth
from llm_service.dashboard.crosssite import SOCKET_PATH, refusal
from llm_service.dashboard.headers import LOGIN_CSP, secured
from llm_service.dashboard.hosts import checked_names, host_is_allowed
from llm_service.dashboard.origins import allowed_origin, is_listed, is_listed_by_name
from llm_service.errors import LlmServiceError

__all__ = ["PUBLIC", "Guard", "allowed_origin", "assert_outermost"]

# The only paths that answer without a login. Nothing may be added that tells anything about a task.
PUBLIC = frozenset({"/health", "/login", "/favicon.ico", "/favicon.svg"}) | login.ASSETS

_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    ("Access-Control-Max-Age", "600"),
]
_WRONG_HOST = (
    "This server does not answer to this name. Open it as localhost or 127.0.0.1, or start it with --allowed-host NAME."
)
_NO_LOGIN = (
    "this needs a login: open the link that `llm-service dashboard open` prints, "
    "or send the token as `Authorization: Bearer …`"
)
_NOT_LET_IN = (
    "the token that was sent is not this server's: `llm-service dashboard status` names the file that holds it; "
    "send it as `Authorization: Bearer …`"
)
_FULL = "too many viewers: close another page of this board, or raise --max-clients; or the server is stopping"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Guard:
    """WSGI application that refuses what must not reach the application inside, and dresses what comes out."""

    def __init__(
        self,
        app: Callable[[Environ, StartResponse], Iterable[bytes]],
        *,
        auth: Auth,
        allowed_hosts: Iterable[str],
        cors_origins: Collection[str],
        behind_proxy: bool,
        public: frozenset[str],
        full: Callable[[], bool],
    ) -> None:
        self._app = app
        self._auth = auth
        self._names = checked_names(allowed_hosts)
        self._cors_origins = tuple(cors_origins)
        self._behind_proxy = behind_proxy
        self._public = public
        self._full = full

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response = self._dressing(environ, start_response)
        if not host_is_allowed(environ.get("HTTP_HOST"), self._names):
            return _refuse(start_response, "421 Misdirected Request", _WRONG_HOST)
        if not self._behind_proxy:
            _forget_forwarding(environ)
        if self._is_preflight(environ):
            start_response("204 No Content", list(_PREFLIGHT))
            return []
        problem = refusal(environ, self._cors_origins)
        if problem:
            return _refuse(start_response, "403 Forbidden", problem)
        self._drop_cookie_of_unnamed_page(environ)
        path = environ.get("PATH_INFO", "")
        if path not in self._public and not self._auth.allows(environ):
            return _ask_for_login(environ, start_response)
        if _is_handshake(environ) and self._full():
            return _refuse(start_response, "503 Service Unavailable", _FULL, ("Retry-After", "10"))
        return self._app(environ, start_response)

    def _is_preflight(self, environ: Environ) -> bool:
        return (
            environ.get("REQUEST_METHOD") == "OPTIONS"
            and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
            and is_listed(environ.get("HTTP_ORIGIN"), self._cors_origins)
        )

    def _drop_cookie_of_unnamed_page(self, environ: Environ) -> None:
        """Under ``--cors-origin '*'`` any page may ask, but none of them in the user's name."""
        origin = environ.get("HTTP_ORIGIN")
        if origin and not allowed_origin(origin, environ, [o for o in self._cors_origins if o != "*"]):
            environ.pop("HTTP_COOKIE", None)

    def _dressing(self, environ: Environ, start_response: StartResponse) -> StartResponse:
        """Return a start_response that adds the security headers and lets no stray CORS header out."""
        path = environ.get("PATH_INFO", "")
        origin = environ.get("HTTP_ORIGIN")
        host_is_known = host_is_allowed(environ.get("HTTP_HOST"), self._names)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if host_is_known and is_listed(origin, self._cors_origins):
                headers = self._with_cors(headers, str(origin))
            else:
                headers = [h for h in headers if not h[0].lower().startswith("access-control-")]
            return start_response(status, secured(headers, path), exc_info)

        return start

    def _with_cors(self, headers: list[tuple[str, str]], origin: str) -> list[tuple[str, str]]:
        ours = ("access-control-allow-origin", "access-control-allow-credentials")
        kept = [header for header in headers if header[0].lower() not in ours]
        if not is_listed_by_name(origin, self._cors_origins):
            return [*kept, ("Access-Control-Allow-Origin", "*")]
        return [
            *kept,
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Vary", "Origin"),
        ]


def assert_outermost(flask_app: Flask) -> None:
    """Raise when something was put around the guard, where it would see requests the guard refuses."""
    if not isinstance(flask_app.wsgi_app, Guard):
        outermost = type(flask_app.wsgi_app).__name__
        raise LlmServiceError(
            f"the guard is not the outermost WSGI layer, {outermost} is: wrap app.wsgi_app in Guard last"
        )


def _forget_forwarding(environ: Environ) -> None:
    """Without a proxy of ours in front these headers are the visitor's own words."""
    for name in list(environ):
        if name.startswith("HTTP_X_FORWARDED") or name in ("HTTP_FORWARDED", "HTTP_X_REAL_IP"):
            del environ[name]


def _is_handshake(environ: Environ) -> bool:
    if not environ.get("PATH_INFO", "").startswith(SOCKET_PATH):
        return False
    # Read as Engine.IO reads it: a blank sid is none.
    return "sid" not in parse_qs(environ.get("QUERY_STRING", ""))


def _is_navigation(environ: Environ) -> bool:
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and "text/html" in environ.get("HTTP_ACCEPT", "")
        and environ.get("HTTP_SEC_FETCH_MODE", "navigate") == "navigate"
        and "HTTP_UPGRADE" not in environ
    )


def _ask_for_login(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if not _is_navigation(environ):
        problem = _NOT_LET_IN if "HTTP_AUTHORIZATION" in environ else _NO_LOGIN
        return _refuse(start_response, "401 Unauthorized", problem, ("WWW-Authenticate", "Bearer"))
    # As the browser wrote it: PATH_INFO is decoded, and would lead somewhere else.
    body = login.page(environ.get("REQUEST_URI", "/"))
    start_response(
        "401 Unauthorized",
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", LOGIN_CSP),
            ("WWW-Authenticate", "Bearer"),
        ],
    )
    return [body]


def _refuse(start_response: StartResponse, status: str, error: str, *more: tuple[str, str]) -> Iterable[bytes]:
    body = json.dumps({"error": error}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *more]
    start_response(status, headers)
    return [body]

"""Keys of what watched servers tell, each one part of an address, whatever characters its server put into it.

WSGI hands an address over decoded: `%2F` and `/` are then the same, and a run named `x/events` cannot be told from the
events of a run named `x`. So for routes with such keys these two signs are left encoded until the key is cut out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.routing import PathConverter

from llm_service.core.named import SeveralKeys

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREFIXES = ("/api/runs/", "/api/batches/", "/api/training/", "/api/coordinator/", "/api/datasets/")
_LEFT = re.compile("(%2[Ff5])")


class WholeKeys:
    """Put before the app: of addresses below `PREFIXES`, `/` and `%` inside a part stay encoded."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PREFIXES):
            environ = {**environ, "PATH_INFO": _path(environ)}
        return self._app(environ, start_response)


class KeyConverter(PathConverter):
    """`<key:…>` in a route. A key that was sent with its slashes as they are is understood where nothing else fits."""

    # As a path's, but with line breaks.
    regex = r"[^/][\s\S]*?"

    def to_python(self, value: str) -> str:
        return value.replace("%2F", "/").replace("%25", "%")

    def to_url(self, value: Any) -> str:
        return quote(str(value), safe="")


def keyed_routes(name: str, import_name: str) -> Blueprint:
    """Routes that may have `<key:…>` in them. An id that several servers gave is answered 409, with `keys`."""
    routes = Blueprint(name, import_name)
    routes.record_once(lambda state: state.app.url_map.converters.update(key=KeyConverter))

    @routes.errorhandler(SeveralKeys)
    def several(error: SeveralKeys) -> ResponseReturnValue:
        return jsonify({"error": str(error), "keys": error.keys}), 409

    return routes


def _path(environ: Mapping[str, Any]) -> str:
    decoded: str = environ["PATH_INFO"]
    asked = str(environ.get("REQUEST_URI", "")).partition("?")[0]
    parts = _LEFT.split(asked)
    told = [part.upper() if _LEFT.fullmatch(part) else unquote_to_bytes(part).decode("latin-1") for part in parts]
    if unquote_to_bytes(asked).decode("latin-1") == decoded:
        return "".join(told)
    # Some server in between wrote the address anew: what it says is taken as it is.
    return decoded.replace("%", "%25")

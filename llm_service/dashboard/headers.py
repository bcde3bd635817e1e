"""The headers of every response: what a browser may do with our pages, and what it may keep."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.datastructures import Headers

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action {form}; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html dompurify"
)
CSP = _CSP.format(form="'none'")
# The login page is the only one with a form; a browser must be allowed to send it.
LOGIN_CSP = _CSP.format(form="'self'")

SECURITY = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_NEVER_STORED = ("/api/", "/login", "/logout", "/socket.io/")


def secured(headers: list[tuple[str, str]], path: str) -> list[tuple[str, str]]:
    """Return the headers with the security headers and the caching rule of this path added where they lack."""
    present = {name.lower() for name, _ in headers}
    complete = headers + [(name, value) for name, value in SECURITY if name.lower() not in present]
    if path.startswith(_NEVER_STORED):
        complete = [(name, value) for name, value in complete if name.lower() != "cache-control"]
        return [*complete, ("Cache-Control", "no-store")]
    if "cache-control" not in present:
        # A static file is asked for again with its ETag; whatever has no rule of its own may hold tasks.
        complete.append(("Cache-Control", "no-cache" if path.startswith("/static/") else "no-store"))
    return complete


def install(app: Flask) -> None:
    """Give every Flask response its headers; the guard does the same for what Flask never sees."""

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers = Headers(secured(list(response.headers), request.path))
        return response

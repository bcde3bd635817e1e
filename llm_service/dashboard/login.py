"""The login page and the three ways in and out: a one-time link, the pasted token, and logging out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from string import Template

from flask import Blueprint, Response, redirect, request

from llm_service.dashboard.auth import Auth
from llm_service.dashboard.headers import LOGIN_CSP

# What the page needs before anybody is logged in.
ASSETS = frozenset({"/static/login.css", "/static/login.js"})
_TEMPLATE = Template((Path(__file__).parent / "static" / "login.html").read_text(encoding="utf-8"))
_STALE_LINK = (
    "This login link was used before or is older than 15 minutes. A new one: <code>llm-service dashboard open</code>"
)
_WRONG_TOKEN = "This is not the token of this server. It may have been changed since."  # noqa: S105
_LOGIN_LIFE_S = 30 * 24 * 3600
_LARGEST_FORM = 8 * 1024

# One slash and then anything but a second slash or what browsers turn into one.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


def page(next_path: str, problem: str = "") -> bytes:
    """Return the login page; ``problem`` is HTML of ours, never a visitor's text."""
    target = html.escape(local_path(next_path), quote=True)
    return _TEMPLATE.substitute(next=target, problem=problem, problem_hidden="" if problem else "hidden").encode()


def local_path(text: str | None) -> str:
    """Return the text when it is a path on this server, else ``/``: a login never leads to another site."""
    return text if text and len(text) <= 2000 and _LOCAL_PATH.fullmatch(text) else "/"


def blueprint(auth: Auth, secure: Callable[[], bool]) -> Blueprint:
    """Return the login routes; ``secure`` says whether the browser reached us over https."""
    routes = Blueprint("login", __name__)

    def welcome() -> Response:
        response = redirect(local_path(request.values.get("next")), 303)
        if not auth.required:
            return response
        response.set_cookie(
            auth.cookie_name,
            auth.cookie_value(),
            max_age=_LOGIN_LIFE_S,
            path="/",
            secure=secure(),
            httponly=True,
            samesite="Lax",
        )
        return response

    @routes.get("/login")
    def show() -> Response:
        code = request.args.get("code")
        # A HEAD request is a program looking at the link, not the user following it.
        if code and request.method == "GET" and auth.redeem(code):
            return welcome()
        if auth.allows(request.environ):
            return redirect(local_path(request.args.get("next")), 303)
        return _page_response(401 if code else 200, _STALE_LINK if code else "")

    @routes.post("/login")
    def paste() -> Response:
        request.max_content_length = _LARGEST_FORM
        if not auth.required or auth.is_token(request.form.get("token", "").strip()):
            return welcome()
        return _page_response(401, _WRONG_TOKEN)

    @routes.post("/logout")
    def leave() -> Response:
        response = redirect("/login", 303)
        response.delete_cookie(auth.cookie_name, path="/", secure=secure(), httponly=True, samesite="Lax")
        return response

    return routes


def _page_response(status: int, problem: str) -> Response:
    response = Response(page(request.values.get("next", "/"), problem), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LOGIN_CSP
    return response

"""Logins given out and taken back: one-time links, the token's rotation, and what a page may know of its server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from llm_service.core.shapes import LoginLink, Session
from llm_service.dashboard.auth import Auth
from llm_service.dashboard.world import World
from llm_service.errors import LlmServiceError


@dataclass(frozen=True, slots=True)
class Links:
    """``new`` makes a one-time login link; ``rotate`` makes and keeps a new token and returns it with its file;
    ``hang_up`` ends every live connection."""

    new: Callable[[], str]
    rotate: Callable[[], tuple[str, str]]
    hang_up: Callable[[], None]


def blueprint(world: World, auth: Auth, links: Links) -> Blueprint:
    """The routes about logins."""
    routes = Blueprint("sessions", __name__)

    @routes.get("/api/session")
    def session() -> Session:
        return {
            "user": "token" if auth.required else "open",
            "version": world.version,
            "instance": world.instance,
            "root": str(world.root),
            "token_required": auth.required,
            "demo": world.demo,
            "warnings": list(world.warnings),
        }

    @routes.post("/api/login-codes")
    def login_code() -> LoginLink:
        return {"login_url": links.new()}

    @routes.post("/api/token/rotate")
    def rotate() -> ResponseReturnValue:
        try:
            token, token_file = links.rotate()
        except LlmServiceError as error:
            return jsonify({"error": str(error)}), 409
        auth.rotate(token)
        links.hang_up()
        return jsonify({"token_file": token_file})

    return routes

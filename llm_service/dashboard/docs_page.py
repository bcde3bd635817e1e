"""``/openapi.json`` and ``/docs``: the interface as generated from the types, and as a page that needs no CDN."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from llm_service.core.events import CATALOGUE
from llm_service.core.routes import ROUTES
from llm_service.dashboard.world import World

OPENAPI = Path(__file__).parent / "openapi.json"


def blueprint(world: World) -> Blueprint:
    """The documentation routes. The OpenAPI file is generated (`make docs`) and checked by a test."""
    routes = Blueprint("docs", __name__, template_folder="templates")

    @routes.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        return Response(OPENAPI.read_text(), mimetype="application/json")

    @routes.get("/docs")
    def docs() -> ResponseReturnValue:
        schemas = json.loads(OPENAPI.read_text())["components"]["schemas"]
        return render_template("docs.html", routes=ROUTES, events=CATALOGUE, schemas=schemas, version=world.version)

    return routes

"""The REST routes of prices. A body or parameter that cannot be used is 400, what cannot be kept or read now is 503."""

from __future__ import annotations

from typing import Any, Protocol

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from llm_service.core.model_names import MAX_NAME
from llm_service.core.pricing.shapes import PricesPage, Repriced
from llm_service.core.query import BadQuery
from llm_service.errors import LlmServiceError

MAX_BODY_BYTES = 4_096


class Prices(Protocol):
    """What the routes need. Methods raise `LlmServiceError` where telemetry cannot be read or written now."""

    def page(self, model: str | None = None, provider: str | None = None) -> PricesPage: ...
    def reprice(self, *, apply: bool, model: str | None = None) -> Repriced: ...


def blueprint(prices: Prices) -> Blueprint:
    """The routes over `prices`."""
    routes = Blueprint("prices", __name__)

    @routes.get("/api/telemetry/prices")
    def page() -> PricesPage:
        model, provider = (_name(key, request.args.get(key)) for key in ("model", "provider"))
        if provider is not None and model is None:
            raise BadQuery("provider needs model: name the model it serves")
        return prices.page(model, provider)

    @routes.post("/api/telemetry/reprice")
    def reprice() -> Repriced:
        body = _body()
        apply = body.get("apply", False)
        if not isinstance(apply, bool):
            raise BadQuery(f"apply is {apply!r:.40}; allowed are true and false")
        return prices.reprice(apply=apply, model=_name("model", body.get("model")))

    routes.errorhandler(BadQuery)(_refusal(400))
    routes.errorhandler(LlmServiceError)(_refusal(503))
    return routes


def _name(key: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise BadQuery(f"{key} is not a name of at most {MAX_NAME} characters")
    return value


def _body() -> dict[str, Any]:
    """The body as an object; no body is an empty one."""
    request.max_content_length = MAX_BODY_BYTES
    if not request.get_data(cache=True):
        return {}
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise BadQuery('send a JSON object, as in {"apply": true, "model": "gpt-5"}')
    for key in body:
        if key not in ("apply", "model"):
            raise BadQuery(f"{key[:40]} is no field; there are apply and model")
    return body


def _refusal(status: int) -> Any:
    def answer(error: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(error.args[0])}), status

    return answer

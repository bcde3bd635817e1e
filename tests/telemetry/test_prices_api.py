"""The routes of prices: their shapes, and one sentence for whatever cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.settings import read_prices
from llm_service.core.pricing.shapes import PricesPage, Repriced
from llm_service.dashboard import prices_api
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.database import Database
from llm_service.telemetry.price_parts import price_parts
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder

AT_MS = 1_795_176_000_000  # 2026-11-20T12:00:00Z
OWN = {"our-*": {"input": 2, "output": 4}}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """The routes over a database with a row of each kind: listed, our own and priced too late, local."""
    database = Database.open(tmp_path / "state", zone="UTC", now_ms=lambda: AT_MS)
    for own in ({}, OWN):
        pricing = Pricing(database, read_prices(own), wait_s=60.0)
        recorder = Recorder(database, pricing, now_ms=lambda: AT_MS)
        recorder.start()
        names = ("our-model", "qwen3:30b") if not own else ("gpt-5",)
        recorder.record([Invocation(f"id-{name}", AT_MS, name, "tool", input_tokens=1_000) for name in names])
        if not own:
            recorder.stop()
            pricing.stop()
    parts = price_parts(database, recorder, pricing, changed=(), now_ms=lambda: AT_MS)
    app = Flask(__name__)
    app.register_blueprint(prices_api.blueprint(parts.prices))
    yield app.test_client()
    recorder.stop()
    pricing.stop()


def shaped(shape: type, value: Any) -> Any:
    assert TypeAdapter(shape).validate_python(value, strict=True) == value
    return value


def test_the_page_has_its_shape_with_and_without_a_question(client: FlaskClient):
    page = shaped(PricesPage, client.get("/api/telemetry/prices").json)
    assert page["asked"] is None
    assert [model["model"] for model in page["in_use"]] == ["gpt-5"]
    for query, priced in (
        ("model=claude-sonnet-4-5", True),
        ("model=gpt-5&provider=azure", True),
        ("model=our-x", True),
        ("model=nobodys", False),
        ("model=gpt-5&provider=ollama", False),
    ):
        asked = shaped(PricesPage, client.get(f"/api/telemetry/prices?{query}").json)["asked"]
        assert bool(asked["prices"]) is priced
        assert (asked["fix"] is None) is priced


def test_repricing_previews_unless_told_to_apply(client: FlaskClient):
    for body in (None, {}, {"apply": False}, {"model": "our-model"}):
        answer = (
            client.post("/api/telemetry/reprice", json=body)
            if body is not None
            else client.post("/api/telemetry/reprice")
        )
        said = shaped(Repriced, answer.json)
        assert (said["applied"], said["invocations"], said["after_usd"]) == (False, 1, 0.002)
    assert client.post("/api/telemetry/reprice", json={"apply": True, "model": "gpt-5"}).json["invocations"] == 0
    assert client.post("/api/telemetry/reprice", json={"apply": True}).json["invocations"] == 1
    assert client.post("/api/telemetry/reprice", json={"apply": True}).json["invocations"] == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "send a JSON object"),
        (b"{", "send a JSON object"),
        (b"[" * 3_000, "send a JSON object"),
        (b'{"apply": "yes"}', "apply is 'yes'; allowed are true and false"),
        (b'{"apply": 1}', "apply is 1; allowed are true and false"),
        (b'{"apply": true, "modle": "x"}', "modle is no field; there are apply and model"),
        (b'{"model": 3}', "model is not a name of at most 300 characters"),
        (b'{"model": "' + b"x" * 301 + b'"}', "model is not a name of at most 300 characters"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_and_changes_nothing(client: FlaskClient, body: bytes, reason: str):
    answer = client.post("/api/telemetry/reprice", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(reason)
    assert client.post("/api/telemetry/reprice").json["invocations"] == 1


def test_a_body_that_is_too_large_is_not_read(client: FlaskClient):
    assert client.post("/api/telemetry/reprice", data=b" " * 5_000).status_code == 413


@pytest.mark.parametrize("query", ["provider=x", "model=" + "x" * 301])
def test_a_question_that_cannot_be_answered_says_why(client: FlaskClient, query: str):
    answer = client.get(f"/api/telemetry/prices?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(query.partition("=")[0])


def test_while_telemetry_cannot_be_used_every_route_says_so():
    class Away:
        def page(self, *_: Any) -> Any:
            raise TelemetryUnavailable("telemetry is off")

        def reprice(self, **_: Any) -> Any:
            raise TelemetryUnavailable("telemetry is off")

    app = Flask(__name__)
    app.register_blueprint(prices_api.blueprint(Away()))
    for answer in (app.test_client().get("/api/telemetry/prices"), app.test_client().post("/api/telemetry/reprice")):
        assert (answer.status_code, answer.json) == (503, {"error": "telemetry is off"})

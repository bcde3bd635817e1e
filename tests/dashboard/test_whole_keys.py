"""A key is one part of an address, whatever characters it has, whoever wrote the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from llm_service.dashboard.whole_keys import PREFIXES, WholeKeys, keyed_routes
from tests.kit.boards import Board

KEYS = [
    "a:x",
    "a:x/y",
    "a:x/series",
    "a:/",
    "a:100%",
    "a:%2F",
    "a:%252f",
    "a:?#&=+",
    "a: ",
    "a:日本",
    "a:..",
    "..",
    "a:\\",
    "a:line\nbreak",
    "a:x//y/",
]


@pytest.fixture
def client() -> FlaskClient:
    """An app that says which route it took with which key."""
    routes = keyed_routes("t", __name__)

    @routes.get("/api/training/<key:key>")
    def job(key: str) -> Any:
        return ["job", key]

    @routes.get("/api/training/<key:key>/series")
    def series(key: str) -> Any:
        return ["series", key]

    @routes.put("/api/coordinator/<key:source>/jobs/<key:job>/nodes/<key:name>/pause")
    def pause(source: str, job: str, name: str) -> Any:
        return [source, job, name]

    app = Flask(__name__)
    app.register_blueprint(routes)
    app.wsgi_app = WholeKeys(app.wsgi_app)  # type: ignore[method-assign]
    return app.test_client()


@pytest.mark.parametrize("key", KEYS)
def test_an_address_that_is_made_of_a_key_leads_to_it(client: FlaskClient, key: str) -> None:
    with client.application.test_request_context():
        address = url_for("t.series", key=key)
    assert client.get(address).json == ["series", key]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_comes_through_as_it_is(client: FlaskClient, key: str) -> None:
    encoded = quote(key, safe="")
    assert client.get(f"/api/training/{encoded}").json == ["job", key]
    assert client.get(f"/api/training/{encoded}/series?points=9").json == ["series", key]


def test_several_keys_in_one_address_are_told_apart(client: FlaskClient) -> None:
    keys = ["a", "jobs/x/nodes", "50%/nodes/y"]
    path = "/api/coordinator/{}/jobs/{}/nodes/{}/pause".format(*(quote(key, safe="") for key in keys))
    assert client.put(path).json == keys


@pytest.mark.parametrize("asked", ["", "http://elsewhere/x", "/base/api/training/a%3Ax%252F"])
def test_an_address_that_somebody_wrote_anew_is_taken_as_it_says(client: FlaskClient, asked: str) -> None:
    answer = client.get("/api/training/a%3Ax%252F", environ_overrides={"REQUEST_URI": asked})
    assert answer.json == ["job", "a:x%2F"]


def test_every_address_with_a_key_of_the_dashboard_gets_it_whole(small_board: Board) -> None:
    rules = [str(rule) for rule in small_board.runtime.dashboard.app.url_map.iter_rules() if "<key:" in str(rule)]
    assert {"/api/runs/<key:key>", "/api/datasets/<key:key>/stats"} <= set(rules)
    assert [rule for rule in rules if not rule.startswith(PREFIXES)] == []

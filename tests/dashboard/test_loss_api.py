"""The routes of loss curves over a real database: shapes, windows, names, files, and one sentence for what is wrong."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from pydantic import TypeAdapter

from llm_service.core.loss.points import Point, sound
from llm_service.core.query import BadQuery
from llm_service.core.training.shapes import SeriesAnswer
from llm_service.dashboard import loss_api
from llm_service.telemetry import loss_store
from llm_service.telemetry.database import Database
from llm_service.telemetry.loss_reader import LossReader
from tests.kit.store import open_database, recording


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Two sources with a job of the same id, and a pipeline with two iterations."""
    database = open_database(tmp_path)
    told = [
        Point(step, math.nan if step == 5 else 2.0 - step / 1000, 1e-4, step / 10, 1000 * step) for step in range(900)
    ]
    with recording(database) as recorder:
        for job, series in (("a:7", "a:7"), ("b:7", "b:7"), ("a:pl/9", "a:pl/9/iter-1"), ("a:pl/9", "a:pl/9/iter-2")):
            recorder.write(
                lambda connection, job=job, series=series: loss_store.append(
                    connection, series, sound(told)[0], job=job, name=f"name of {series}", running=True, now_ms=1
                )
            )
    return database


@pytest.fixture
def client(database: Database) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(loss_api.blueprint(LossReader(lambda: database)))
    app.register_error_handler(BadQuery, lambda error: (jsonify({"error": str(error)}), 400))
    return app.test_client()


def test_the_answer_has_its_shape(client: FlaskClient):
    reply = client.get("/api/training/a:7/series?points=100&smoothing=0.93&from=100&to=600")
    assert TypeAdapter(SeriesAnswer).validate_json(reply.data, strict=True)
    (one,) = reply.json["series"]
    assert (one["key"], one["name"], one["smoothing"], one["from_step"], one["to_step"]) == (
        *("a:7", "name of a:7", 0.95),
        *(100, 600),
    )
    assert len({len(column) for column in one["buckets"].values()}) == 1
    assert len(one["buckets"]["step"]) <= 100


def test_a_bare_id_is_good_while_one_source_has_it(client: FlaskClient, database: Database):
    reply = client.get("/api/training/7/series")
    assert (reply.status_code, reply.json["keys"]) == (409, ["a:7", "b:7"])
    assert [one["key"] for one in client.get("/api/training/pl/9/series").json["series"]] == [
        *("a:pl/9/iter-1", "a:pl/9/iter-2")
    ]


def test_named_series_come_in_their_order_and_may_be_other_jobs(client: FlaskClient):
    reply = client.get("/api/training/a:7/series?series=b:7,a:pl/9/iter-2,b:7")
    assert [one["key"] for one in reply.json["series"]] == ["b:7", "a:pl/9/iter-2"]
    gone = client.get("/api/training/a:7/series?series=b:8")
    assert (gone.status_code, gone.json["error"]) == (404, "there is no series b:8")


def test_a_job_that_has_told_no_step_has_no_series(client: FlaskClient):
    assert client.get("/api/training/a:unknown/series").json == {"series": []}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("points=9", "points is '9'; allowed is a whole number from 10 to 2000"),
        ("points=2001", "points is '2001'; allowed"),
        ("from=-1", "from is '-1'; allowed is a whole number from 0, a step"),
        ("to=1.5", "to is '1.5'"),
        ("to=9007199254740993", "to is '9007199254740993'"),
        ("smoothing=1", "smoothing is '1'; allowed is a number from 0 to 0.999"),
        ("smoothing=nan", "smoothing is 'nan'"),
        ("smoothing=much", "smoothing is 'much'"),
        ("series=" + ",".join(map(str, range(51))), "series names 51; allowed are at most 50"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(client: FlaskClient, query: str, said: str):
    reply = client.get(f"/api/training/a:7/series?{query}")
    assert reply.status_code == 400
    assert reply.json["error"].startswith(said)


def test_every_step_is_a_row_of_the_file(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llm_service.telemetry.loss_reader.PAGE_ROWS", 100)
    reply = client.get("/api/training/a:pl/9/series.csv")
    rows = list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))
    assert len(rows) == 1800
    assert [row["loss"] for row in rows[4:7]] == ["1.996", "nan", "1.994"]
    assert rows[-1] == {
        "series": "a:pl/9/iter-2",
        "step": "899",
        "loss": "1.101",
        "lr": "0.0001",
        "epoch": "89.9",
        "at": "1970-01-01T00:14:59.000Z",
    }
    assert "loss.csv" in reply.headers["Content-Disposition"]


def test_no_nan_leaves_the_house(client: FlaskClient):
    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads(client.get("/api/training/a:7/series").data, parse_constant=refuse)


def test_the_routes_of_the_running_server_answer(server):
    assert server.get_json("/api/training/a:7/series") == {"series": []}
    assert server.ask("/api/training/a:7/series.csv").status == 200

"""Pricing again changes our own estimates and the sums they are in, and nothing else."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.invocations.rollups import FIELDS
from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.pricing.settings import read_prices
from llm_service.telemetry import integrity, repricing
from llm_service.telemetry.database import Database
from llm_service.telemetry.price_page import WAITING, Prices
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.repricing import Repricer

AT_MS = 1_795_176_000_000  # 2026-11-20T12:00:00Z
ONE = {"our-*": {"input": 1, "output": 1}}
TWO = {"our-*": {"input": 2, "output": 1}}


class Shop:
    """One database with changing prices."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorder: Recorder | None = None

    def open(self, own: dict[str, Any]) -> None:
        self.close()
        self.database = Database.open(self.folder, zone="Europe/Berlin", now_ms=lambda: AT_MS)
        self.pricing = Pricing(self.database, read_prices(own), wait_s=60.0)
        self.recorder = Recorder(self.database, self.pricing, now_ms=lambda: AT_MS)
        self.recorder.start()
        self.repricer = Repricer(self.database, self.recorder, self.pricing)
        self.prices = Prices(self.database, self.pricing, self.repricer)

    def close(self) -> None:
        if self.recorder is not None:
            self.recorder.stop()
            self.pricing.stop()

    def record(self, *rows: Invocation) -> None:
        assert self.recorder is not None
        self.recorder.record(rows)

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.database.path)) as connection:
            return connection.execute(query).fetchall()

    def sums(self) -> list[tuple]:
        return self.rows(
            f"SELECT width, dimension, start_ms, value, {', '.join(FIELDS)} FROM rollups ORDER BY 1, 2, 3, 4"
        )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "state")
    yield made
    made.close()


def row(name: str, model: str = "our-model", **fields: Any) -> Invocation:
    return Invocation(name, fields.pop("at_ms", AT_MS), model, "tool", **{"input_tokens": 1_000, **fields})


def some_rows(count: int) -> list[Invocation]:
    chance = random.Random(3)
    return [
        row(
            f"r{number}",
            chance.choice(["our-model", "our-other", "claude-sonnet-4-5", "nobodys-model"]),
            at_ms=AT_MS - chance.randrange(40 * 86_400_000),
            door=chance.choice([Door.API, Door.LOG]),
            agent=chance.choice([None, "anna", "ben"]),
            session=chance.choice([None, "s1", "s2"]),
            reported_nano=chance.choice([None, None, None, 12_345]),
            latency_ms=chance.choice([None, 70, 5_000]),
            cache_read_tokens=chance.randrange(3_000),
            output_tokens=chance.randrange(3_000),
        )
        for number in range(count)
    ]


def test_a_preview_changes_nothing_and_says_what_apply_then_does(shop: Shop):
    shop.open(ONE)
    shop.record(row("a"), row("b", output_tokens=10), row("c", "claude-sonnet-4-5"))
    shop.open(TWO)
    before = shop.rows("SELECT * FROM invocations"), shop.sums()
    said = shop.prices.reprice(apply=False)
    assert (shop.rows("SELECT * FROM invocations"), shop.sums()) == before
    assert said == {
        "applied": False,
        "models": [
            {
                "model": "our-model",
                "provider": None,
                "invocations": 2,
                "unpriced": 0,
                "before_usd": 0.00201,
                "after_usd": 0.00401,
            }
        ],
        "invocations": 2,
        "before_usd": 0.00201,
        "after_usd": 0.00401,
    }
    assert shop.prices.reprice(apply=True) == {**said, "applied": True}
    assert shop.prices.reprice(apply=False)["models"] == []


def test_sums_after_it_are_those_of_a_database_that_always_had_the_price(shop: Shop, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(repricing, "STRETCH", 70)  # several transactions
    rows = some_rows(500)
    shop.open(ONE)
    shop.record(*rows)
    shop.open(TWO)
    shop.prices.reprice(apply=True)
    always = Shop(tmp_path / "always")
    always.open(TWO)
    always.record(*rows)
    try:
        query = "SELECT invocation_id, estimated_nano, cost_nano, reported_nano FROM invocations ORDER BY 1"
        assert shop.rows(query)
        # What the source reported keeps the estimate of the day it came.
        reported = {line[0] for line in shop.rows(query) if line[3] is not None}
        assert [line for line in shop.rows(query) if line[0] not in reported] == [
            line for line in always.rows(query) if line[0] not in reported
        ]
        assert shop.sums() == always.sums()
        assert integrity.check(shop.database).ok
    finally:
        always.close()


def test_a_cost_the_source_reported_never_changes(shop: Shop):
    shop.open(ONE)
    shop.record(row("a", reported_nano=77))
    shop.open(TWO)
    assert shop.prices.reprice(apply=True)["models"] == []
    assert shop.rows("SELECT reported_nano, estimated_nano, cost_nano FROM invocations") == [(77, 1_000_000, 77)]


def test_unpriced_rows_wait_for_the_command_when_the_user_adds_a_price(shop: Shop):
    shop.open({})
    shop.record(row("a", cache_read_tokens=500))
    shop.open(ONE)
    shop.record(row("b"))
    assert shop.rows("SELECT cost_nano FROM invocations ORDER BY id") == [(None,), (1_000_000,)]
    (unpriced,) = shop.prices.page()["unpriced"]
    assert (unpriced["invocations"], unpriced["fix"], unpriced["why"]) == (1, None, WAITING)
    (change,) = shop.prices.reprice(apply=True)["models"]
    assert (change["invocations"], change["unpriced"], change["before_usd"], change["after_usd"]) == (1, 1, 0, 0.0015)
    assert shop.rows("SELECT cost_nano FROM invocations WHERE invocation_id = 'a'") == [(1_500_000,)]
    query = "SELECT DISTINCT cost_nano, unpriced_invocations, unpriced_tokens FROM rollups WHERE dimension = 'all'"
    assert shop.rows(query) == [(2_500_000, 0, 0)]
    ((price_id,),) = shop.rows("SELECT DISTINCT price_id FROM invocations")
    assert shop.rows(f"SELECT source FROM prices WHERE id = {price_id}") == [("settings",)]


def test_a_price_that_is_gone_leaves_its_rows_as_they_were_billed(shop: Shop):
    shop.open(ONE)
    shop.record(row("a"))
    shop.open({})
    assert shop.prices.reprice(apply=True)["models"] == []
    assert shop.rows("SELECT cost_nano FROM invocations") == [(1_000_000,)]


def test_one_model_may_be_named(shop: Shop):
    shop.open(ONE)
    shop.record(row("a"), row("b", "our-other"))
    shop.open(TWO)
    assert [change["model"] for change in shop.prices.reprice(apply=True, model="our-other")["models"]] == ["our-other"]
    assert shop.rows("SELECT cost_nano FROM invocations ORDER BY id") == [(1_000_000,), (2_000_000,)]


def test_hours_that_are_no_longer_kept_do_not_come_back(shop: Shop):
    shop.open(ONE)
    shop.record(row("a"))
    with closing(sqlite3.connect(shop.database.path)) as connection, connection:
        connection.execute("DELETE FROM rollups WHERE width = 'hour'")
    shop.open(TWO)
    shop.prices.reprice(apply=True)
    assert {line[0] for line in shop.sums()} == {"day", "ever"}


def test_rows_seen_through_a_lesser_door_are_priced_and_stay_out_of_the_sums(shop: Shop):
    shop.open(ONE)
    shop.record(row("a", session="s", door=Door.OTLP_LOGS))
    shop.record(row("b", session="s", door=Door.LOG))
    shop.open(TWO)
    (change,) = shop.prices.reprice(apply=True)["models"]
    assert (change["invocations"], change["before_usd"], change["after_usd"]) == (2, 0.001, 0.002)
    assert shop.rows("SELECT cost_nano FROM invocations") == [(2_000_000,), (2_000_000,)]
    assert shop.rows("SELECT cost_nano FROM rollups WHERE dimension = 'all' AND width = 'ever'") == [(2_000_000,)]


def test_recording_goes_on_meanwhile(shop: Shop, monkeypatch):
    monkeypatch.setattr(repricing, "STRETCH", 20)
    rows = some_rows(400)
    shop.open(ONE)
    shop.record(*rows)
    shop.open(TWO)
    told: list[bool] = []
    shop.repricer.on_change(lambda: told.append(True))
    thread = threading.Thread(target=shop.repricer.apply)
    thread.start()
    for number in range(30):
        shop.record(row(f"new{number}"))
    thread.join(30)
    assert told == [True]
    assert integrity.check(shop.database).ok
    ours = "model LIKE 'our-%' AND reported_nano IS NULL"
    assert shop.rows(f"SELECT count(*) FROM invocations WHERE {ours} AND cost_nano < input_tokens * 2000") == [(0,)]
    counted = shop.rows("SELECT sum(cost_nano) FROM invocations WHERE counted")
    assert shop.rows("SELECT cost_nano FROM rollups WHERE dimension = 'all' AND width = 'ever'") == counted

"""Where prices come from in a running program: settings, the kept table, the child; and what happens when it fails."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.settings import read_prices
from llm_service.telemetry.database import Database
from llm_service.telemetry.late_prices import LatePrices
from llm_service.telemetry.price_page import Prices
from llm_service.telemetry.price_pipe import PricePipe
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.repricing import Repricer
from tests.kit.waiting import wait_until

AT_MS = 1_795_176_000_000  # 2026-11-20T12:00:00Z

DEAD = [sys.executable, "-c", "raise SystemExit(3)"]
NONSENSE = [sys.executable, "-c", "import sys; sys.stdin.readline(); print('{', flush=True)"]
DEAF = [sys.executable, "-c", "import sys; sys.stdin.read()"]


class House:
    """A database, its recorder and prices; `again` is a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0

    def start(self, own: dict | None = None, command: list[str] | None = None, wait_s: float = 60.0, **pipe) -> None:
        self.database = Database.open(self.folder, zone="UTC", now_ms=lambda: AT_MS)
        self.pricing = Pricing(
            self.database,
            read_prices(own or {}),
            pipe=partial(PricePipe, command=command or (), **pipe),
            wait_s=wait_s,
        )
        self.recorder = Recorder(self.database, self.pricing, now_ms=lambda: AT_MS)
        self.recorder.start()
        self.repricer = Repricer(self.database, self.recorder, self.pricing)
        self.late = LatePrices(self.pricing, self.repricer.price_late, retry_s=0.2)

    def again(self, *args, **more) -> None:
        self.stop()
        self.start(*args, **more)

    def stop(self) -> None:
        self.late.stop()
        self.recorder.stop()

    def record(self, model: str, provider: str | None = None, at_ms: int = AT_MS, **fields) -> None:
        self.number += 1
        row = Invocation(f"id-{self.number}", at_ms, model, "tool", provider=provider, input_tokens=1_000, **fields)
        assert self.recorder.record([row]).accepted == 1

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.database.path)) as connection:
            return connection.execute(query).fetchall()

    def costs(self) -> list[int | None]:
        return [cost for (cost,) in self.rows("SELECT cost_nano FROM invocations ORDER BY id")]

    @property
    def child_ran(self) -> bool:
        return self.pricing._pipe.pid is not None


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "state")
    yield made
    made.stop()


def test_the_first_row_of_a_model_is_priced_and_names_its_price(house: House):
    house.start()
    house.record("claude-sonnet-4-5-20250929", output_tokens=100)
    assert house.costs() == [3_000_000 + 1_500_000]
    ((price_id,),) = house.rows("SELECT price_id FROM invocations")
    ((key, model, source, date),) = house.rows(
        f"SELECT key, model, source, source_date FROM prices WHERE id = {price_id}"
    )
    assert "claude-sonnet-4-5-20250929" in key
    assert model == "claude-sonnet-4-5-20250929"
    assert source.startswith("genai-prices ")
    assert date > "2026-01-01"


def test_a_restart_asks_nothing(house: House):
    house.start()
    for model in ("claude-sonnet-4-5", "our-model"):
        house.record(model)
    assert house.child_ran
    house.again(command=DEAD)
    for model in ("claude-sonnet-4-5", "our-model"):
        house.record(model)
    assert not house.child_ran
    assert house.costs() == [3_000_000, None, 3_000_000, None]


def test_an_unknown_model_is_unpriced_which_is_not_free(house: House):
    house.start({"free-*": {"free": True}})
    house.record("our-model")
    house.record("free-model")
    assert house.costs() == [None, 0]


def test_another_edition_of_the_list_is_asked_anew(house: House):
    house.start()
    house.record("our-model")
    house.rows("SELECT 1")
    with closing(sqlite3.connect(house.database.path)) as connection, connection:
        connection.execute("UPDATE prices SET key = replace(key, 'genai-prices ', 'genai-prices 0.0.')")
    house.again()
    house.record("our-model")
    assert house.child_ran


def test_the_users_own_price_comes_before_the_list_and_needs_no_child(house: House):
    house.start({"claude-*": {"input": 1, "output": 1}})
    house.record("claude-sonnet-4-5")
    assert house.costs() == [1_000_000]
    assert not house.child_ran
    house.again({"claude-*": {"input": 2, "output": 1}})
    house.record("claude-sonnet-4-5")
    assert house.costs() == [1_000_000, 2_000_000]
    assert house.rows("SELECT count(*) FROM prices WHERE source = 'settings'") == [(2,)]


def test_an_own_price_from_a_day_on_leaves_what_was_before_to_the_list(house: House):
    house.start({"claude-sonnet-4-5": {"input": 1, "output": 1, "from": "2026-11-20"}})
    house.record("claude-sonnet-4-5", at_ms=1_795_132_799_999)  # 2026-11-19T23:59:59.999Z
    house.record("claude-sonnet-4-5", at_ms=1_795_132_800_000)
    assert house.costs() == [3_000_000, 1_000_000]


def test_a_local_model_is_unpriced_without_asking(house: House):
    house.start()
    house.record("deepseek-r1:8b")
    house.record("gpt-4o", provider="ollama")
    assert house.costs() == [None, None]
    assert not house.child_ran


@pytest.mark.parametrize("command", [DEAD, NONSENSE, ["/does/not/exist"]], ids=["dead", "nonsense", "missing"])
def test_a_failing_child_delays_nothing_and_its_rows_are_priced_later_by_themselves(house: House, command: list[str]):
    house.start(command=command)
    house.record("claude-sonnet-4-5")
    house.record("claude-sonnet-4-5", session="s")
    assert house.costs() == [None, None]
    assert house.pricing.problem
    house.again()
    house.late.start()
    wait_until(lambda: house.costs() == [3_000_000, 3_000_000], "the late price")
    assert house.rows("SELECT DISTINCT cost_nano, unpriced_invocations, unpriced_tokens FROM rollups") == [
        (6_000_000, 0, 0),
        (3_000_000, 0, 0),
    ]
    wait_until(lambda: house.pricing.wait_late(0) == frozenset(), "nothing left to price")
    house.record("claude-sonnet-4-5")
    house.again()
    assert house.rows("SELECT value FROM facts WHERE name = 'prices.pending'") == [("[]",)]


def test_a_deaf_child_is_waited_for_once_and_then_no_more(house: House):
    house.start(command=DEAF, wait_s=0.3)
    for number in range(20):
        house.record(f"claude-sonnet-4-5-{number}")
    assert len(house.pricing._pipe._owed) == 1
    assert house.costs() == [None] * 20


def test_a_child_that_is_killed_is_replaced(house: House):
    house.start()
    house.record("claude-sonnet-4-5")
    pid = house.pricing._pipe.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the child, and its burial")
    house.record("gpt-5")
    assert house.costs() == [3_000_000, 1_250_000]


def test_a_child_nobody_asks_ends_and_another_comes_when_needed(house: House):
    house.start(idle_s=0.1)
    house.record("claude-sonnet-4-5")
    pid = house.pricing._pipe.pid
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the idle child")
    house.record("gpt-5")
    assert house.costs() == [3_000_000, 1_250_000]


def test_a_question_that_meets_a_child_going_to_sleep_is_asked_again(house: House):
    # Answers one question; leaves the next one unread.
    child = (
        "import json, sys\n"
        "from llm_service.telemetry.price_child import answer\n"
        "print(json.dumps(answer(json.loads(sys.stdin.readline()))), flush=True)\n"
        "sys.stdin.readline()\n"
    )
    house.start(command=[sys.executable, "-c", child])
    house.record("claude-sonnet-4-5")
    house.record("gpt-5")
    assert house.costs() == [3_000_000, 1_250_000]


def test_a_dead_child_is_not_started_for_every_new_name(house: House, tmp_path: Path):
    log = tmp_path / "starts"
    house.start(command=[sys.executable, "-c", f"open({str(log)!r}, 'a').write('x'); raise SystemExit(3)"])
    for number in range(30):
        house.record(f"claude-sonnet-4-5-{number}")
    # Once, and once more where thirty rows took longer than the pause after a death.
    assert log.read_text() in ("x", "xx")
    assert house.costs() == [None] * 30


def test_the_child_ends_with_its_parent(house: House):
    house.start()
    house.record("claude-sonnet-4-5")
    pid = house.pricing._pipe.pid
    house.pricing.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_many_models_are_one_question(house: House):
    house.start()
    models = [f"claude-sonnet-4-5-2025{number:04d}" for number in range(300)]
    rows = [Invocation(f"m{number}", AT_MS, model, "tool") for number, model in enumerate(models)]
    assert house.recorder.record(rows).accepted == 300
    assert house.costs().count(None) == 0


def test_a_database_begun_anew_gets_the_prices_of_its_rows(house: House):
    house.start()
    house.record("claude-sonnet-4-5")
    house.record("gpt-5")
    with closing(sqlite3.connect(house.database.path)) as connection, connection:
        connection.execute("DELETE FROM prices")
    house.record("claude-sonnet-4-5")
    assert house.rows("SELECT model FROM prices ORDER BY model") == [("claude-sonnet-4-5",), ("gpt-5",)]
    assert house.rows("SELECT count(*) FROM invocations WHERE price_id NOT IN (SELECT id FROM prices)") == [(0,)]


def test_two_that_write_one_database_give_a_price_one_number(house: House):
    house.start()
    other = House(house.folder)
    other.number = 1_000
    other.start()
    try:
        for model in ("claude-sonnet-4-5", "gpt-5", "o3", "gemini-2.5-pro", "our-model"):
            # Both have found the price before either has written it.
            for each in (house, other):
                each.pricing.prepare([Invocation("x", AT_MS, model, "tool")])
            house.record(model)
            other.record(model)
            other.record(f"{model}-2025")
            house.record(f"{model}-2026")
    finally:
        other.stop()
    query = "SELECT count(*), count(DISTINCT id), count(DISTINCT key) FROM prices"
    assert house.rows(query) == [(15, 15, 15)]
    query = "SELECT count(*) FROM invocations i LEFT JOIN prices p ON p.id = i.price_id WHERE p.model IS NOT i.model"
    assert house.rows(f"{query} AND i.cost_nano IS NOT NULL") == [(0,)]


def test_a_number_that_another_key_has_is_left_to_it(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llm_service.telemetry.price_book.NUMBERS", 3)
    house.start()
    for model in ("claude-sonnet-4-5", "gpt-5", "o3"):
        house.record(model)
    house.again(command=DEAD)
    for model in ("claude-sonnet-4-5", "gpt-5", "o3"):
        house.record(model)
    assert house.rows("SELECT id FROM prices ORDER BY id") == [(1,), (2,), (3,)]
    assert house.costs() == [3_000_000, 1_250_000, 2_000_000] * 2


def test_made_up_names_do_not_fill_the_memory(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llm_service.telemetry.prices.MOST_MODELS", 50)
    house.start()
    house.record("claude-sonnet-4-5")
    for start in range(0, 120, 40):
        rows = [Invocation(f"n{start + n}", AT_MS, f"name-{start + n}", "tool") for n in range(40)]
        house.recorder.record(rows)
    house.record("claude-sonnet-4-5")
    assert len(house.pricing._entries) <= 50
    assert house.rows("SELECT count(*) FROM prices") == [(121,)]
    assert house.rows("SELECT count(DISTINCT price_id) FROM invocations") == [(1,)]


def test_the_page_says_what_is_used_what_is_missing_and_how_to_fix_it(house: House):
    house.start({"our-*": {"input": 1, "output": 1}})
    for model in ("claude-sonnet-4-5", "our-model", "qwen3:30b", "nobodys-model"):
        house.record(model)
    page = Prices(house.database, house.pricing).page("claude-sonnet-4-5@20250929", "vertex_ai")
    assert page["source"].startswith("genai-prices ")
    assert page["source_date"]
    assert page["problem"] is None
    assert {item["model"]: item["prices"][0]["source"].split(" ")[0] for item in page["in_use"]} == {
        "claude-sonnet-4-5": "genai-prices",
        "our-model": "settings",
    }
    assert {item["model"]: (item["invocations"], item["tokens"]) for item in page["unpriced"]} == {
        "qwen3:30b": (1, 1_000),
        "nobodys-model": (1, 1_000),
    }
    fixes = [item["fix"] for item in page["unpriced"]]
    assert 'prices."qwen3:30b" = { free = true }' in fixes
    asked = page["asked"]
    assert asked is not None
    assert asked["prices"][0]["provider"] == "google"
    assert asked["fix"] is None
    unknown = Prices(house.database, house.pricing).of_model("nobodys-model", None)
    assert unknown["prices"] == []
    assert unknown["why"] == "genai-prices has no price per token for it"
    assert unknown["fix"].startswith('prices."nobodys-model" = { input = ')

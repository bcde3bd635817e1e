"""Runs and events are kept without anybody waiting, come back whole, and go in time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from llm_service.core.query import BadQuery
from llm_service.telemetry import migrations, run_batches, run_retention, run_rows
from llm_service.telemetry.database import Database
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.run_retention import RunRetention
from llm_service.telemetry.run_rows import Filters
from llm_service.telemetry.run_store import RunStore
from llm_service.telemetry.writer_file import WriterFile
from tests.kit.run_cards import run_card, run_event
from tests.kit.store import DAY_MS, NOON_MS, Clock, ask, open_database, recording
from tests.kit.waiting import wait_until


@contextmanager
def keeping(folder: Path, clock: Clock | None = None, **more: object) -> Iterator[tuple[RunStore, Recorder, Database]]:
    clock = clock or Clock()
    database = open_database(folder, clock)
    with recording(database, clock, **more) as recorder:
        yield RunStore(database, recorder, clock), recorder, database


def settled(recorder: Recorder) -> None:
    recorder.write(lambda _: None)


def test_a_card_comes_back_whole_and_the_last_one_stays(tmp_path: Path) -> None:
    first = run_card("a", status="running", badge="RUNNING", finished_at=None, rates=[1.5, None, 3.0])
    last = run_card("a", tokens_out=7000, snippet="def load(path): …")
    with keeping(tmp_path) as (store, recorder, _):
        store.keep([first])
        settled(recorder)
        assert store.run("s:a") == first
        assert store.unended() == [first]
        store.keep([last])
        settled(recorder)
    with keeping(tmp_path) as (store, _, _):
        assert store.run("s:a") == last
        assert store.unended() == []
        assert store.ended_after(NOON_MS, 10) == [last]
        assert store.ended_after(0, 1) == [last]
        assert store.run("s:b") is None


def test_events_come_in_their_order_each_once_a_page_at_a_time(tmp_path: Path) -> None:
    events = [run_event(n, f"text {n}") for n in range(1, 8)]
    with keeping(tmp_path) as (store, recorder, _):
        store.keep([run_card("a")], [("s:a", event) for event in events])
        store.keep([], [("s:a", event) for event in events[3:]])
        settled(recorder)
        first = store.events("s:a", limit=4)
        assert first == {"key": "s:a", "events": events[:4], "next_n": 4, "complete": False}
        assert store.events("s:a", first["next_n"], 4) == {
            "key": "s:a",
            "events": events[4:],
            "next_n": 7,
            "complete": True,
        }
        assert store.events("s:none")["events"] == []


def test_events_of_a_run_that_was_never_kept_are_counted(tmp_path: Path) -> None:
    with keeping(tmp_path) as (store, recorder, database):
        store.keep([], [("s:ghost", run_event(1))])
        settled(recorder)
        assert ask(database, "SELECT value FROM counters WHERE name = 'run_events_without_run'") == [(1,)]
        assert ask(database, "SELECT count(*) FROM run_events") == [(0,)]


def test_two_servers_with_one_id_are_two_runs(tmp_path: Path) -> None:
    with keeping(tmp_path) as (store, recorder, _):
        store.keep([run_card("a"), run_card("a", source="t", status="failed")])
        settled(recorder)
        assert store.keys_of("a") == ["s:a", "t:a"]
        assert store.keys_of("b") == []
        assert [card["status"] for card in (store.run("s:a"), store.run("t:a")) if card] == ["completed", "failed"]


def test_listing_pages_newest_first_whatever_arrives_meanwhile(tmp_path: Path) -> None:
    cards = [run_card(f"r{n:02}", NOON_MS + n // 3 * 1000) for n in range(20)]
    expected = [card["id"] for card in sorted(cards, key=lambda card: (card["created_at"], card["key"]), reverse=True)]
    with keeping(tmp_path) as (store, recorder, _):
        store.keep(cards)
        settled(recorder)
        seen, cursor = [], ""
        while True:
            page, following = store.listing(before=cursor, limit=7)
            seen += [card["id"] for card in page]
            store.keep([run_card(f"new{len(seen)}", NOON_MS + DAY_MS)])
            settled(recorder)
            if following is None:
                break
            cursor = following
        assert seen == expected
        with pytest.raises(BadQuery, match="not a cursor"):
            store.listing(before="x")


def test_filters_and_words_find_what_they_say(tmp_path: Path) -> None:
    with keeping(tmp_path) as (store, recorder, _):
        store.keep(
            [
                run_card("a", task="Über IAM und S3", model="local/spark-model"),
                run_card("b", status="failed", error="50 % of_it failed"),
                run_card("c", source="t"),
            ]
        )
        settled(recorder)

        def found(**asked: str) -> list[str]:
            return sorted(card["id"] for card in store.listing(**asked)[0])

        assert found(q="über s3") == ["a"]
        assert found(q="%") == ["b"]
        assert found(q="of_it") == ["b"]
        assert found(q="über s4") == []
        assert found(status="failed") == ["b"]
        assert found(model="local/spark-model") == ["a"]
        assert found(source="t") == ["c"]
        assert found() == ["a", "b", "c"]


def test_the_feed_has_what_ended_last_first_with_its_best_snippet_also_after_a_restart(tmp_path: Path) -> None:
    with keeping(tmp_path) as (store, recorder, _):
        store.keep(
            [
                run_card("old"),
                run_card("late", finished_at="2026-11-22T08:00:00.000Z", model=None),
                run_card("live", status="running", finished_at=None),
            ],
            [("s:old", run_event(1, "written")), ("s:old", run_event(2, "routed", "supervisor"))],
        )
        settled(recorder)
    with keeping(tmp_path) as (store, _, _):
        feed = store.feed()
        assert [(entry["run"]["id"], entry["snippet"], entry["events"]) for entry in feed["entries"]] == [
            ("late", "", 0),
            ("old", "written", 2),
        ]
        assert (feed["models"], feed["sources"], feed["next"]) == (["gpt-4o"], ["s"], None)
        first = store.feed(limit=1)
        assert [entry["run"]["id"] for entry in store.feed(limit=1, before=first["next"] or "")["entries"]] == ["old"]


def test_an_end_without_a_time_is_when_it_was_first_heard(tmp_path: Path) -> None:
    clock = Clock()
    card = run_card("a", status="cancelled", finished_at=None, duration_s=None)
    with keeping(tmp_path, clock) as (store, recorder, database):
        store.keep([card])
        settled(recorder)
        clock.at_ms += 60_000
        store.keep([card])
        settled(recorder)
        assert ask(database, "SELECT ended_ms FROM runs") == [(NOON_MS,)]


def test_while_the_writer_is_busy_many_cards_of_a_run_become_one_write(tmp_path: Path) -> None:
    with keeping(tmp_path) as (store, recorder, database):
        busy = threading.Event()
        recorder.post(lambda _: busy.wait(10))
        for n in range(500):
            store.keep([run_card("a", tokens_out=n)], [("s:a", run_event(n + 1))])
        assert recorder.waiting <= 3
        busy.set()
        settled(recorder)
        settled(recorder)
        assert store.run("s:a") == run_card("a", tokens_out=499)
        assert ask(database, "SELECT count(*) FROM run_events") == [(500,)]


def test_a_write_that_is_tried_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    class Twice:
        """Runs a write whose transaction fails, then what was handed in meanwhile, then the first once more."""

        def __init__(self) -> None:
            self.works: list = []

        def post(self, work) -> bool:
            self.works.append(work)
            return True

        def lost(self, rows: int) -> None:
            raise AssertionError(f"{rows} were lost")

    twice = Twice()
    database = open_database(tmp_path)
    store = RunStore(database, twice, Clock())
    store.keep([run_card("a")], [("s:a", run_event(1))])
    with closing(sqlite3.connect(database.path)) as connection:
        twice.works[0](connection)
        connection.rollback()
        store.keep([run_card("a", tokens_out=9)], [("s:a", run_event(2))])
        assert len(twice.works) == 2
        for work in twice.works:
            work(connection)
        connection.commit()
    assert store.run("s:a") == run_card("a", tokens_out=9)
    assert [event["n"] for event in store.events("s:a")["events"]] == [1, 2]


def test_what_waits_for_a_database_that_cannot_be_written_is_bounded_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_batches, "MOST_WAITING", 100)
    with keeping(tmp_path) as (store, recorder, _):
        busy = threading.Event()
        recorder.post(lambda _: busy.wait(10))
        store.keep([run_card("a")], [("s:a", run_event(n + 1)) for n in range(150)])
        assert store.dropped == 50
        assert recorder.condition == ("50 rows of telemetry could not be kept since the start.",)
        busy.set()
        settled(recorder)
        assert len(store.events("s:a", limit=500)["events"]) == 100
        wait_until(lambda: store.waiting == 0, "room for more")
        store.keep([], [("s:a", run_event(101))])
        assert store.dropped == 50
    store.keep([run_card("late")], [("s:late", run_event(1))])
    assert recorder.dropped == 52


def test_old_runs_go_with_their_events_and_a_clock_that_is_ahead_deletes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_retention, "ROWS_AT_ONCE", 10)
    clock = Clock()
    with keeping(tmp_path, clock) as (store, recorder, database):
        old = run_card("old", NOON_MS - 20 * DAY_MS)
        store.keep([old, run_card("new")], [("s:old", run_event(n + 1)) for n in range(35)])
        store.keep([], [("s:new", run_event(1))])
        settled(recorder)
    clock.at_ms += 3000 * DAY_MS
    file = WriterFile(database, clock)
    file.ready()
    retention = RunRetention(file, clock, 10)
    steps = 1
    while retention.step() < 1.0:
        steps += 1
    file.close()
    assert ask(database, "SELECT key FROM runs") == [("s:new",)]
    assert ask(database, "SELECT key, n FROM run_events") == [("s:new", 1)]
    assert steps == 5


def test_old_runs_go_by_themselves(tmp_path: Path) -> None:
    clock = Clock()
    with keeping(tmp_path, clock) as (store, _, _):
        store.keep([run_card("old", NOON_MS - 20 * DAY_MS), run_card("new")], [("s:old", run_event(1))])
    with keeping(tmp_path, clock, keep_days=10) as (_, _, database):
        wait_until(lambda: ask(database, "SELECT key FROM runs") == [("s:new",)], "the end of the old run")
        assert ask(database, "SELECT count(*) FROM run_events") == [(0,)]


def test_a_database_of_the_release_before_gets_the_tables_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "STEPS", (migrations.m0001_telemetry,))
        old = open_database(tmp_path)
        with closing(sqlite3.connect(old.path)) as connection, connection:
            connection.execute("INSERT INTO counters VALUES ('dropped', 3)")
        assert ask(old, "SELECT count(*) FROM sqlite_master WHERE name = 'runs'") == [(0,)]
    with keeping(tmp_path) as (store, recorder, database):
        store.keep([run_card("a")])
        settled(recorder)
        assert ask(database, "SELECT value FROM counters WHERE name = 'dropped'") == [(3,)]
        assert ask(database, "SELECT id FROM runs") == [("a",)]


def test_counts_are_of_one_source_and_of_the_day(tmp_path: Path) -> None:
    midnight = NOON_MS - 12 * 3_600_000
    with keeping(tmp_path) as (store, recorder, _):
        store.keep(
            [
                run_card("a", midnight - 30_000),  # ended half a minute after midnight
                run_card("b", midnight - 90_000),  # and half a minute before it
                run_card("c", status="failed", tokens_out=None),
                run_card("d", status="running", finished_at=None, duration_s=None, tokens_out=7),
                run_card("e", status="queued", finished_at=None, duration_s=None, tokens_out=None),
                run_card("f", source="t"),
            ]
        )
        settled(recorder)
        assert store.counts("s", midnight) == (5, 1, 1, 1, 10_007)
        assert store.counts("nobody", midnight) == (0, 0, 0, 0, None)
        assert store.finished_between("s", midnight - 60_000, midnight) == 1
        assert [run.key for run in store.figures("s", midnight)] == ["s:a", "s:c", "s:d", "s:e"]
        assert {run.source for run in store.figures(None, 0)} == {"s", "t"}
        assert store.figures("s", 0)[0] == (
            "s:b",
            "s",
            "completed",
            "gpt-4o",
            None,
            midnight - 90_000,
            midnight - 90_000,
            midnight - 30_000,
            1000,
            5000,
        )


@pytest.mark.parametrize(("by", "index"), [("at_ms", "runs_at"), ("ended_ms", "runs_ended")])
def test_a_page_of_one_server_is_read_in_its_order_and_not_sorted_out_of_all_its_runs(
    tmp_path: Path, by: str, index: str
) -> None:
    asked: list[str] = []
    with keeping(tmp_path) as (store, recorder, database):
        store.keep([run_card("a"), run_card("b", source="other")])
        settled(recorder)
        with database.reading() as db:
            db.set_trace_callback(asked.append)
            cards, _ = run_rows.page(db, Filters(source="s"), None, 10, by=by)
            db.set_trace_callback(None)
            (plan, *_) = [step[3] for step in db.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
        assert [card["key"] for card in cards] == ["s:a"]
        assert index in plan
        assert (store.has_any("other"), store.has_any("nobody")) == (True, False)

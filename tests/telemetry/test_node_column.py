"""A database from before calls had a node gets one: for runs the machine they ran on, for everything else none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.runs.usage import Told, invocation_of
from llm_service.telemetry import migrations
from llm_service.telemetry.database import Database
from llm_service.telemetry.integrity import check
from llm_service.telemetry.node_column import m0005_node
from llm_service.telemetry.read_only import ReadOnly
from llm_service.telemetry.run_store import RunStore
from tests.kit.run_cards import run_card
from tests.kit.store import DAY_MS, HOUR_MS, NOON_MS, Clock, ask, kept_sums, open_database, recording, row
from tests.kit.waiting import wait_until

MACHINES = ("spark", "linux", None, "größe 価格")


def runs(days: int) -> list[tuple[dict, Invocation]]:
    """Runs of each machine by a local and by another model, every seven hours: their cards and their rows."""
    made = []
    for number in range(days * 24 // 7):
        node = MACHINES[number % len(MACHINES)]
        model = "local/qwen" if number % 3 else "gpt-4o"
        at_ms = NOON_MS - number * 7 * HOUR_MS - number * 60_000
        card = run_card(f"run-{number}", at_ms, model=model, node=node, domain="AWS IAM")
        call = invocation_of(card, Told.SETTLED, (), at_ms)
        assert call is not None
        made.append((card, call))
    return made


def before_nodes(database: Database) -> None:
    """Make the file what the release before would have written."""
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute("ALTER TABLE invocations DROP COLUMN node")
        connection.execute("DELETE FROM rollups WHERE dimension = 'node'")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0005_node'")


def filled(folder: Path, calls: Sequence[Invocation], cards: Sequence[dict], clock: Clock, **more: object) -> Database:
    database = open_database(folder, clock)
    with recording(database, clock, **more) as recorder:
        RunStore(database, recorder, clock).keep(cards)
        recorder.record(calls)
    return database


def nodes(database: Database) -> dict[str, str | None]:
    return dict(ask(database, "SELECT invocation_id, node FROM invocations"))


def of_nodes(sums: dict[tuple, tuple[int, ...]]) -> dict[tuple, tuple[int, ...]]:
    return {key: values for key, values in sums.items() if key[1] == "node"}


def test_it_becomes_what_it_would_be_had_nodes_been_kept_from_the_beginning(tmp_path: Path) -> None:
    told = runs(120)
    others = [
        row("log", NOON_MS - HOUR_MS, door=Door.LOG, session="one"),
        row("also seen", NOON_MS - HOUR_MS, door=Door.OTLP_LOGS, session="one"),
        row("plain", NOON_MS - 100 * DAY_MS, latency_ms=70, status="error"),
    ]
    clock = Clock()
    cards = [card for card, _ in told]
    database = filled(tmp_path, [*others, *(call for _, call in told)], cards, clock)
    named, sums = nodes(database), kept_sums(database)
    before_nodes(database)
    assert of_nodes(kept_sums(database)) == {}
    again = open_database(tmp_path, clock)
    assert nodes(again) == named
    assert {named[call.invocation_id] for _, call in told} == set(MACHINES)
    assert kept_sums(again) == sums
    report = check(again)
    assert report.ok, report
    with recording(again, clock) as recorder:
        recorder.record([row("new", node="spark")])
    assert check(again).ok


def test_a_local_models_machine_is_known_without_its_run_and_anothers_is_not(tmp_path: Path) -> None:
    clock = Clock()
    calls = [call for _, call in runs(4)]
    database = filled(tmp_path, calls, [], clock)
    before_nodes(database)
    again = open_database(tmp_path, clock)
    right = {call.invocation_id: call.node if call.model.startswith("local/") else None for call in calls}
    assert nodes(again) == right
    assert len(set(right.values())) == len(MACHINES)
    assert check(again).ok


@pytest.mark.parametrize(
    "fields",
    [
        {"tool": "python", "session": "s:run-1"},
        {"tool": "bobspark", "session": "s:other"},
        {"tool": "bobspark", "session": None},
        {"tool": "bobspark", "session": "s:run-1", "door": Door.IMPORT},
    ],
)
def test_what_only_looks_like_a_run_is_of_no_machine(tmp_path: Path, fields: dict) -> None:
    clock = Clock()
    like = row("bobspark:s:run-1", model="local/qwen", provider="spark", **fields)
    (_, real), *_ = [pair for pair in runs(4) if pair[1].node and pair[1].model == "local/qwen"][1:]
    assert real.invocation_id != like.invocation_id
    database = filled(tmp_path, [like, real], [run_card("run-1", node="spark")], clock)
    before_nodes(database)
    again = open_database(tmp_path, clock)
    assert nodes(again) == {like.invocation_id: None, real.invocation_id: real.node}
    assert check(again).ok


def test_days_whose_calls_are_gone_are_of_no_machine_and_nothing_is_lost(tmp_path: Path) -> None:
    clock = Clock()
    told = runs(40)
    cards = [card for card, _ in told]
    database = filled(tmp_path, [call for _, call in told], cards, clock)
    with recording(database, clock, keep_days=10):
        oldest = "SELECT min(at_ms) FROM invocations"
        wait_until(lambda: ask(database, oldest)[0][0] >= NOON_MS - 11 * DAY_MS, "the end of the old calls")
    before_nodes(database)
    again = open_database(tmp_path, clock)
    report = check(again)
    assert report.ok, report
    assert report.days_from_ms
    sums = kept_sums(again)
    old = {key[3] for key in of_nodes(sums) if key[0] == "day" and key[2] < report.days_from_ms - DAY_MS}
    assert old == {""}
    for width in ("hour", "day", "ever"):
        whole = [sum(values) for values in zip(*(sums[key] for key in sums if key[:2] == (width, "all")), strict=True)]
        parts = [sum(values) for values in zip(*(sums[key] for key in sums if key[:2] == (width, "node")), strict=True)]
        assert parts == whole


def test_days_that_are_just_being_counted_anew_come_out_right(tmp_path: Path) -> None:
    clock = Clock()
    told = runs(30)
    database = filled(tmp_path, [call for _, call in told], [card for card, _ in told], clock)
    before_nodes(database)
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute("UPDATE facts SET value = 'Asia/Kolkata' WHERE name = 'zone'")
        connection.execute(
            "INSERT INTO facts VALUES ('rezoning_ms', ?)", (str(database.zone.next_day_ms(NOON_MS + DAY_MS)),)
        )
    again = open_database(tmp_path, clock, "Asia/Kolkata")
    with recording(again, clock):
        wait_until(lambda: not ask(again, "SELECT 1 FROM facts WHERE name = 'rezoning_ms'"), "the last day")
    report = check(again)
    assert report.ok, report
    assert not report.notes


def test_a_file_of_the_release_before_can_be_checked_without_being_changed(tmp_path: Path) -> None:
    clock = Clock()
    told = runs(3)
    database = filled(tmp_path, [call for _, call in told], [card for card, _ in told], clock)
    before_nodes(database)
    before = database.path.read_bytes()
    report = check(ReadOnly(database.path))
    assert report.ok, report
    assert report.notes == ("An older release wrote this file; the next dashboard that opens it adds sums by node.",)
    assert database.path.read_bytes() == before


def test_calls_are_not_read_where_there_never_was_a_run(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        for step in migrations.STEPS:
            if step is m0005_node:
                break
            step(connection)
        said: list[str] = []
        connection.set_trace_callback(said.append)
        m0005_node(connection)
        assert not [statement for statement in said if "FROM invocations" in statement or "UPDATE" in statement]

"""Costs over REST and live: a real server over a real database, what it says compared with what was recorded."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_service.core.invocations.usage import Invocation
from llm_service.telemetry.database import Database
from tests.kit.boards import Board, Folder, running_board, task_text
from tests.kit.waiting import wait_until

DOLLAR = 1_000_000_000
NASTY = ("=1+2", "+1", "-1", "@SUM(A1)", "\tx", "\rx", 'plain, "quoted"\nand in two lines', "größe 價格", "'already")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def record(board: Board, *calls: Invocation) -> None:
    assert board.runtime.telemetry.opened().recorder.record(calls).accepted == len(calls)


def file(board: Board, query: str) -> tuple[str, str, str]:
    """The text, the kind and the disposition of an export."""
    request = urllib.request.Request(f"{board.url}api/telemetry/export?{query}")
    request.add_header("Authorization", f"Bearer {board.token}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode("utf-8"), answer.headers["Content-Type"], answer.headers["Content-Disposition"]


@pytest.fixture(scope="module")
def costly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A board with some calls of the last hours, and hostile names among them."""
    base = tmp_path_factory.mktemp("costly")
    files = Folder(base / "work")
    files.put("inbox/a.yaml", task_text("a"))
    with running_board(files.root, base / "state", timezone="UTC", agent_logs=False) as board:
        now = now_ms()
        calls = [
            Invocation(f"n{number}", now - number, "m", "t", agent=name, error=name, reported_nano=DOLLAR)
            for number, name in enumerate(NASTY)
        ]
        calls += [
            Invocation("unpriced", now - 20, "mystery", "t", input_tokens=70, output_tokens=7),
            Invocation("old", now - 40 * 86_400_000, "m", "t", reported_nano=5 * DOLLAR, latency_ms=120, node="spark"),
        ]
        record(board, *calls)
        yield board


def test_stats_tell_dollars_and_what_has_no_price(costly: Board) -> None:
    stats = costly.get("/api/stats")[1]
    assert stats["costs"]["total"] == 14.0
    assert stats["unpriced"] == {"invocations": 1, "tokens": 77}


def test_the_page_and_the_ticker_agree_with_the_rows(costly: Board) -> None:
    page = costly.get("/api/costs?range=90d&by=agent")[1]
    assert page["totals"]["cost_usd"] == 14.0
    assert page["totals"]["unpriced_tokens"] == 77
    assert len(page["buckets"]) == 90
    assert {row["name"]: row["cost_usd"] for row in page["agents"]} == {**dict.fromkeys(NASTY, 1.0), "": 5.0}
    assert page["series"][-1]["other"]
    now = costly.get("/api/costs/now")[1]
    assert now["costs"]["total"] == 14.0
    assert now["timezone"] == "UTC"
    assert now["condition"] == []


def test_what_a_machine_used_is_told_apart(costly: Board) -> None:
    page = costly.get("/api/costs?range=90d&by=node")[1]
    assert {row["name"]: row["cost_usd"] for row in page["nodes"]} == {"": 9.0, "spark": 5.0}
    assert {one["name"]: sum(one["cost_usd"]) for one in page["series"]} == {"": 9.0, "spark": 5.0}
    assert page["more"]["nodes"] == 0
    (row,) = costly.get("/api/telemetry/invocations?node=spark")[1]["rows"]
    assert (row["invocation_id"], row["node"]) == ("old", "spark")
    nowhere = costly.get("/api/telemetry/invocations?node=")[1]["rows"]
    assert len(nowhere) == 10
    assert {row["node"] for row in nowhere} == {None}
    series = json.loads(file(costly, "table=series&range=90d&by=node&format=json")[0])
    assert {row["node"] for row in series} == {"", "spark"}
    assert [row["node"] for row in json.loads(file(costly, "range=all&node=spark&format=json")[0])] == ["spark"]


def test_invocations_come_in_pages(costly: Board) -> None:
    first = costly.get("/api/telemetry/invocations?limit=4&model=m")[1]
    assert [row["invocation_id"] for row in first["rows"]] == ["n0", "n1", "n2", "n3"]
    second = costly.get(f"/api/telemetry/invocations?limit=100&model=m&cursor={first['next']}")[1]
    assert [row["invocation_id"] for row in second["rows"]] == ["n4", "n5", "n6", "n7", "n8", "old"]
    assert second["next"] is None
    assert [row["model"] for row in costly.get("/api/telemetry/invocations?unpriced=true")[1]["rows"]] == ["mystery"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/costs?range=1y", "range is '1y'; allowed are 24h, 7d, 30d, 90d, 365d, all"),
        ("/api/costs?width=minute", "width is 'minute'; allowed are hour, day, week"),
        ("/api/costs?by=door", "by is 'door'; allowed are model, agent, project, tool, node"),
        ("/api/costs?range=7d&from=2026-01-01", "range and from or to are both given; give one of them"),
        ("/api/costs?from=2026-02-30", "from is '2026-02-30'; allowed is a day like"),
        ("/api/costs?from=2026-01-02&to=2026-01-01", "from is not earlier than to; nothing lies between them"),
        ("/api/costs?from=9998-01-01", "from lies in the future; nothing was recorded then"),
        ("/api/costs?to=9999-12-31", "to is '9999-12-31'; allowed is a day like"),
        ("/api/telemetry/invocations?limit=501", "limit is '501'; allowed is a whole number from 1 to 500"),
        ("/api/telemetry/invocations?limit=-1", "limit is '-1'; allowed is a whole number from 1 to 500"),
        ("/api/telemetry/invocations?cursor=x", "cursor is not one this board gave out"),
        ("/api/telemetry/invocations?status=ok", "status is 'ok'; allowed are success, error, timeout"),
        ("/api/telemetry/invocations?door=back", "door is 'back'; allowed are log, otlp-logs"),
        ("/api/telemetry/invocations?unpriced=1", "unpriced is '1'; allowed are true, false"),
        ("/api/telemetry/invocations?from=soon", "from is 'soon'; allowed is a day like"),
        ("/api/telemetry/invocations?model=" + "x" * 501, "model is longer than 500 characters"),
        ("/api/telemetry/export?table=users", "table is 'users'; allowed are invocations, models"),
        ("/api/telemetry/export?format=xlsx", "format is 'xlsx'; allowed are csv, json"),
        ("/api/telemetry/export?range=forever", "range is 'forever'; allowed are"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(costly: Board, path: str, says: str) -> None:
    status, body = costly.get(path)
    assert (status, body["error"][: len(says)]) == (400, says)


def test_a_day_written_alone_is_that_day_of_the_zone(tmp_path: Path) -> None:
    with running_board(Folder(tmp_path / "work").root, tmp_path / "state", timezone="Asia/Tokyo") as board:
        # Noon UTC of the 1st is 21:00 of it in Tokyo; three hours later it is the 2nd there.
        record(board, Invocation("a", 1_767_268_800_000, "m", "t", reported_nano=1 * DOLLAR))
        record(board, Invocation("b", 1_767_279_600_000, "m", "t", reported_nano=2 * DOLLAR))
        page = board.get("/api/costs?from=2026-01-01&to=2026-01-01")[1]
        assert (page["range"]["from"], page["range"]["to"]) == ("2025-12-31T15:00:00.000Z", "2026-01-01T15:00:00.000Z")
        assert page["totals"]["cost_usd"] == 1.0
        rows = board.get("/api/telemetry/invocations?from=2026-01-02&to=2026-01-02")[1]["rows"]
        assert [row["invocation_id"] for row in rows] == ["b"]


def test_the_csv_of_invocations_opens_as_what_was_recorded_and_runs_nothing(costly: Board) -> None:
    text, kind, disposition = file(costly, "range=all")
    assert kind == "text/csv; charset=utf-8"
    assert disposition.startswith('attachment; filename="llm-service-invocations-')
    assert disposition.endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["invocation_id"] for row in rows] == [*(f"n{number}" for number in range(9)), "unpriced", "old"]
    for row, name in zip(rows, NASTY, strict=False):
        escaped = f"'{name}" if name[0] in "=+-@\t\r" else name
        assert (row["agent"], row["error"]) == (escaped, escaped)
        assert float(row["cost_usd"]) == 1.0
    assert rows[9]["cost_usd"] == ""
    assert rows[10]["latency_ms"] == "120"
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]


def test_the_json_of_invocations_is_what_the_route_tells(costly: Board) -> None:
    text, kind, _ = file(costly, "table=invocations&format=json&range=all")
    assert kind == "application/json"
    assert json.loads(text) == costly.get("/api/telemetry/invocations?limit=500")[1]["rows"]


def test_the_filters_of_the_table_hold_for_its_file(costly: Board) -> None:
    assert [row["model"] for row in json.loads(file(costly, "format=json&unpriced=true")[0])] == ["mystery"]
    assert len(json.loads(file(costly, "format=json&range=7d")[0])) == 10


@pytest.mark.parametrize("table", ["models", "agents", "projects", "tools", "nodes"])
def test_a_table_of_sums_is_the_pages(costly: Board, table: str) -> None:
    page = costly.get("/api/costs?range=90d")[1]
    told = [
        {**row, "cost_usd": None if row["invocations"] == row["unpriced_invocations"] else row["cost_usd"]}
        for row in page[table]
    ]
    assert json.loads(file(costly, f"table={table}&range=90d&format=json")[0]) == told
    assert (table != "models") or [row["name"] for row in told if row["cost_usd"] is None] == ["mystery"]
    rows = list(csv.DictReader(io.StringIO(file(costly, f"table={table}&range=90d")[0], newline="")))
    assert [float(row["cost_usd"]) if row["cost_usd"] else None for row in rows] == [row["cost_usd"] for row in told]


def test_the_files_of_the_charts_are_what_they_are_drawn_from(costly: Board) -> None:
    page = costly.get("/api/costs?range=7d&by=agent")[1]
    rows = json.loads(file(costly, "table=series&range=7d&by=agent&format=json")[0])
    assert [row["bucket"] for row in rows] == page["buckets"] * len(page["series"])
    assert [row["cost_usd"] for row in rows] == [cost for one in page["series"] for cost in one["cost_usd"]]
    buckets = json.loads(file(costly, "table=buckets&range=7d&format=json")[0])
    assert [row["input_tokens"] for row in buckets] == page["tokens"]["input"]
    assert [row["p95_ms"] for row in buckets] == page["latency"]["p95_ms"]


def test_alerts_history_and_flow_are_files_too(costly: Board) -> None:
    def work(connection: sqlite3.Connection) -> None:
        body = json.dumps({"name": "=cap", "sentence": "over"})
        connection.execute("INSERT INTO alerts VALUES (1, ?, 'b', 'over', 100, 0, ?, NULL)", (now_ms(), body))
        connection.execute(
            "INSERT INTO board_history (id, at_ms, event, path, task_id, title)"
            " VALUES (1000000, ?, 'task.created', 'x.yaml', 'x', '=hi')",
            (now_ms(),),
        )

    costly.runtime.telemetry.opened().recorder.write(work)
    alerts = list(csv.DictReader(io.StringIO(file(costly, "table=budget-alerts")[0], newline="")))
    assert [(row["kind"], row["name"], row["sentence"]) for row in alerts] == [("over", "'=cap", "over")]
    history = json.loads(file(costly, "table=history&format=json&range=24h")[0])
    assert [row["title"] for row in history if row["task_id"] == "x"] == ["=hi"]
    flow = json.loads(file(costly, "table=flow&format=json&range=7d")[0])
    assert len(flow) == 7
    assert set(flow[0]) == {"day", "created", "done", "seeded", "inbox_at_end", "assigned_at_end", "done_at_end"}


def test_a_long_table_comes_whole(costly: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_service.telemetry.exports.PAGE_ROWS", 3)
    assert len(json.loads(file(costly, "format=json&range=all")[0])) == 11


# -- live ---------------------------------------------------------------------------------------------------------


def test_a_call_changes_the_ticker_of_an_open_page_and_of_one_that_comes_later(
    start_board: Callable[..., Board],
) -> None:
    board = start_board(timezone="UTC")
    board.runtime.telemetry.opened()
    follower = board.follow(topics=("costs",))
    follower.until(lambda: follower.heard[-1].payload["costs"]["total"] == 0.0, "the ticker")
    record(board, Invocation("a", now_ms(), "m", "t", agent="anna", input_tokens=9, reported_nano=2 * DOLLAR))
    follower.until(lambda: follower.heard[-1].payload.get("costs", {}).get("total") == 2.0, "two dollars")
    told = follower.heard[-1].payload
    assert told["costs"] == {"today": 2.0, "month": 2.0, "total": 2.0}
    assert told["active_operations"][0]["agent_name"] == "anna"
    assert follower.wait_for("telemetry.update")["invocation"]["cost_usd"] == 2.0
    later = board.follow(topics=("costs",))
    assert later.wait_for("costs.snapshot")["costs"] == told["costs"]
    assert not follower.errors
    assert follower.holes == 0


def test_the_threads_of_telemetry_are_in_ready(board: Board) -> None:
    board.runtime.telemetry.opened()
    threads = {thread["name"]: thread for thread in board.get("/ready")[1]["threads"]}
    assert threads["recorder"]["alive"]
    assert threads["teller"]["alive"]


def test_what_cannot_be_kept_is_said_in_ready_and_on_the_page(board: Board, monkeypatch) -> None:
    follower = board.follow(topics=("costs",))
    recorder = board.runtime.telemetry.opened().recorder
    # A write that succeeds, as the history's do from time to time, would end the pause.
    monkeypatch.setattr(recorder, "_paused", "there is no space left")
    monkeypatch.setattr(recorder, "_dropped", 120)
    monkeypatch.setattr(recorder, "_resume", lambda: None)
    said = [
        "Telemetry is paused: there is no space left. It goes on by itself.",
        "120 rows of telemetry could not be kept since the start.",
    ]
    status, ready = board.get("/ready")
    assert (status, ready["ready"], ready["degraded"]) == (200, True, said)
    follower.until(lambda: follower.heard[-1].payload.get("condition") == said, "the condition")


def test_a_restart_knows_what_was_spent(folder: Folder, tmp_path: Path) -> None:
    for total in (3.0, 6.0):
        with running_board(folder.root, tmp_path / "state") as board:
            board.runtime.telemetry.opened()
            record(board, Invocation(f"before {total}", now_ms(), "m", "t", reported_nano=3 * DOLLAR))
            assert board.get("/api/stats")[1]["costs"]["total"] == total


def test_what_was_offered_is_written_before_the_end(folder: Folder, tmp_path: Path) -> None:
    with running_board(folder.root, tmp_path / "state") as board:
        recorder = board.runtime.telemetry.opened().recorder
        for number in range(2_000):
            assert recorder.offer([Invocation(f"{number}", now_ms(), "m", "t", reported_nano=1)])
    with sqlite3.connect(tmp_path / "state" / "telemetry.db") as connection:
        assert connection.execute("SELECT count(*) FROM invocations").fetchone() == (2_000,)
    connection.close()


# -- without telemetry --------------------------------------------------------------------------------------------


def nothing_is_known(board: Board, reason: str) -> None:
    """The board works; what is asked of costs is null or refused with the reason."""
    follower = board.follow(topics=("board", "costs"))
    board.put("inbox/new.yaml", task_text("new"))
    follower.wait_for("task.created")
    snapshot = next(heard.payload for heard in follower.heard if heard.name == "costs.snapshot")
    assert snapshot["costs"] == {"today": None, "month": None, "total": None}
    assert reason in " ".join(snapshot["condition"])
    assert board.get("/api/stats")[1]["costs"] == {"today": None, "month": None, "total": None}
    assert reason in " ".join(board.get("/api/costs/now")[1]["condition"])
    for path in ("/api/costs", "/api/telemetry/invocations", "/api/telemetry/export"):
        status, body = board.get(path)
        assert (status, reason in body["error"]) == (503, True), body


def test_switched_off_nothing_is_kept_and_the_board_works(start_board: Callable[..., Board], tmp_path: Path) -> None:
    board = start_board(telemetry=False)
    nothing_is_known(board, "Telemetry is off")
    ready = board.get("/ready")[1]
    assert ready["degraded"] == []
    assert "recorder" not in {thread["name"] for thread in ready["threads"]}
    assert not (tmp_path / "state" / "telemetry.db").exists()


def test_the_board_does_not_wait_for_a_database_that_opens_slowly(
    start_board: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open = threading.Event()
    really_open = Database.open

    def slowly(*args: Any, **options: Any) -> Database:
        assert may_open.wait(20)
        return really_open(*args, **options)

    monkeypatch.setattr(Database, "open", slowly)
    board = start_board()
    follower = board.follow(topics=("board", "costs"))
    board.put("inbox/a.yaml", task_text("a"))
    follower.wait_for("task.created")
    assert follower.wait_for("costs.snapshot")["costs"] == {"today": None, "month": None, "total": None}
    assert board.get("/api/stats")[1]["costs"]["today"] is None
    assert board.get("/ready")[1]["degraded"] == []
    may_open.set()
    assert follower.wait_for("cost.update")["costs"] == {"today": 0.0, "month": 0.0, "total": 0.0}


def test_a_database_that_cannot_be_opened_leaves_the_board_working_with_a_sentence(
    start_board: Callable[..., Board], tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    foreign: Any = sqlite3.connect(tmp_path / "state" / "telemetry.db")
    foreign.execute("CREATE TABLE somebody_elses (x)")
    foreign.close()
    board = start_board()
    sentence = wait_until(lambda: board.get("/ready")[1]["degraded"], "the sentence")[0]
    assert sentence.startswith("Telemetry is not kept: ")
    assert board.get("/ready")[0] == 200
    nothing_is_known(board, "is a database of another program")


def test_a_tasks_detail_says_what_its_calls_cost(small_board) -> None:
    rows = [
        Invocation("t1", 1_790_000_000_000, "m", "python", task="c", input_tokens=10, reported_nano=250_000_000),
        Invocation("t2", 1_790_000_000_000, "m", "python", task="c", output_tokens=5),
    ]
    small_board.runtime.telemetry.opened().recorder.record(rows)
    cost = small_board.get("/api/tasks/c")[1]["cost"]
    assert (cost["invocations"], cost["total_tokens"], cost["cost_usd"], cost["unpriced_invocations"]) == (
        2,
        15,
        0.25,
        1,
    )
    assert small_board.get("/api/tasks/a")[1]["cost"] is None

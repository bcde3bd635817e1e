"""Budgets over REST and live, on a real board: made, changed, overridden, cleared, refused, told when over."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from llm_service.core.budgets import shapes as budget_shapes
from llm_service.core.budgets.settings import read_agent_budgets, read_budgets
from llm_service.core.invocations.usage import Invocation
from tests.kit.boards import Board
from tests.kit.waiting import wait_until

SETTINGS = read_budgets([{"name": "Written", "period": "month", "usd": 100.0}])
DEFAULTS = read_agent_budgets([{"period": "day", "usd": 1.0}, {"period": "day", "tokens": 100_000}])


@pytest.fixture
def board(start_board: Callable[..., Board]) -> Board:
    return start_board(budgets=SETTINGS, agent_budgets=DEFAULTS)


def ask(board: Board, method: str, path: str, fields: object = None, **headers: str) -> tuple[int, Any]:
    body = fields if isinstance(fields, bytes) else None if fields is None else json.dumps(fields).encode()
    request = urllib.request.Request(board.url.rstrip("/") + path, method=method, data=body)
    if "Origin" not in headers:
        request.add_header("Authorization", f"Bearer {board.token}")
    request.add_header("Content-Type", "application/json")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def spend(board: Board, usd: float | None, agent: str = "anna", count: int = 1, **more: Any) -> None:
    now_ms = time.time_ns() // 1_000_000
    cost = None if usd is None else round(usd * 10**9)
    rows = [
        Invocation(f"i{now_ms}-{time.perf_counter_ns()}-{number}", now_ms, "m-1", "script", agent=agent,
                   input_tokens=10, reported_nano=cost, **more)
        for number in range(count)
    ]  # fmt: skip
    board.runtime.telemetry.opened().recorder.record(rows)


def named(board: Board, name: str) -> dict:
    """The budget of this name, as the list shows it."""
    (found,) = [one for one in ask(board, "GET", "/api/budgets")[1]["budgets"] if one["name"] == name]
    return found


def check(shape: Any, value: Any) -> None:
    read = TypeAdapter(shape).validate_json(json.dumps(value, allow_nan=False), strict=True)
    assert read == value


def test_a_budget_is_made_changed_and_removed(board: Board) -> None:
    status, made = ask(
        board, "POST", "/api/budgets", {"period": "day", "limit_usd": 5, "scope": "agent", "value": "bert"}
    )
    assert status == 200
    check(budget_shapes.BudgetJson, made)
    assert (made["name"], made["limit_usd"], made["limit_tokens"], made["origin"]) == (
        "bert per day",
        5.0,
        None,
        "page",
    )
    status, changed = ask(board, "PUT", f"/api/budgets/{made['id']}", {"limit_tokens": 900, "thresholds": [60]})
    assert (status, changed["limit_usd"], changed["limit_tokens"]) == (200, None, 900)
    assert (changed["thresholds"], changed["value"], changed["period"]) == ([60, 100], "bert", "day")
    assert ask(board, "PUT", f"/api/budgets/{made['id']}", {"scope": "all"})[1]["value"] == ""
    assert ask(board, "DELETE", f"/api/budgets/{made['id']}") == (200, {"id": made["id"], "outcome": "removed"})
    assert ask(board, "DELETE", f"/api/budgets/{made['id']}")[0] == 404
    assert [one["name"] for one in ask(board, "GET", "/api/budgets")[1]["budgets"]] == ["Written"]


def test_each_override_of_an_agent_default_is_cleared_by_itself(board: Board) -> None:
    spend(board, 0.5)
    usd, tokens = named(board, "anna per day"), named(board, "anna per day, tokens")
    assert (usd["origin"], usd["percent"], usd["overridden"]) == ("default", 50.0, False)
    ask(board, "PUT", f"/api/budgets/{usd['id']}", {"limit_usd": 4})
    ask(board, "PUT", f"/api/budgets/{tokens['id']}", {"limit_tokens": 50})
    assert (named(board, "anna per day")["limit_usd"], named(board, "anna per day")["percent"]) == (4.0, 12.5)
    assert named(board, "anna per day, tokens")["overridden"]
    status, cleared = ask(board, "PUT", f"/api/budgets/{usd['id']}", {"limit_usd": None})
    assert (status, cleared["limit_usd"], cleared["overridden"]) == (200, 1.0, False)
    assert named(board, "anna per day, tokens")["limit_tokens"] == 50
    assert ask(board, "DELETE", f"/api/budgets/{tokens['id']}")[1]["outcome"] == "cleared"
    assert named(board, "anna per day, tokens")["limit_tokens"] == 100_000
    assert ask(board, "PUT", f"/api/budgets/{usd['id']}", {"limit_usd": 3, "period": "week"})[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "fields", "status", "words"),
    [
        ("POST", "/api/budgets", b"[1", 400, "send a JSON object"),
        ("POST", "/api/budgets", [1], 400, "send a JSON object"),
        ("POST", "/api/budgets", b"[" * 15_000, 400, "send a JSON object"),
        ("POST", "/api/budgets", b'{"period": "day", "limit_usd": NaN}', 400, "limit_usd: nan is not allowed"),
        ("POST", "/api/budgets", {"period": "day"}, 400, "give exactly one limit, limit_usd or limit_tokens"),
        ("POST", "/api/budgets", {"period": "day", "usd": 4}, 400, "usd is no field of a budget"),
        ("POST", "/api/budgets", {"period": "day", "limit_usd": 1, "name": "Written"}, 400, "there is a budget"),
        ("POST", "/api/budgets", b" " * 20_000, 413, ""),
        ("PUT", "/api/budgets/nonesuch", {"limit_usd": 1}, 404, "there is no budget nonesuch"),
        ("PUT", "/api/budgets/default-week-usd-YW5uYQ", {"limit_usd": 1}, 404, "no such default for anna"),
        ("PUT", f"/api/budgets/{SETTINGS[0].id}", {"limit_usd": 1}, 409, "stands in llm-service.toml"),
        ("DELETE", f"/api/budgets/{SETTINGS[0].id}", None, 409, "stands in llm-service.toml"),
        ("POST", "/api/budgets/alerts/99/acknowledge", None, 404, "there is no alert 99"),
        ("POST", "/api/budgets/alerts/x/acknowledge", None, 404, "alerts have numbers"),
    ],
)
def test_what_is_refused_is_a_sentence(
    small_budgets: Board, method: str, path: str, fields: object, status: int, words: str
) -> None:
    got, answer = ask(small_budgets, method, path, fields)
    assert got == status
    assert words in answer["error"]
    assert set(answer) == {"error"}


@pytest.fixture(scope="module")
def small_budgets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    from tests.kit.boards import running_board

    base = tmp_path_factory.mktemp("budgets")
    (base / "work").mkdir()
    with running_board(base / "work", base / "state", budgets=SETTINGS, agent_budgets=DEFAULTS) as running:
        yield running


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_sites_page_changes_nothing(small_budgets: Board, method: str) -> None:
    fields = {"period": "day", "limit_usd": 1}
    status, _ = ask(
        small_budgets, method, "/api/budgets", fields, Origin="http://evil.example", Sec_Fetch_Site="cross-site"
    )
    assert status == 403
    assert len(ask(small_budgets, "GET", "/api/budgets")[1]["budgets"]) == 1


def test_a_budget_that_goes_over_is_told_live_once_and_acknowledged(board: Board) -> None:
    follower = board.follow(topics=("board", "activity", "costs"))
    spend(board, 0.85)
    spend(board, 0.2)
    alert = wait_until(
        lambda: next(
            (each["alert"] for name, each in heard(follower, "budget.alert") if each["alert"]["kind"] == "over"), None
        ),
        "the alert",
    )
    check(budget_shapes.AlertJson, alert)
    assert alert["sentence"] == "anna per day is over budget: $1.05 of $1.00 used."
    assert (alert["name"], alert["limit_usd"], alert["used_usd"]) == ("anna per day", 1.0, 1.05)
    lines = wait_until(
        lambda: [e for _, e in heard(follower, "activity.added") if e["entry"]["event"] == "budget.alert"], "the line"
    )
    assert lines[-1]["entry"]["title"] == alert["sentence"]
    changed = heard(follower, "budget.changed")
    assert changed
    for _, body in changed:
        check(budget_shapes.BudgetChanged, {name: body[name] for name in ("budgets", "removed", "acknowledged")})
    kept = ask(board, "GET", "/api/budgets")[1]["alerts"]
    assert [one["kind"] for one in kept] == ["over", "threshold"] or [one["kind"] for one in kept] == ["over"]
    status, seen = ask(board, "POST", f"/api/budgets/alerts/{alert['id']}/acknowledge")
    assert status == 200
    assert seen["acknowledged"]
    assert all(one["acknowledged"] for one in ask(board, "GET", "/api/budgets")[1]["alerts"])


def heard(follower: Any, name: str) -> list[tuple[str, dict]]:
    return [(each.name, each.payload) for each in list(follower.heard) if each.name == name]


def test_the_check_names_what_a_call_would_count_for(board: Board) -> None:
    spend(board, 1.5, "anna")
    spend(board, 0.1, "bert")
    over = ask(board, "GET", "/api/budgets/check?agent=anna")[1]
    check(budget_shapes.BudgetCheck, over)
    assert over["state"] == "over"
    assert [one["name"] for one in over["budgets"]] == ["anna per day", "Written", "anna per day, tokens"]
    assert ask(board, "GET", "/api/budgets/check?agent=bert")[1]["state"] == "ok"
    assert ask(board, "GET", "/api/budgets/check?agent=never-seen")[1]["state"] == "ok"
    assert ask(board, "GET", "/api/budgets/check")[1]["state"] == "over"


def test_a_budget_in_dollars_says_what_it_cannot_see(board: Board) -> None:
    spend(board, 0.25)
    spend(board, None, count=2)
    found = named(board, "anna per day")
    assert found["unpriced"] == {"invocations": 2, "tokens": 20}
    assert (
        found["sentence"]
        == "25 % used, $0.25 of $1.00; 2 calls (20 tokens) have no known price and are not in this sum"
    )
    assert "known price" not in named(board, "anna per day, tokens")["sentence"]


def test_the_mark_of_a_changed_limit_is_shown_nowhere(board: Board) -> None:
    spend(board, 0.6)
    wait_until(lambda: ask(board, "GET", "/api/budgets")[1]["alerts"], "the alert")
    anna = named(board, "anna per day")
    ask(board, "PUT", f"/api/budgets/{anna['id']}", {"limit_usd": 10})

    def marked() -> bool:
        with board.runtime.telemetry.opened().database.reading() as connection:
            return [kind for (kind,) in connection.execute("SELECT kind FROM alerts")] == ["threshold", "limit"]

    wait_until(marked, "the mark")
    assert [one["kind"] for one in ask(board, "GET", "/api/budgets")[1]["alerts"]] == ["threshold"]
    since = ask(board, "GET", "/api/since?at=2026-01-01T00:00:00Z")[1]
    assert since["alerts"] == ["anna per day: 50 % reached, $0.60 of $1.00 used."]
    exported = ask(board, "GET", "/api/telemetry/export?table=budget-alerts&format=json")[1]
    assert "limit was changed" not in json.dumps(exported)


def test_alerts_and_overrides_outlive_a_restart(start_board: Callable[..., Board], tmp_path) -> None:
    from tests.kit.boards import running_board

    (tmp_path / "w").mkdir()
    where = (tmp_path / "w", tmp_path / "s")
    with running_board(*where, agent_budgets=DEFAULTS) as first:
        spend(first, 0.9)
        wait_until(lambda: ask(first, "GET", "/api/budgets")[1]["alerts"], "the alert")
        ask(first, "PUT", f"/api/budgets/{named(first, 'anna per day, tokens')['id']}", {"limit_tokens": 70_000})
        before = ask(first, "GET", "/api/budgets")[1]["alerts"]
    with running_board(*where, agent_budgets=DEFAULTS) as second:
        watch = second.runtime.telemetry.opened()
        assert named(second, "anna per day, tokens")["limit_tokens"] == 70_000
        spend(second, 0.01)
        wait_until(lambda: named(second, "anna per day")["percent"] == 91.0, "the new sum")
        assert ask(second, "GET", "/api/budgets")[1]["alerts"] == before
        assert {one.name for one in watch.threads} >= {"recorder", "budgets"}


def test_the_webhook_is_told_and_its_failure_is_shown(start_board: Callable[..., Board]) -> None:
    got: list[dict] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if len(got) == 1 else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/hook/secret-path-of-the-hook"
        board = start_board(agent_budgets=DEFAULTS, budget_webhook=url)
        spend(board, 1.2, "anna")
        wait_until(lambda: ask(board, "GET", "/api/budgets")[1]["webhook"]["delivered"] == 1, "the delivery")
        spend(board, 1.2, "bert")
        problem = wait_until(lambda: ask(board, "GET", "/api/budgets")[1]["webhook"]["problem"], "the failure")
        server.shutdown()
        thread.join()
    assert got[0]["text"] == got[0]["alert"]["sentence"] == "anna per day is over budget: $1.20 of $1.00 used."
    assert got[0]["budget"]["state"] == "over"
    assert problem == "The webhook at 127.0.0.1 was not told of an alert: it answered 404."
    assert "secret-path" not in json.dumps(ask(board, "GET", "/api/budgets")[1])


def test_without_telemetry_the_routes_say_so(start_board: Callable[..., Board]) -> None:
    board = start_board(telemetry=False)
    status, answer = ask(board, "GET", "/api/budgets")
    assert status == 503
    assert "Telemetry is off" in answer["error"]

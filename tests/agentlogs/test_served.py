"""The agents' logs in a real server: found by themselves, told of over REST, and off with one setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.telemetry import overlaps
from tests.agentlogs.kit import Store, call, lay_out, rules
from tests.kit.server import Server
from tests.kit.waiting import wait_until


def ask(server: Server) -> dict[str, Any]:
    answer = server.ask("/api/telemetry/sources")
    assert answer.status == 200, answer.body
    found = answer.json()
    assert isinstance(found, dict)
    return found


def first(server: Server) -> dict[str, Any]:
    return ask(server)["sources"][0]


def test_logs_are_found_followed_and_shown(make_server: Callable[..., Server], tmp_path: Path) -> None:
    server = make_server()
    home = Path(server.environ["HOME"])
    project = home / ".claude/projects/-home-ada-widget"
    project.mkdir(parents=True)
    lay_out(next(rule for rule in rules("claude") if rule.name == "unknown-types"), home)
    server.start()
    wait_until(lambda: first(server)["state"] == "following", "the first look")
    source = first(server)
    assert source["tool"] == "claude-code"
    assert source["root"] == str(home / ".claude/projects")
    assert (source["found"], source["files"], source["messages"]) == (True, 1, 2)
    assert source["bytes_read"] == source["bytes_total"] > 0
    assert source["skipped"]["unknown type: brain-dump"] == 2
    assert source["newest_at"] == "2026-10-05T10:00:01.000Z"
    assert all(gap.endswith(".") for gap in source["known_gaps"])
    (project / "live.jsonl").write_bytes(call(1))
    wait_until(lambda: first(server)["messages"] == 3, "the new call")
    rows = server.get_json("/api/telemetry/invocations?tool=claude-code")
    assert {row["project"] for row in rows["rows"]} == {"widget"}
    ready = server.get_json("/ready")
    assert {"name": "agent-logs", "alive": True, "failures": 0} in ready["threads"]


def test_one_setting_switches_the_logs_off(make_server: Callable[..., Server]) -> None:
    server = make_server(LLM_SERVICE_AGENT_LOGS="false")
    project = Path(server.environ["HOME"]) / ".claude/projects/-home-ada-widget"
    project.mkdir(parents=True)
    (project / "s.jsonl").write_bytes(call(1))
    server.start()
    found = ask(server)
    assert found["enabled"] is False
    assert {source["state"] for source in found["sources"]} == {"off"}
    assert "agent-logs" not in {thread["name"] for thread in server.get_json("/ready")["threads"]}
    assert server.get_json("/api/telemetry/invocations")["rows"] == []


def test_without_telemetry_there_is_no_report_but_a_reason(make_server: Callable[..., Server]) -> None:
    server = make_server(LLM_SERVICE_TELEMETRY="false").start()
    answer = server.ask("/api/telemetry/sources")
    assert answer.status == 503
    assert "telemetry" in answer.json()["error"].lower()


def row(number: int, door: Door, session: str | None) -> Invocation:
    cost = 1_000_000_000 * number
    return Invocation(f"x{number}", 1_791_000_000_000, "m", "claude-code", door, session=session, reported_nano=cost)


def test_what_was_seen_through_two_doors_is_told_beside_the_sums(store: Store) -> None:
    store.recorder.record([row(1, Door.OTLP_METRICS, "a"), row(2, Door.OTLP_LOGS, "a"), row(4, Door.OTLP_LOGS, None)])
    store.recorder.record([row(8, Door.LOG, "a"), row(16, Door.OTLP_LOGS, "b")])
    with store.database.reading() as connection:
        assert overlaps.also_seen(connection) == [
            {"tool": "claude-code", "sessions": 1, "invocations": 2, "cost_usd": 3.0}
        ]
        assert overlaps.may_overlap(connection) == {"invocations": 1, "cost_usd": 4.0}
        for query in (overlaps._ALSO_SEEN, overlaps._MAY_OVERLAP):
            plan = " ".join(str(tuple(step)) for step in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
            assert "USING" in plan, plan
            assert "INDEX invocations_" in plan, plan

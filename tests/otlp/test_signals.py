"""OTLP payloads as the tools send them, to invocations; each expected row worked out by hand from its payload."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from llm_service.core.invocations.usage import Door
from llm_service.core.otlp.logs import read_logs
from llm_service.core.otlp.points import read_metrics
from llm_service.core.otlp.reading import attributes, nothing_told
from llm_service.core.otlp.spans import read_spans

GOLDEN = Path(__file__).parent / "golden"
T = 1_790_000_000_000
NOW = T + 10_000
COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens")


def golden(name: str):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def counts(row) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COUNTS)


def test_claude_codes_logs() -> None:
    told = nothing_told()
    first, second, failed = read_logs(golden("claude-logs"), told, NOW)
    assert counts(first) == (500, 700, 0, 1000, 200)
    assert (first.tool, first.session, first.model) == ("claude-code", "ses-claude", "claude-sonnet-4-5-20250929")
    assert (first.at_ms, first.latency_ms, first.reported_nano) == (T + 2_000, 2150, 16_500_000)
    assert (first.door, first.status, first.rank) == (Door.OTLP_LOGS, "success", 0)
    assert (second.invocation_id, second.tier, counts(second)[:2]) == ("otlp:claude-code:req_1", "fast", (100, 30))
    assert (failed.status, failed.error, failed.total_tokens) == ("error", "Overloaded", 0)
    assert told.ignored == Counter({"user_prompt": 1, "tool_result": 1})
    assert sum(told.refused.values()) == 1
    assert "input_tokens" in next(iter(told.refused))


def test_claude_codes_metrics_are_one_row_with_tokens_and_dollars_together() -> None:
    told = nothing_told()
    (row,) = read_metrics(golden("claude-metrics-delta"), told, NOW, lambda _: None).rows
    assert counts(row) == (500, 700, 0, 1000, 200)
    assert (row.reported_nano, row.session, row.door) == (16_500_000, "ses-claude", Door.OTLP_METRICS)
    assert told.ignored == Counter({"claude_code.session.count": 1, "claude_code.active_time.total": 1})
    assert sorted(told.refused) == [
        "claude_code.token.usage: the kind of the tokens is not one that is known",
        "claude_code.token.usage: the value is not a number from 0 to 10^12",
    ]


def test_cumulative_sums_count_their_differences_and_begin_again_after_a_restart() -> None:
    kept: dict = {}
    rows = []
    for name in (
        "cumulative-1",
        "cumulative-2",
        "cumulative-2",
        "cumulative-3",
        "cumulative-1",
        "cumulative-4-restarted",
    ):
        advanced = read_metrics(golden(name), nothing_told(), NOW, kept.get)
        kept.update(advanced.standing)
        rows.append([counts(row)[:2] for row in advanced.rows])
    # 300 and 100; nothing new, twice; 150 and 60 more; an old one that came late; 40 of a new start.
    assert rows == [[(300, 100)], [], [], [(150, 60)], [], [(40, 0)]]


def test_codexs_logs_with_what_was_cached_taken_out_of_input() -> None:
    told = nothing_told()
    done, failed = read_logs(golden("codex-logs"), told, NOW)
    assert counts(done) == (500, 60, 10, 1000, 0)
    assert (done.tool, done.session, done.model) == ("codex", "019a-codex", "gpt-5-codex")
    assert (failed.status, failed.error, failed.latency_ms) == ("error", "Too Many Requests", 20)
    assert told.ignored == Counter({"codex.conversation_starts": 1, "codex.api_request": 1, "codex.sse_event": 1})


def test_spans_of_calls_by_new_and_old_names_and_never_what_an_agent_adds_up() -> None:
    told = nothing_told()
    new, old, failed = read_spans(golden("gen-ai-spans"), told, NOW)
    assert counts(new) == (500, 60, 0, 1000, 0)
    assert (new.invocation_id, new.model, new.agent) == ("otlp:my-agent:chatcmpl-1", "gpt-4o-2024-08-06", "writer")
    assert (new.provider, new.session, new.project, new.latency_ms) == ("openai", "conv-1", "shop", 1500)
    assert (counts(old)[:2], old.provider) == ((200, 20), "openai")
    assert old.invocation_id == "otlp:my-agent:5b8efff798038103d269b633813fc60c:eee19b7ec3c1b172"
    assert (failed.status, failed.error) == ("error", "timeout")
    assert told.ignored == Counter({"invoke_agent writer": 1, "execute_tool search": 1})
    assert told.refused == Counter({"span: no model is named": 1})


def test_a_call_told_by_a_span_and_by_an_event_is_one() -> None:
    span = read_spans(golden("gen-ai-spans"), nothing_told(), NOW)[0]
    (event,) = read_logs(golden("gen-ai-logs"), nothing_told(), NOW)
    assert event.invocation_id == span.invocation_id
    assert counts(event) == counts(span)


def test_token_histograms_count_by_their_sum() -> None:
    told = nothing_told()
    (row,) = read_metrics(golden("gen-ai-metrics"), told, NOW, lambda _: None).rows
    assert (counts(row)[:2], row.tool, row.session) == ((900, 90), "metered", None)
    assert told.refused == Counter({"gen_ai.client.token.usage: not a sum or histogram with a temporality": 1})


def test_opencodes_plugin_speaks_as_claude_code_does() -> None:
    (row,) = read_metrics(golden("opencode-metrics"), nothing_told(), NOW, lambda _: None).rows
    assert (row.tool, counts(row), row.reported_nano) == ("opencode", (500, 60, 10, 0, 0), 2_700_000)


@pytest.mark.parametrize("name", [path.stem for path in sorted(GOLDEN.glob("*.json"))])
def test_a_batch_sent_again_has_the_same_ids(name) -> None:
    def ids() -> list[str]:
        body = golden(name)
        if "resourceMetrics" in body:
            return [row.invocation_id for row in read_metrics(body, nothing_told(), NOW, lambda _: None).rows]
        read = read_logs if "resourceLogs" in body else read_spans
        return [row.invocation_id for row in read(body, nothing_told(), NOW)]

    assert ids() == ids()
    assert len(set(ids())) == len(ids()) > 0


@pytest.mark.parametrize(
    ("name", "read", "signal"),
    [
        ("claude-logs", read_logs, "resourceLogs"),
        ("codex-logs", read_logs, "resourceLogs"),
        ("gen-ai-logs", read_logs, "resourceLogs"),
        ("gen-ai-spans", read_spans, "resourceSpans"),
        ("claude-metrics-delta", lambda *given: read_metrics(*given, lambda _: None).rows, "resourceMetrics"),
    ],
)
def test_the_host_of_a_resource_is_the_node_of_its_calls(name, read, signal) -> None:
    body = golden(name)
    assert {row.node for row in read(body, nothing_told(), NOW)} == {None}
    for resource in body[signal]:
        host = {"key": "host.name", "value": {"stringValue": "build-7\n"}}
        resource.setdefault("resource", {}).setdefault("attributes", []).append(host)
    rows = read(body, nothing_told(), NOW)
    assert rows
    assert {row.node for row in rows} == {"build-7"}


def test_two_hosts_of_one_session_are_two_rows() -> None:
    here, there = golden("claude-metrics-delta"), golden("claude-metrics-delta")
    for body, host in ((here, "a"), (there, "b")):
        for resource in body["resourceMetrics"]:
            resource["resource"]["attributes"].append({"key": "host.name", "value": {"stringValue": host}})
    both = {"resourceMetrics": [*here["resourceMetrics"], *there["resourceMetrics"]]}
    rows = read_metrics(both, nothing_told(), NOW, lambda _: None).rows
    assert sorted(row.node for row in rows) == ["a", "b"]
    assert len({row.invocation_id for row in rows}) == 2


ODD = [None, 1, "x", [], {}, {"resourceLogs": 1}, {"resourceLogs": [1, {"scopeLogs": [{"logRecords": [{}, 1]}]}]}]
ODD += [{"resourceSpans": [{"resource": 5, "scopeSpans": [{"spans": [{"attributes": [{"key": 1}], "name": 4}]}]}]}]
ODD += [{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "claude_code.token.usage", "sum": 4}]}]}]}]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_odd_bodies_raise_nothing(body) -> None:
    assert read_logs(body, nothing_told(), NOW) == read_spans(body, nothing_told(), NOW) == []
    assert read_metrics(body, nothing_told(), NOW, lambda _: None).rows == []


def test_names_of_what_is_ignored_are_bounded() -> None:
    told = nothing_told()
    for number in range(500):
        told.ignore(f"name {number}")
    assert len(told.ignored) == 51
    assert told.ignored["other"] == 450


def test_values_of_every_kind_are_read() -> None:
    holder = {
        "attributes": [
            {"key": "s", "value": {"stringValue": "x"}},
            {"key": "i", "value": {"intValue": "12"}},
            {"key": "n", "value": {"intValue": 12}},
            {"key": "d", "value": {"doubleValue": "NaN"}},
            {"key": "b", "value": {"boolValue": False}},
            {"key": "l", "value": {"arrayValue": {"values": []}}},
            {"key": "e"},
        ]
    }
    assert attributes(holder) == {"s": "x", "i": 12, "n": 12, "d": None, "b": False, "l": None, "e": None}

"""`GET /metrics` of a running board, read by Prometheus' own parser."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from llm_service.core.invocations.usage import Invocation
from llm_service.core.metrics import METRICS
from tests.kit.boards import Board

NEEDS_MORE = {
    "llm_service_source_up",
    "llm_service_source_skipped_total",
    "llm_service_budget_used_ratio",
    "llm_service_upstream_up",
    "llm_service_upstream_failing",
    "llm_service_upstream_streams",
    "llm_service_upstream_events_total",
}
"""Metrics of logs, budgets and watched servers, which this board has none of."""


def scrape(board: Board) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    request = urllib.request.Request(board.url + "metrics", headers={"Authorization": f"Bearer {board.token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def kept(board: Board, rows: list[Invocation]) -> None:
    board.runtime.telemetry.opened().recorder.record(rows)


def test_what_is_kept_and_shown_is_what_is_scraped(small_board: Board) -> None:
    model = 'odd "name"\\ \n'.strip()
    rows = [
        Invocation("a", 1_790_000_000_000, model, "python", input_tokens=7, output_tokens=3, latency_ms=70),
        Invocation(
            "b", 1_790_000_000_000, model, "python", status="error", reported_nano=1_500_000_000, latency_ms=900_000
        ),
    ]
    kept(small_board, rows)
    found = scrape(small_board)
    labels = (("model", model),)
    assert found["llm_service_invocations_total", labels] == 2
    assert found["llm_service_invocation_errors_total", labels] == 1
    assert found["llm_service_cost_usd_total", labels] == 1.5
    assert found["llm_service_unpriced_invocations_total", labels] == 1
    assert found["llm_service_tokens_total", (("kind", "input"), ("model", model))] == 7
    assert found["llm_service_invocation_latency_seconds_bucket", (("le", "0.1"),)] == 1
    assert found["llm_service_invocation_latency_seconds_bucket", (("le", "+Inf"),)] == 2
    assert found["llm_service_invocation_latency_seconds_sum", ()] == 900.07
    counts = small_board.get("/api/board")[1]["counts"]
    assert {column: found["llm_service_tasks", (("column", column),)] for column in ("inbox", "assigned", "done")} == {
        column: counts[column] for column in ("inbox", "assigned", "done")
    }
    assert found["llm_service_thread_alive", (("thread", "recorder"),)] == 1
    names = {metric.name for metric in METRICS} - NEEDS_MORE
    asked = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name, _ in found}
    assert names <= asked


def test_models_beyond_the_most_used_fifty_are_one(small_board: Board) -> None:
    rows = [
        Invocation(f"{model}-{call}", 1_790_000_000_000, f"m{model:03d}", "python")
        for model in range(60)
        for call in range(2 if model < 49 else 1)
    ]
    kept(small_board, rows)
    found = scrape(small_board)
    calls = {dict(labels)["model"]: n for (name, labels), n in found.items() if name == "llm_service_invocations_total"}
    with small_board.runtime.telemetry.opened().database.reading() as db:
        all_calls = db.execute("SELECT count(*) FROM invocations").fetchone()[0]
    assert (len(calls), sum(calls.values())) == (51, all_calls)
    assert all(calls[f"m{model:03d}"] == 2 for model in range(49))


def test_it_asks_for_the_login(small_board: Board) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(small_board.url + "metrics", timeout=30)

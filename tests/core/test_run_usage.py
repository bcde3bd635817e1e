"""A run as one row of telemetry, and what a local model's time costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from llm_service.core.pricing.gpu_hours import GpuHour, plain_gpu_hours, read_gpu_hours, time_cost_nano
from llm_service.core.runs.usage import Told, invocation_of
from tests.kit.run_cards import MOMENT_MS, run_card

HOURS = (GpuHour("spark", 350_000_000),)


def row(told: Told = Told.SETTLED, **fields: Any) -> Any:
    return invocation_of(run_card("r1", **fields), told, HOURS, MOMENT_MS + 90_000)


def test_a_run_is_one_call_of_its_model() -> None:
    found = row(agent="code_agent", domain="AWS IAM")
    assert found.invocation_id == "bobspark:s:r1"
    assert (found.tool, found.model, found.session, found.project) == ("bobspark", "gpt-4o", "s:r1", "AWS IAM")
    assert (found.input_tokens, found.output_tokens, found.latency_ms) == (1000, 5000, 60_000)
    assert (found.provider, found.reported_nano, found.at_ms, found.status) == (None, None, MOMENT_MS, "success")


def test_a_run_names_its_machine_whatever_its_model() -> None:
    assert (row(node="spark").node, row(node="spark").provider) == ("spark", None)
    local = row(node="spark", model="local/qwen")
    assert (local.node, local.provider) == ("spark", "spark"), "prices of local models go by the provider"
    assert row(node=None).node is None


def test_a_later_telling_wins_and_the_final_one_always() -> None:
    early = row(Told.RUNNING, tokens_out=100)
    later = row(Told.RUNNING, tokens_out=900)
    ended = row(Told.ENDED, tokens_out=950)
    settled = row(Told.SETTLED, tokens_out=940)
    assert early.rank < later.rank < ended.rank < settled.rank < 2**63
    assert settled.output_tokens == 940


def test_a_local_models_hour_has_a_price_of_its_own() -> None:
    found = row(model="local/spark-model", node="spark")
    assert (found.provider, found.reported_nano) == ("spark", round(Decimal("0.35") / 60 * 10**9))
    assert row(model="local/linux-model", node="linux").reported_nano is None, "unpriced, not free"
    assert row(model="gpt-4o", node="spark").reported_nano is None, "what a list prices is not counted by time"


def test_a_running_local_model_costs_what_it_took_so_far() -> None:
    fields = {"status": "running", "finished_at": None, "duration_s": None}
    found = row(Told.RUNNING, model="local/spark-model", node="spark", **fields)
    assert found.reported_nano == 350_000_000 * 90 // 3_600


@pytest.mark.parametrize(
    "fields", [{"tokens_in": None, "tokens_out": None}, {"model": None}, {"tokens_in": 0, "tokens_out": 0}]
)
def test_a_run_that_used_nothing_that_is_known_is_no_call(fields: dict[str, Any]) -> None:
    assert row(**fields) is None


def test_a_failed_run_is_an_error_with_its_reason() -> None:
    found = row(status="failed", error="out of memory")
    assert (found.status, found.error) == ("error", "out of memory")


def test_the_table_of_hours_is_read_exactly() -> None:
    hours = read_gpu_hours({"Spark": 0.35, "linux": 0})
    assert hours == (GpuHour("spark", 350_000_000), GpuHour("linux", 0))
    assert plain_gpu_hours(hours) == {"spark": 0.35, "linux": 0.0}
    assert time_cost_nano(hours, "SPARK", 3_600_000) == 350_000_000
    assert time_cost_nano(hours, "linux", 3_600_000) == 0
    assert time_cost_nano(hours, "other", 3_600_000) is None
    assert time_cost_nano(hours, "spark", None) is None


@pytest.mark.parametrize(
    "value", [7, [], {"spark": "cheap"}, {"spark": -1}, {"spark": float("nan")}, {"spark": True}, {"spark": 10_001}]
)
def test_a_table_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"gpu_hours|allowed"):
        read_gpu_hours(value)

"""Analytics: every alias of the server's own, what is counted from runs, ranges, several servers, the heatmap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from llm_service.core.bobspark.run_rows import run_rows
from llm_service.core.bobspark_ops.analytics_answer import ServerAnalytics, server_analytics
from llm_service.core.bobspark_ops.listed_figures import joined, listed_figures
from llm_service.core.operations.analytics import SourceFigures, analytics
from llm_service.core.operations.throughput_map import throughput_map
from llm_service.core.runs.analytics import RangeName
from llm_service.core.runs.figures import RunFigures
from llm_service.core.zones import Zone

BERLIN = Zone("Europe/Berlin")
NOON_MS = 1_795_258_800_000
"""21 November 2026, 12:00 in Berlin."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000

TOLD: dict[str, Any] = {
    "totals": {
        "total_runs": 120,
        "completed": 101,
        "failed": 9,
        "running": 2,
        "total_tokens": 812334,
        "total_tokens_out": 640221,
        "avg_duration_s": 74.2,
        "avg_tokps": 38.6,
    },
    "runs_over_time": [{"date": "2026-11-20", "count": 14}],
    "tokens_per_run": [{"date": "2026-11-20", "avg_tokens": 5120}],
    "by_model": [{"model": "m", "count": 60, "completed": 55, "failed": 3, "tokens": 402113}],
    "completion_by_model": [{"model": "m", "completed": 55, "failed": 3}],
    "throughput_over_time": [{"date": "2026-11-20", "avg_tokps": 37.9}],
}
READ = ServerAnalytics(
    {
        "runs": 120,
        "completed": 101,
        "failed": 9,
        "cancelled": None,
        "running": 2,
        "tokens": 812334,
        "tokens_out": 640221,
        "avg_duration_s": 74.2,
        "tokens_per_s": 38.6,
    },
    {"2026-11-20": 14.0},
    {"2026-11-20": 5120.0},
    {"2026-11-20": 37.9},
    [{"model": "m", "runs": 60, "completed": 55, "failed": 3, "tokens": 402113}],
)
RENAMED = {
    "totals": "summary",
    "runs_over_time": "by_date",
    "tokens_per_run": "tokens_over_time",
    "by_model": "model_distribution",
    "throughput_over_time": "tokps_over_time",
}


def run(name: str, at_ms: int, took_s: float | None = 60.0, **more: Any) -> RunFigures:
    fields = {"status": "completed", "model": "m", "node": "spark", "started_ms": None, "tokens_in": 10, **more}
    ended_ms = None if took_s is None else at_ms + round(took_s * 1000)
    return RunFigures(f"s:{name}", "s", at_ms=at_ms, ended_ms=ended_ms, **{"tokens_out": 600, **fields})


def page(name: RangeName, *sources: SourceFigures) -> Any:
    return analytics(name, None, sources, [], NOON_MS, BERLIN)


def test_what_a_server_counted_is_read_under_its_usual_names() -> None:
    assert server_analytics(TOLD, BERLIN) == READ


@pytest.mark.parametrize(("usual", "other"), RENAMED.items())
def test_and_under_the_other_ones(usual: str, other: str) -> None:
    told = {other if name == usual else name: value for name, value in TOLD.items()}
    assert server_analytics(told, BERLIN) == READ


def test_and_in_other_forms() -> None:
    duration = {**TOLD["totals"]}
    duration["avg_duration"] = duration.pop("avg_duration_s")
    assert server_analytics({**TOLD, "totals": duration}, BERLIN) == READ
    assert server_analytics({"analytics": TOLD}, BERLIN) == READ
    as_map = {**TOLD, "by_model": {"m": TOLD["by_model"][0]}, "runs_over_time": {"2026-11-20": 14}}
    assert server_analytics(as_map, BERLIN) == READ
    counts = server_analytics({"by_model": {"m": 4}}, BERLIN)
    assert counts is not None
    assert counts.by_model == [{"model": "m", "runs": 4, "completed": None, "failed": None, "tokens": None}]
    late = server_analytics({"by_date": [{"date": "2026-11-20T23:30:00Z", "count": 1}]}, BERLIN)
    assert late is not None
    assert late.runs_per_day == {"2026-11-21": 1.0}


@pytest.mark.parametrize("told", [None, [], {}, {"detail": "no"}, "x"])
def test_what_holds_no_figure_is_none(told: Any) -> None:
    assert server_analytics(told, BERLIN) is None


def test_for_all_time_the_servers_own_figures_are_shown() -> None:
    shown = page("all", SourceFigures("s", READ, missing=False, runs=[run("a", NOON_MS - DAY_MS)]))
    assert shown["totals"]["runs"] == 120
    assert shown["by_model"] == READ.by_model
    assert shown["runs_per_day"] == [{"date": "2026-11-20", "value": 14.0}, {"date": "2026-11-21", "value": 0.0}]
    assert shown["tokens_per_run"][-1] == {"date": "2026-11-21", "value": None}
    assert set(shown["origins"].values()) == {"server"}
    assert shown["synthesised"] is False


def test_for_a_week_totals_come_from_runs_and_days_from_the_server() -> None:
    runs = [run("old", NOON_MS - 8 * DAY_MS), run("a", NOON_MS - DAY_MS), run("b", NOON_MS - HOUR_MS, status="failed")]
    shown = page("7d", SourceFigures("s", READ, missing=False, runs=runs))
    assert (shown["totals"]["runs"], shown["totals"]["failed"]) == (2, 1)
    assert [row["date"] for row in shown["runs_per_day"]] == [f"2026-11-{day}" for day in range(15, 22)]
    assert shown["runs_per_day"][-2]["value"] == 14.0
    assert shown["origins"]["totals"] == "runs"
    assert shown["origins"]["runs_per_day"] == "server"
    assert shown["known_from"] == "2026-11-13T11:00:00.000Z"


def test_a_server_without_analytics_gets_them_from_its_runs() -> None:
    runs = [run("a", NOON_MS - HOUR_MS, 60), run("b", NOON_MS - HOUR_MS, 30, tokens_out=None, model=None)]
    shown = page("24h", SourceFigures("s", None, missing=True, runs=runs))
    assert shown["synthesised"] is True
    assert set(shown["origins"].values()) == {"runs"}
    assert shown["runs_per_day"] == [{"date": "2026-11-20", "value": 0.0}, {"date": "2026-11-21", "value": 2.0}]
    assert shown["tokens_per_run"][-1]["value"] == (610 + 10) / 2
    assert shown["throughput"][-1]["value"] == 10.0
    assert shown["totals"]["avg_duration_s"] == 45.0
    assert {row["model"]: row["runs"] for row in shown["by_model"]} == {"m": 1, "unknown": 1}


def test_a_day_is_one_of_the_time_zone() -> None:
    before_midnight_ms = NOON_MS - 12 * HOUR_MS - 1
    runs = [run("a", before_midnight_ms), run("b", before_midnight_ms + 1)]
    shown = page("7d", SourceFigures("s", None, missing=True, runs=runs))
    assert [row["value"] for row in shown["runs_per_day"][-2:]] == [1.0, 1.0]


def test_two_servers_are_added_and_means_weighed_by_their_runs() -> None:
    one = ServerAnalytics(
        {**READ.totals, "runs": 30, "avg_duration_s": 10.0},  # type: ignore[typeddict-item]
        {"2026-11-20": 3.0},
        {"2026-11-20": 100.0},
        None,
        READ.by_model,
    )
    two = ServerAnalytics({**READ.totals, "runs": 10, "avg_duration_s": 50.0}, {"2026-11-20": 1.0}, {"2026-11-20": 500.0}, None, READ.by_model)  # type: ignore[typeddict-item]  # fmt: skip  # noqa: E501
    shown = page("all", SourceFigures("s", one, missing=False, runs=[]), SourceFigures("t", two, missing=True, runs=[]))
    assert shown["totals"]["runs"] == 40
    assert shown["totals"]["avg_duration_s"] == 20.0
    assert shown["totals"]["completed"] == 202
    assert shown["runs_per_day"][0] == {"date": "2026-11-20", "value": 4.0}
    assert shown["tokens_per_run"][0] == {"date": "2026-11-20", "value": 200.0}
    assert shown["by_model"][0]["runs"] == 120
    assert shown["sources"] == ["s", "t"]


def test_nothing_known_is_not_zero() -> None:
    shown = page("7d")
    assert shown["origins"]["totals"] == "none"
    assert shown["totals"]["runs"] is None
    assert [row["value"] for row in shown["runs_per_day"]] == [None] * 7
    assert shown["heatmap"]["nodes"] == []


def test_a_listed_run_is_counted_once_with_what_only_we_know() -> None:
    rows = run_rows(
        {"runs": [{"id": "a", "status": "completed", "created_at": "2026-11-21T10:00:00Z", "duration_s": 83.5}]}
    )
    assert rows is not None
    listed = listed_figures(rows.rows, "s", NOON_MS)
    kept = [run("a", listed[0].at_ms, None, status="running", node="linux"), run("b", NOON_MS)]
    both = joined(kept, listed)
    assert [(one.key, one.status, one.node) for one in both] == [
        ("s:a", "completed", "linux"),
        ("s:b", "completed", "spark"),
    ]
    assert both[0].ended_ms == both[0].at_ms + 83_500


# -- heatmap ---------------------------------------------------------------------------------------------------------


def slow_map(runs: list[RunFigures], starts: list[str], width_h: int) -> dict[str, list[float]]:
    """Tokens by column, second by second of each run."""
    columns = [datetime.fromisoformat(start) for start in starts]
    found: dict[str, list[float]] = {}
    for one in runs:
        begun = one.at_ms if one.started_ms is None else one.started_ms
        ended = NOON_MS if one.ended_ms is None else min(NOON_MS, one.ended_ms)
        seconds = max(1, round((ended - begun) / 1000))
        row = found.setdefault(one.node or "unknown", [0.0] * len(columns))
        for second in range(seconds):
            moment = datetime.fromtimestamp(begun / 1000 + second + 0.5, UTC)
            places = [place for place, start in enumerate(columns) if start <= moment]
            if places and moment.timestamp() * 1000 < NOON_MS:
                row[places[-1]] += (one.tokens_out or 0) / seconds
    return found


@pytest.mark.parametrize("seed", range(2))
def test_the_heatmap_equals_a_count_second_by_second(seed: int) -> None:
    random = Random(seed)
    runs = [
        run(
            f"r{n}",
            NOON_MS - random.randrange(0, 30 * 3600) * 1000,
            random.choice([None, random.randrange(1, 3600)]),
            node=random.choice(["spark", "linux", None]),
            tokens_out=random.randrange(1, 9_000),
        )
        for n in range(12)
    ]
    heat = throughput_map(runs, "24h", NOON_MS - DAY_MS, NOON_MS, BERLIN, by_source=False)
    slow = slow_map(runs, heat["starts"], 1)
    assert len(heat["starts"]) in (24, 25)
    for node, rates in zip(heat["nodes"], heat["rates"], strict=True):
        for rate, tokens in zip(rates, slow[node], strict=True):
            assert (rate or 0.0) == pytest.approx(tokens / 3600, abs=0.02)


def test_a_short_range_has_hours_and_a_long_one_days_also_when_clocks_change() -> None:
    now = round(datetime(2026, 10, 26, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
    begun = run("a", now - 60_000, 60)
    week = throughput_map(
        [begun], "7d", BERLIN.start_of(BERLIN.day_of(now) - timedelta(days=6)), now, BERLIN, by_source=False
    )
    # Clocks went back on the 25th: that day has 25 hours.
    assert (week["width"], len(week["starts"])) == ("hour", 6 * 24 + 1 + 12)
    month = throughput_map(
        [begun], "30d", BERLIN.start_of(BERLIN.day_of(now) - timedelta(days=29)), now, BERLIN, by_source=True
    )
    assert (month["width"], len(month["starts"]), month["nodes"]) == ("day", 30, ["s:spark"])
    assert month["rates"][0][-1] == pytest.approx(600 / (12 * 3600), abs=0.001)
    assert month["rates"][0][0] is None
    ever = throughput_map([run("old", now - 3000 * DAY_MS), begun], "all", 0, now, BERLIN, by_source=False)
    assert len(ever["starts"]) == 90


def test_what_waits_or_made_nothing_known_is_not_on_the_heatmap() -> None:
    runs = [run("a", NOON_MS - HOUR_MS, None, status="queued"), run("b", NOON_MS - HOUR_MS, tokens_out=None)]
    assert throughput_map(runs, "24h", NOON_MS - DAY_MS, NOON_MS, BERLIN, by_source=False)["nodes"] == []

"""``/v1/metrics``: sums of tokens and dollars, as differences, put together to one row a session and model.

One row a request, because tokens and dollars are told by two metrics and belong together: apart, the tokens would be
priced and the dollars added. A delta point is a difference already. Of a cumulative one the difference to the point
before it counts, which the caller keeps for us; a new start time, or a value that went down, begins again at zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.otlp import names
from llm_service.core.otlp.calls import MOST_TOKENS, Unusable, digest, dollars_to_nano, named
from llm_service.core.otlp.reading import Attributes, Told, attributes, first, listed, moment_ms, real, text, whole

_DELTA = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
_CUMULATIVE = (2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE")
_KINDS = frozenset({"input", "output", "completion", "cacheread", "cachecreation", "reasoning"})


class Standing(NamedTuple):
    """The last point of a cumulative series: when it started and was taken (nanoseconds), and its value."""

    start: int
    time: int
    value: float


class Advanced(NamedTuple):
    """What a request's points come to: rows, and how each cumulative series stands now."""

    rows: list[Invocation]
    standing: dict[str, Standing]


class _Row(NamedTuple):
    tool: str
    session: str | None
    model: str
    agent: str | None
    provider: str | None
    node: str | None


class _Sums(NamedTuple):
    """What a request says of one row: values by kind, when each point was taken, and which points they were."""

    values: dict[str, float]
    times: list[int]
    points: list[str]


def read_metrics(body: Any, told: Told, now_ms: int, last: Callable[[str], Standing | None]) -> Advanced:
    """The rows of an ExportMetricsServiceRequest. `last` gives how a series stood before it; raises nothing."""
    sums: dict[_Row, _Sums] = {}
    standing: dict[str, Standing] = {}
    for name, cumulative, point, found in _points(body, told):
        try:
            kind = _kind(name, found)
            row = _row_of(name, found)
            series = digest(name, found)
            value = _value(point)
            if cumulative:
                before = standing.get(series) or last(series)
                value, standing[series] = _difference(point, value, before)
        except Unusable as error:
            told.refuse(f"{name}: {error}")
            continue
        if value > 0:
            told_of = sums.setdefault(row, _Sums(defaultdict(float), [], []))
            told_of.values[kind] += value
            told_of.times.append(moment_ms(point.get("timeUnixNano")) or now_ms)
            told_of.points.append(f"{series}:{point.get('startTimeUnixNano')}:{point.get('timeUnixNano')}")
    return Advanced([_invocation(row, told_of) for row, told_of in sums.items()], standing)


def _points(body: Any, told: Told) -> Iterator[tuple[str, bool, Mapping[str, Any], Attributes]]:
    for resource in listed(body, "resourceMetrics"):
        shared = attributes(resource.get("resource"))
        for scope in listed(resource, "scopeMetrics"):
            for metric in listed(scope, "metrics"):
                name = text(metric.get("name")) or ""
                if not _is_usage(name):
                    told.ignore(name)
                    continue
                data = metric.get("sum") or metric.get("histogram") or metric.get("gauge")
                temporality = data.get("aggregationTemporality") if isinstance(data, dict) else None
                if temporality not in _DELTA and temporality not in _CUMULATIVE:
                    told.refuse(f"{name}: not a sum or histogram with a temporality")
                    continue
                for point in listed(data, "dataPoints"):
                    yield name, temporality in _CUMULATIVE, point, {**shared, **attributes(point)}


def _is_usage(name: str) -> bool:
    prefix, _, rest = name.partition(".")
    return name == names.TOKEN_USAGE or (prefix in names.LIKE_CLAUDE and rest in ("token.usage", "cost.usage"))


def _kind(name: str, found: Attributes) -> str:
    if name.endswith("cost.usage"):
        return "cost"
    kind = str(first(found, "type", "gen_ai.token.type") or "").replace("_", "").lower()
    if kind not in _KINDS:
        raise Unusable("the kind of the tokens is not one that is known")
    return kind


def _row_of(name: str, found: Attributes) -> _Row:
    tool = names.LIKE_CLAUDE.get(name.partition(".")[0]) or named(found.get("service.name")) or "otlp"
    model = named(first(found, "model", *names.MODEL))
    if model is None:
        raise Unusable("no model is named")
    return _Row(
        tool=tool,
        session=named(first(found, *names.SESSION)),
        model=model,
        agent=named(first(found, *names.AGENT)) if name == names.TOKEN_USAGE else None,
        provider=named(first(found, *names.PROVIDER)),
        node=named(found.get(names.NODE)),
    )


def _value(point: Mapping[str, Any]) -> float:
    """The value of a number point or the sum of a histogram's."""
    value = real(next((point[name] for name in ("asInt", "asDouble", "sum") if point.get(name) is not None), None))
    if value is None or not 0 <= value <= MOST_TOKENS:
        raise Unusable("the value is not a number from 0 to 10^12")
    return value


def _difference(point: Mapping[str, Any], value: float, before: Standing | None) -> tuple[float, Standing]:
    start, time = whole(point.get("startTimeUnixNano")) or 0, whole(point.get("timeUnixNano")) or 0
    now = Standing(start, time, value)
    if before is None or start > before.start:
        return value, now
    if time <= before.time or start < before.start:
        return 0.0, before  # told again, or late: what it says is in the sum already
    return (value - before.value if value >= before.value else value), now


def _invocation(row: _Row, told_of: _Sums) -> Invocation:
    values = {kind: round(value) for kind, value in told_of.values.items()}
    output = values.get("output", 0) + values.get("completion", 0)
    return Invocation(
        # Without the node: the points name their series, host and all, and ids stay those of earlier releases.
        invocation_id=f"otlp-metrics:{row.tool}:{digest(row[:-1], sorted(told_of.points))}",
        at_ms=max(told_of.times),
        model=row.model,
        tool=row.tool,
        door=Door.OTLP_METRICS,
        provider=row.provider,
        agent=row.agent,
        session=row.session,
        node=row.node,
        input_tokens=values.get("input", 0),
        output_tokens=output,
        reasoning_tokens=min(values.get("reasoning", 0), output),
        cache_read_tokens=values.get("cacheread", 0),
        cache_write_tokens=values.get("cachecreation", 0),
        reported_nano=dollars_to_nano(told_of.values["cost"]) if "cost" in told_of.values else None,
    )

"""What telemetry tells Prometheus: sums of all time, from the rollups."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

from llm_service.core.metrics import MODELS, OTHER, Buckets, Sample

_SUMS = """
SELECT CASE WHEN place <= ? THEN value ELSE ? END AS model, sum(invocations), sum(errors), sum(input_tokens),
  sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens + cache_write_5m_tokens + cache_write_1h_tokens),
  sum(cost_nano), sum(unpriced_invocations)
FROM (SELECT *, row_number() OVER (ORDER BY invocations DESC, value) AS place
  FROM rollups WHERE width = 'ever' AND dimension = 'model')
GROUP BY model ORDER BY model
"""
_COUNTS = "SELECT le_ms, sum(count) FROM latencies WHERE width = 'day' GROUP BY le_ms"
_LATENCY = "SELECT latency_ms_sum FROM rollups WHERE width = 'ever' AND dimension = 'all' AND value = ''"


def measure(db: Connection) -> Iterator[Sample | Buckets]:
    """The samples of what was kept."""
    for model, calls, errors, read, written, cached, stored, nano, unpriced in db.execute(_SUMS, (MODELS, OTHER)):
        yield Sample("llm_service_invocations_total", calls, (model,))
        yield Sample("llm_service_invocation_errors_total", errors, (model,))
        for kind, tokens in (("input", read), ("output", written), ("cache_read", cached), ("cache_write", stored)):
            yield Sample("llm_service_tokens_total", tokens, (model, kind))
        yield Sample("llm_service_cost_usd_total", nano / 1e9, (model,))
        yield Sample("llm_service_unpriced_invocations_total", unpriced, (model,))
    yield _latency(db)


def _latency(db: Connection) -> Buckets:
    """Cumulative counts; what took longer than the last bound is in the last bucket only."""
    counts = dict(db.execute(_COUNTS).fetchall())
    above = counts.pop(-1, 0)
    buckets: list[tuple[float, float]] = []
    so_far = 0
    for le_ms in sorted(counts):
        so_far += counts[le_ms]
        buckets.append((le_ms / 1000, so_far))
    buckets.append((float("inf"), so_far + above))
    total = db.execute(_LATENCY).fetchone()
    return Buckets("llm_service_invocation_latency_seconds", tuple(buckets), (total[0] if total else 0) / 1000)

"""Percentiles from counts per bucket: as exact as the bounds, which is said wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from llm_service.core.invocations.rollups import ABOVE, LATENCY_BOUNDS_MS


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The latency in ms that `share` (0 to 1) of all stay within; None where nothing was counted.

    `counts` is by the bucket's upper bound. Inside a bucket values are taken to be spread evenly. Beyond the last
    bound nothing more is known than that it was passed: the answer is that bound.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    wanted = share * total
    seen, low = 0, 0
    for bound in LATENCY_BOUNDS_MS:
        count = counts.get(bound, 0)
        if count > 0 and seen + count >= wanted:
            return round(low + (bound - low) * max(wanted - seen, 0) / count, 1)
        seen += count
        low = bound
    return float(LATENCY_BOUNDS_MS[-1]) if counts.get(ABOVE, 0) > 0 else None

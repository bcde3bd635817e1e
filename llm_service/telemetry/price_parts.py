"""The parts of prices, put together over one database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from llm_service.telemetry.database import Database
from llm_service.telemetry.late_prices import LatePrices
from llm_service.telemetry.price_page import Prices
from llm_service.telemetry.prices import Pricing
from llm_service.telemetry.recorder import Recorder
from llm_service.telemetry.repricing import Repricer


class PriceParts(NamedTuple):
    """`prices` answers and prices again; `late` is the thread that prices what was too early."""

    prices: Prices
    late: LatePrices


def price_parts(
    database: Database,
    recorder: Recorder,
    pricing: Pricing,
    *,
    changed: Sequence[Callable[[], None]],
    now_ms: Callable[[], int],
) -> PriceParts:
    """Put them together; each of `changed` hears that costs kept before are others now."""
    repricer = Repricer(database, recorder, pricing)
    for listener in changed:
        repricer.on_change(listener)
    return PriceParts(Prices(database, pricing, repricer, now_ms=now_ms), LatePrices(pricing, repricer.price_late))

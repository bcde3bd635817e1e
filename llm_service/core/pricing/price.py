"""What a model costs, and the exact cost of one invocation, in whole nano-dollars (US dollars × 10⁹).

The meaning of dates, hours, tiers, variants and missing rates is that of genai-prices 0.2.3, found by reading its
`types.py` and `decompose.py` and held to it by tests/telemetry/test_pricing_against_genai.py:

- of several periods the last that holds at the time of the call counts; where none does, the first;
- a threshold ("above 200,000 tokens") looks at all input with its cache, and once passed is paid for every token;
- tokens without a rate of their own are paid at the next wider one: a cache write of an hour as a cache write, any
  cache as input, reasoning as output.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from llm_service.core.invocations.usage import Invocation

RATES = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    "web_search",
    "request",
)
"""What can have a rate. All are per million tokens but the last two, which are per thousand."""

PER_THOUSAND = ("web_search", "request")

DAY_MS = 86_400_000
_MILLION = 1_000_000
_HALF = _MILLION // 2


class Rate(NamedTuple):
    """Nano-dollars for a million (or a thousand, see `RATES`); `tiers` are (threshold, rate above it), ascending."""

    base: int
    tiers: tuple[tuple[int, int], ...] = ()


class Period(NamedTuple):
    """Rates and when they hold: from a day on (UTC), or between two times of every day (UTC, ms since midnight).

    `until_ms` below `from_ms` goes over midnight. `tier` is set in a variant: the way of being served it is for.
    """

    rates: Mapping[str, Rate]
    since: date | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    tier: str | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether these rates hold at a moment."""
        if self.since is not None:
            return at_ms >= _day_ms(self.since)
        if self.from_ms is None or self.until_ms is None:
            return True
        clock = at_ms % DAY_MS
        if self.until_ms < self.from_ms:
            return clock >= self.from_ms or clock < self.until_ms
        return self.from_ms <= clock < self.until_ms


class _Flat(NamedTuple):
    """The rates of one moment, tier and size of input, with every missing one filled in."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    cache_write_5m: int
    cache_write_1h: int
    reasoning_more: int
    """What a reasoning token costs more than another token of the output; may be below zero."""
    search: int
    request: int


class _Bill(NamedTuple):
    """`flats[0]` up to the first threshold, then one for each threshold passed."""

    thresholds: tuple[int, ...]
    flats: tuple[_Flat, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What one model of one provider costs, at every moment and in every tier.

    `rule` says in words how the model was found. Costs are computed with `cost_nano`.
    """

    provider: str
    model: str
    rule: str
    periods: tuple[Period, ...]
    variants: tuple[Period, ...] = ()
    _days: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _clock: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _tiers: frozenset[str] = field(init=False, repr=False, compare=False)
    _bills: dict[tuple[int, int, str | None], _Bill] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.periods:
            raise ValueError("a quote needs at least one period")
        every = (*self.periods, *self.variants)
        clock = {ms for period in every for ms in (period.from_ms, period.until_ms) if ms is not None}
        for name, value in (
            ("_days", tuple(sorted({_day_ms(period.since) for period in every if period.since is not None}))),
            ("_clock", tuple(sorted(clock))),
            ("_tiers", frozenset(period.tier for period in self.variants if period.tier is not None)),
            ("_bills", {}),
        ):
            object.__setattr__(self, name, value)

    @property
    def free(self) -> bool:
        """Whether nothing of it ever costs anything."""
        rates = (rate for period in (*self.periods, *self.variants) for rate in period.rates.values())
        return all(rate.base == 0 and not any(price for _, price in rate.tiers) for rate in rates)

    def rates_at(self, at_ms: int, tier: str | None = None) -> dict[str, Rate]:
        """The rates of one moment as they were published, without those filled in."""
        period = next((period for period in reversed(self.periods) if period.holds(at_ms)), self.periods[0])
        special: dict[str, Rate] = {}
        for variant in self.variants:
            if variant.tier == tier and variant.holds(at_ms):
                special = {**variant.rates, **special}
        return {**period.rates, **special}

    def bill(self, at_ms: int, tier: str | None) -> _Bill:
        """The filled-in rates of one moment; worked out once for each stretch of time and tier."""
        if tier is not None:
            tier = tier.lower()
            tier = tier if tier in self._tiers else None
        key = (bisect_right(self._days, at_ms), bisect_right(self._clock, at_ms % DAY_MS), tier)
        bill = self._bills.get(key)
        if bill is None:
            bill = self._bills[key] = _make_bill(self.rates_at(at_ms, tier))
        return bill


def cost_nano(quote: Quote, call: Invocation) -> int:
    """The cost of one invocation. Exact in integers and rounded once, at the end: half a nano-dollar goes up."""
    thresholds, flats = quote.bill(call.at_ms, call.tier)
    five, hour, write, read = (
        call.cache_write_5m_tokens,
        call.cache_write_1h_tokens,
        call.cache_write_tokens,
        call.cache_read_tokens,
    )
    flat = flats[0]
    if thresholds:
        flat = flats[bisect_left(thresholds, call.input_tokens + read + write + five + hour)]
    total = (
        call.input_tokens * flat.input
        + call.output_tokens * flat.output
        + read * flat.cache_read
        + write * flat.cache_write
        + five * flat.cache_write_5m
        + hour * flat.cache_write_1h
        + (call.web_searches * flat.search + flat.request) * 1000
    )
    if flat.reasoning_more:
        total += min(call.reasoning_tokens, call.output_tokens) * flat.reasoning_more
    return (total + _HALF) // _MILLION


def _make_bill(rates: Mapping[str, Rate]) -> _Bill:
    thresholds = tuple(sorted({start for rate in rates.values() for start, _ in rate.tiers}))
    return _Bill(thresholds, tuple(_flat(rates, passed) for passed in (-1, *thresholds)))


def _flat(rates: Mapping[str, Rate], passed: int) -> _Flat:
    paid = {name: _above(rate, passed) for name, rate in rates.items()}
    plain = paid.get("input", 0)
    output = paid.get("output", 0)
    write = paid.get("cache_write", plain)
    return _Flat(
        input=plain,
        output=output,
        cache_read=paid.get("cache_read", plain),
        cache_write=write,
        cache_write_5m=paid.get("cache_write_5m", write),
        cache_write_1h=paid.get("cache_write_1h", write),
        reasoning_more=paid.get("reasoning", output) - output,
        search=paid.get("web_search", 0),
        request=paid.get("request", 0),
    )


def _above(rate: Rate, passed: int) -> int:
    return _last((price for start, price in rate.tiers if start <= passed), rate.base)


def _last(values: Iterable[int], default: int) -> int:
    for value in values:
        default = value
    return default


def _day_ms(day: date) -> int:
    """The first millisecond of a day, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000

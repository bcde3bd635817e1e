"""The user's own prices: the table ``prices`` of llm-service.toml, read with clear refusals.

    [prices."my-model-*"]        # a pattern of model names: * and ? stand for anything, letter case does not count
    input = 0.50                 # US dollars per million tokens
    output = 1.50
    cache_read = 0.05            # where left out, cached tokens are paid as input
    from = 2026-01-01            # optional: the day (UTC) since which it holds
    provider = "my-gateway"      # optional: only for rows of this provider

A list of such tables under one pattern (``[[prices."my-model"]]``) gives prices that follow one another.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from llm_service.core.model_names import MAX_NAME, names
from llm_service.core.pricing.price import Period, Quote, Rate

RATE_KEYS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "cache_write_1h": "cache_write_1h",
    "web_searches": "web_search",
}
"""Keys of a table and the rates they give; ``web_searches`` is in dollars per thousand, all others per million."""

KEYS = (*RATE_KEYS, "free", "from", "provider")
MOST_USD = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """One price of the user's. `rates` in nano-dollars per million (or thousand); all zero where it is free."""

    pattern: str
    rates: tuple[tuple[str, int], ...]
    provider: str | None = None
    since: date | None = None

    def fits(self, model: str, provider: str | None) -> bool:
        """Whether it is for this model of this provider, at whatever time."""
        if self.provider is not None and self.provider != (provider or "").strip().lower():
            return False
        pattern = self.pattern.replace("[", "[[]")  # only * and ? are special: Claude Code's names end in [1m]
        return any(fnmatchcase(name, pattern) for name in names(model))

    def quote(self) -> Quote:
        """The price as a quote; `since` is for the caller to heed, as other prices may hold before it."""
        rates = {name: Rate(nano) for name, nano in self.rates}
        dated = "" if self.since is None else f" from {self.since.isoformat()}"
        rule = f'[prices."{self.pattern}"]{dated} of the settings'
        return Quote(self.provider or "", self.pattern, rule, (Period(rates, self.since),))


def read_prices(value: object) -> tuple[OwnPrice, ...]:
    """The table of the settings file, the closest fit first: a whole name before a pattern, one with a provider
    before one without, the longer before the shorter, the later before the earlier. Raises ValueError.
    """
    if not isinstance(value, Mapping):
        raise ValueError('write it as tables: [prices."model-name"]')
    found = []
    for pattern, tables in value.items():
        if not pattern.strip() or len(pattern) > MAX_NAME:
            raise ValueError(f"a model's name or pattern has 1 to {MAX_NAME} characters, not {len(pattern)}")
        listed = tables if isinstance(tables, list) else [tables]
        own = [_own_price(pattern, table) for table in listed]
        _refuse_twice(pattern, own)
        found += own
    return tuple(sorted(found, key=_closeness))


def match(prices: Iterable[OwnPrice], model: str, provider: str | None) -> tuple[OwnPrice, ...]:
    """Those for this model, the closest first, up to the first that holds at every time."""
    fitting: list[OwnPrice] = []
    for own in prices:
        if own.fits(model, provider):
            fitting.append(own)
            if own.since is None:
                break
    return tuple(fitting)


def plain(prices: Iterable[OwnPrice]) -> dict[str, Any]:
    """The prices as JSON, in dollars, as `config show` prints them."""
    found: dict[str, Any] = {}
    key_of = {rate: key for key, rate in RATE_KEYS.items()}
    for own in prices:
        table: dict[str, Any] = {key_of[name]: nano / 1e9 for name, nano in own.rates}
        if not any(nano for _, nano in own.rates):
            table = {"free": True}
        if own.provider is not None:
            table["provider"] = own.provider
        if own.since is not None:
            table["from"] = own.since.isoformat()
        found.setdefault(own.pattern, []).append(table)
    return {pattern: tables[0] if len(tables) == 1 else tables for pattern, tables in found.items()}


def _own_price(pattern: str, table: object) -> OwnPrice:
    where = f'[prices."{pattern}"]'
    if not isinstance(table, Mapping):
        raise ValueError(f"{where} is a table, with input and output in US dollars per million tokens, or free = true")
    for key in table:
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, n=1)
            hint = f"did you mean {close[0]}" if close else f"there are {', '.join(KEYS)}"
            raise ValueError(f"{where} has no key {key}; {hint}")
    return OwnPrice(
        pattern.strip().lower(), _rates(where, table), _provider(where, table), _since(where, table.get("from"))
    )


def _rates(where: str, table: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    given = [key for key in RATE_KEYS if key in table]
    free = table.get("free", False)
    if not isinstance(free, bool):
        raise ValueError(f"{where} free is {free!r}; allowed: true or false")
    if free:
        if given:
            raise ValueError(f"{where} is free and has a price for {given[0]}; leave one of them out")
        return (("input", 0), ("output", 0))
    if "input" not in table or "output" not in table:
        raise ValueError(f"{where} needs input and output in US dollars per million tokens, or free = true")
    return tuple((RATE_KEYS[key], _nano(where, key, table[key])) for key in given)


def _nano(where: str, key: str, usd: object) -> int:
    is_number = isinstance(usd, (int, float)) and not isinstance(usd, bool)
    if not is_number or not 0 <= float(str(usd)) <= MOST_USD:  # also refuses NaN
        raise ValueError(f"{where} {key} is {usd!r}; allowed: a number of US dollars from 0 to {MOST_USD:,}")
    return int((Decimal(str(usd)) * 1_000_000_000).to_integral_value())


def _provider(where: str, table: Mapping[str, object]) -> str | None:
    provider = table.get("provider")
    if provider is None:
        return None
    if not isinstance(provider, str) or not provider.strip():
        raise ValueError(f"{where} provider is {provider!r}; allowed: a provider's name")
    return provider.strip().lower()


def _since(where: str, value: object) -> date | None:
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{where} from is {value!s}; allowed: a day like 2026-01-31") from None


def _refuse_twice(pattern: str, own: list[OwnPrice]) -> None:
    seen = {(price.provider, price.since) for price in own}
    if len(seen) < len(own):
        raise ValueError(f'[prices."{pattern}"] is given twice for the same provider and day')


def _closeness(own: OwnPrice) -> tuple[bool, bool, int, str, int]:
    is_pattern = any(char in own.pattern for char in "*?")
    later_first = -own.since.toordinal() if own.since is not None else 0
    return (is_pattern, own.provider is None, -len(own.pattern), own.pattern, later_first)

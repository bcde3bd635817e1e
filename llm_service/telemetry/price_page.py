"""Prices for people: which are in use, what a model costs and why, which models have no price, pricing again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from llm_service.core.pricing.shapes import ModelPrices, PriceJson, PricesPage, Repriced, UnpricedModel
from llm_service.core.pricing.table_json import fix_for, price_json, repriced_json, why_unpriced
from llm_service.telemetry.price_book import Readable
from llm_service.telemetry.price_pipe import Key
from llm_service.telemetry.prices import LIST, Entry, Pricing
from llm_service.telemetry.repricing import Repricer

MOST = 500
"""Models listed; the rest have spent less."""

WAITING = "it has a price by now, which its calls get from: llm-service telemetry reprice --apply"

_IN_USE = """
SELECT DISTINCT prices.model, prices.provider FROM prices
JOIN rollups ON rollups.width = 'ever' AND rollups.dimension = 'model' AND rollups.start_ms = 0
  AND rollups.value = prices.model AND rollups.invocations > 0
WHERE quote != 'null' ORDER BY rollups.cost_nano DESC, prices.model, prices.provider LIMIT ?
"""
_UNPRICED = """
SELECT value AS model, unpriced_invocations AS invocations, unpriced_tokens AS tokens FROM rollups
WHERE width = 'ever' AND dimension = 'model' AND start_ms = 0 AND unpriced_invocations > 0
ORDER BY unpriced_tokens DESC, value LIMIT ?
"""
_PROVIDERS = "SELECT DISTINCT provider FROM invocations WHERE cost_nano IS NULL AND model = ?"
_SOURCE_DATE = "SELECT max(source_date) FROM prices WHERE source = ?"


class Prices:
    """What the command and the page about prices are told."""

    def __init__(
        self,
        database: Readable,
        pricing: Pricing,
        repricer: Repricer | None = None,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._now_ms = now_ms
        self._database = database
        self._pricing = pricing
        self._repricer = repricer

    def page(self, model: str | None = None, provider: str | None = None) -> PricesPage:
        """Everything about prices, with an answer for `model` where one is named."""
        asked = None if model is None else self.of_model(model, provider)
        with self._database.reading() as connection:
            used = [(str(name), seller) for name, seller in connection.execute(_IN_USE, (MOST,))]
            unpriced = [self._unpriced(connection, row) for row in connection.execute(_UNPRICED, (MOST,)).fetchall()]
        priced = [self._told(key, entry) for key, entry in self._pricing.entries(used).items()]
        return {
            "source": self._pricing.version,
            "source_date": self._source_date(),
            "problem": self._pricing.problem,
            "asked": asked,
            "in_use": [told for told in priced if told["prices"]],
            "unpriced": unpriced,
        }

    def of_model(self, model: str, provider: str | None) -> ModelPrices:
        """What one model costs, or why nobody knows."""
        return self._told((model, provider), self._pricing.entry(model, provider))

    def _told(self, key: Key, entry: Entry) -> ModelPrices:
        model, provider = key
        found: list[PriceJson] = []
        now_ms = self._now_ms()
        for _, own in entry.own:
            since = own.quote.periods[0].since
            found.append(price_json(own.quote, "settings", None if since is None else since.isoformat(), now_ms))
        if entry.listed is not None:
            found.append(price_json(entry.listed.quote, self._pricing.version, self._source_date(), now_ms))
        why = None if found else why_unpriced(model, LIST, provider)
        if not found and not entry.known:
            why = self._pricing.problem or f"{LIST} has not answered yet; ask again"
        fix = None if found else fix_for(model, provider)
        return {"model": model, "provider": provider, "prices": found, "why": why, "fix": fix}

    def _source_date(self) -> str | None:
        """How new the list is: as it said, in this run or in an earlier one."""
        if self._pricing.source_date is None:
            with self._database.reading() as connection:
                (date,) = connection.execute(_SOURCE_DATE, (self._pricing.version,)).fetchone()
            self._pricing.source_date = date
        return self._pricing.source_date

    def reprice(self, *, apply: bool, model: str | None = None) -> Repriced:
        """What pricing again would change, or its doing. Raises `TelemetryUnavailable`."""
        assert self._repricer is not None
        changes = self._repricer.apply(model) if apply else self._repricer.preview(model)
        models = repriced_json(changes)
        return {
            "applied": apply,
            "models": models,
            "invocations": sum(item["invocations"] for item in models),
            "before_usd": sum(change.before_nano for change in changes) / 1e9,
            "after_usd": sum(change.after_nano for change in changes) / 1e9,
        }

    def _unpriced(self, connection: Any, row: Any) -> UnpricedModel:
        model, invocations, tokens = row
        keys = [(model, provider) for (provider,) in connection.execute(_PROVIDERS, (model,))] or [(model, None)]
        entries = self._pricing.entries(keys).values()
        waiting = any(entry.at(self._now_ms()) is not None for entry in entries)
        return {
            "model": model,
            "invocations": invocations,
            "tokens": tokens,
            "why": WAITING if waiting else why_unpriced(model, LIST, keys[0][1]),
            "fix": None if waiting else fix_for(model, keys[0][1]),
        }

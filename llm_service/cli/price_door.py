"""Where the commands about prices ask: the running dashboard, whose settings rows are billed by; else this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, cast
from urllib.parse import urlencode

from llm_service.core.pricing.shapes import PricesPage, Repriced
from llm_service.instance import Home, Instance
from llm_service.settings import Settings

REPRICE_S = 3_600.0
"""Pricing ten million rows again takes minutes."""


def page(settings: Settings, environ: Mapping[str, str], model: str | None, provider: str | None) -> PricesPage:
    """Prices in use, models without one, and the price of `model`. Raises `LlmServiceError`."""
    home = Home.of(settings)
    if record := home.running():
        from llm_service.cli.remote import send

        asked = {"model": model, "provider": provider}
        query = urlencode({name: value for name, value in asked.items() if value})
        return cast(PricesPage, send(record, "GET", f"/api/telemetry/prices?{query}", environ))
    from llm_service.telemetry.price_page import Prices
    from llm_service.telemetry.prices import Pricing
    from llm_service.telemetry.read_only import ReadOnly

    database = ReadOnly(home.state_dir / "telemetry.db")
    pricing = Pricing(database, settings.prices)
    try:
        return Prices(database, pricing).page(model, provider)
    finally:
        pricing.stop()


def reprice(settings: Settings, environ: Mapping[str, str], *, apply: bool, model: str | None) -> Repriced:
    """Preview or apply the present prices. Raises `LlmServiceError`."""
    if record := Home.of(settings).running():
        from llm_service.cli.remote import send

        fields: dict[str, Any] = {"apply": apply, **({"model": model} if model else {})}
        answer = send(record, "POST", "/api/telemetry/reprice", environ, fields, timeout_s=REPRICE_S)
        return cast(Repriced, answer)
    if not (Home.of(settings).state_dir / "telemetry.db").exists():
        return {"applied": apply, "models": [], "invocations": 0, "before_usd": 0.0, "after_usd": 0.0}
    return _here(settings, environ, apply, model)


def _here(settings: Settings, environ: Mapping[str, str], apply: bool, model: str | None) -> Repriced:
    """In this process, which is the folder's one server for so long: a dashboard that starts meanwhile waits."""
    from llm_service.telemetry.database import Database
    from llm_service.telemetry.local_zone import zone_name
    from llm_service.telemetry.price_page import Prices
    from llm_service.telemetry.prices import Pricing
    from llm_service.telemetry.recorder import Recorder
    from llm_service.telemetry.repricing import Repricer

    with ExitStack() as ends:
        instance = Instance.open(settings, environ)
        ends.callback(instance.close)
        database = Database.open(instance.state_dir, zone=zone_name(settings.timezone), now_ms=_now_ms)
        pricing = Pricing(database, settings.prices)
        ends.callback(pricing.stop)
        recorder = Recorder(database, pricing, now_ms=_now_ms, keep_days=settings.keep_days)
        recorder.start()
        ends.callback(recorder.stop)
        return Prices(database, pricing, Repricer(database, recorder, pricing)).reprice(apply=apply, model=model)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

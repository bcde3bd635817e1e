"""Makes telemetry's parts over one database: what there is once it is open."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llm_service.background import Named
from llm_service.core.observations import Announced
from llm_service.settings import Settings

if TYPE_CHECKING:
    from llm_service.core.agentlogs.shapes import LogSources
    from llm_service.sources.agentlogs.log_parts import LogParts
    from llm_service.telemetry.budgets import Budgets
    from llm_service.telemetry.costs import Costs
    from llm_service.telemetry.database import Database
    from llm_service.telemetry.exports import Exports
    from llm_service.telemetry.history import History
    from llm_service.telemetry.looking_back import LookingBack
    from llm_service.telemetry.otlp_intake import OtlpIntake
    from llm_service.telemetry.price_page import Prices
    from llm_service.telemetry.prices import Pricing
    from llm_service.telemetry.recorder import Recorder
    from llm_service.telemetry.refusals import Refusals
    from llm_service.telemetry.spool_reader import SpoolReader


@dataclass(frozen=True, slots=True)
class Opened:
    """What there is once the database is open. `threads` are in the order of their start, the writer first."""

    database: Database
    pricing: Pricing
    recorder: Recorder
    costs: Costs
    exports: Exports
    looking_back: LookingBack
    budgets: Budgets
    prices: Prices
    log_sources: Callable[[], LogSources]
    otlp: OtlpIntake
    refusals: Refusals
    spool: SpoolReader
    threads: tuple[Named, ...]


def open_parts(
    settings: Settings,
    state_dir: Path,
    history: History,
    *,
    publish: Callable[[Announced], None],
    condition: Callable[[], tuple[str, ...]],
    now_ms: Callable[[], int],
) -> Opened:
    """Open the database and make everything over it; nothing is started yet. Raises `TelemetryUnavailable`."""
    from llm_service.telemetry.budget_parts import budget_parts
    from llm_service.telemetry.costs import Costs
    from llm_service.telemetry.database import Database
    from llm_service.telemetry.exports import Exports
    from llm_service.telemetry.local_zone import zone_name
    from llm_service.telemetry.looking_back import LookingBack
    from llm_service.telemetry.otlp_intake import OtlpIntake
    from llm_service.telemetry.price_parts import price_parts
    from llm_service.telemetry.prices import Pricing
    from llm_service.telemetry.recorder import Recorder
    from llm_service.telemetry.refusals import Refusals
    from llm_service.telemetry.spool_reader import SpoolReader
    from llm_service.telemetry.teller import Teller

    database = Database.open(state_dir, zone=zone_name(settings.timezone), now_ms=now_ms)
    pricing = Pricing(database, settings.prices)
    recorder = Recorder(database, pricing, now_ms=now_ms, keep_days=settings.keep_days)
    costs = Costs(database, database.zone, now_ms)
    teller = Teller(costs, publish, condition=condition, now_ms=now_ms)
    recorder.on_commit(teller.hear)
    looking_back = LookingBack(database, database.zone, now_ms=now_ms)
    exports = Exports(costs, database, looking_back.flow, now_ms)
    guarding = budget_parts(
        database,
        recorder,
        budgets=settings.budgets,
        agent_budgets=settings.agent_budgets,
        webhook_url=settings.budget_webhook,
        publish=publish,
        now_ms=now_ms,
    )
    threads = [Named("recorder", recorder), Named("teller", teller), Named("history", history)]
    threads.append(Named("budgets", guarding.watch))
    if guarding.webhook.configured:
        threads.append(Named("webhook", guarding.webhook))
    listeners = (teller.look_again, guarding.watch.look_again)
    pricing_again = price_parts(database, recorder, pricing, changed=listeners, now_ms=now_ms)
    threads.append(Named("prices", pricing_again.late))
    refusals = Refusals(recorder)
    spool = SpoolReader(recorder, refusals, state_dir, now_ms)
    threads.append(Named("spool", spool))
    logs = _log_parts(settings, state_dir, database, recorder, now_ms)
    if logs.follower is not None:
        threads.append(Named("agent-logs", logs.follower))
    return Opened(
        database,
        pricing,
        recorder,
        costs,
        exports,
        looking_back,
        guarding.budgets,
        pricing_again.prices,
        logs.sources,
        OtlpIntake(database, recorder, now_ms=now_ms),
        refusals,
        spool,
        tuple(threads),
    )


def _log_parts(
    settings: Settings, state_dir: Path, database: Database, recorder: Recorder, now_ms: Callable[[], int]
) -> LogParts:
    from llm_service.sources.agentlogs.known_tools import TOOLS
    from llm_service.sources.agentlogs.log_parts import log_parts
    from llm_service.sources.agentlogs.passes import Place
    from llm_service.telemetry import overlaps

    return log_parts(
        Place(TOOLS, Path.home(), os.environ),
        database.reading,
        recorder,
        state_dir,
        enabled=settings.agent_logs,
        overlaps=overlaps,
        now_ms=now_ms,
    )

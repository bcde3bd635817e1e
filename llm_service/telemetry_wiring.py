"""Puts telemetry together: database, prices, writer, sums and who tells of them, opened beside the board's start."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_service.core.costs.page_shapes import CostSums
from llm_service.core.costs.shapes import CostStats, CostUpdate
from llm_service.core.costs.unknown import unknown_costs
from llm_service.core.flow_shapes import ActivityPage
from llm_service.core.metrics import Buckets, Sample
from llm_service.core.observations import Announced
from llm_service.core.shapes import ThreadJson
from llm_service.core.state import State
from llm_service.core.times import iso_seconds
from llm_service.core.wire import card_json
from llm_service.errors import TelemetryUnavailable
from llm_service.hub import Hub
from llm_service.settings import Settings

if TYPE_CHECKING:
    from llm_service.dashboard.app import Blueprint
    from llm_service.telemetry.history import History
    from llm_service.telemetry_opening import Opened

log = logging.getLogger(__name__)

OPENING_S = 5.0
"""How long a request waits for the database to be opened."""
OFF = "Telemetry is off (telemetry = false): nothing is kept of costs and of the board's history."


class Late:
    """Stands for a part until the database is open; using it waits for that, and raises `TelemetryUnavailable`."""

    def __init__(self, get: Callable[[], Any]) -> None:
        self._get = get

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)


class TelemetryParts:
    """All of telemetry of one run. Whatever fails in here, the board works; `condition` says what is wrong."""

    def __init__(self, settings: Settings, state_dir: Path, hub: Hub) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._hub = hub
        self._opened: Opened | None = None
        self._reason = "" if settings.telemetry else OFF
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._opener = threading.Thread(target=self._open, name="telemetry-opening", daemon=True)
        self._history = self._listen() if settings.telemetry else None

    # -- life ---------------------------------------------------------------------------------------------------

    def refuse_damage(self) -> None:
        """With `strict_db`, raise `TelemetryUnavailable` for a database that cannot be used as it is; it stays so."""
        if self._settings.telemetry and self._settings.strict_db:
            from llm_service.telemetry.strictness import refuse_damage

            refuse_damage(self._state_dir)

    def announce(self) -> None:
        """Say that nothing is known yet, so that whoever connects before the database is open has a whole body."""
        self._publish_unknown()
        if not self._settings.telemetry:
            self._settled.set()

    def start(self) -> None:
        """Begin to open the database and return at once."""
        if self._settings.telemetry:
            self._opener.start()

    def stop(self, deadline_s: float) -> None:
        """Let the writer write what waits, then end, within the deadline."""
        end_s = time.monotonic() + deadline_s
        self._stopping.set()
        if self._opener.is_alive():
            self._opener.join(deadline_s)
        if self._opened is None:
            return
        writer, *others = self._opened.threads
        for named in reversed(others):
            # None may take the time in which the writer writes what they handed in.
            named.part.stop(max(0.05, (end_s - time.monotonic()) / 3))
        writer.part.stop(max(0.5, end_s - time.monotonic()))
        self._opened.pricing.stop(max(0.1, end_s - time.monotonic()))

    # -- what others ask ----------------------------------------------------------------------------------------

    @property
    def off(self) -> bool:
        """Whether there is no database and will be none as long as this process lives."""
        return not self._settings.telemetry or (self._settled.is_set() and self._opened is None)

    def opened(self) -> Opened:
        """The parts, waiting for the database where it is being opened. Raises `TelemetryUnavailable`."""
        if not self._settled.wait(OPENING_S):
            raise TelemetryUnavailable("telemetry is still being opened; try again")
        if self._opened is None:
            raise TelemetryUnavailable(self._reason)
        return self._opened

    def blueprints(self) -> list[Blueprint]:
        """The routes of telemetry, whether or not it is on."""
        from llm_service.dashboard import (
            budgets_api,
            costs_api,
            export_api,
            flow_api,
            ingest_api,
            invocation_list_api,
            logs_api,
            otlp_api,
            prices_api,
        )

        costs = Late(lambda: self.opened().costs)
        return [
            costs_api.blueprint(costs, self.cost_update),
            invocation_list_api.blueprint(costs),
            ingest_api.blueprint(Late(lambda: self.opened().recorder), Late(lambda: self.opened().refusals), _now_ms),
            export_api.blueprint(Late(lambda: self.opened().exports)),
            budgets_api.blueprint(Late(lambda: self.opened().budgets)),
            flow_api.blueprint(Late(lambda: self.opened().looking_back)),
            otlp_api.blueprint(Late(lambda: self.opened().otlp), enabled=self._settings.otlp),
            prices_api.blueprint(Late(lambda: self.opened().prices)),
            logs_api.blueprint(lambda: self.opened().log_sources()),
        ]

    def cost_totals(self) -> CostStats:
        """The part of `GET /api/stats` that is about costs; never waits for the database to be opened."""
        try:
            if self._opened is not None:
                return self._opened.costs.stats()
        except TelemetryUnavailable as error:
            log.warning("costs cannot be read: %s", error)
        return {
            "costs": {"today": None, "month": None, "total": None},
            "unpriced": {"invocations": None, "tokens": None},
        }

    def cost_of_task(self, task_id: str) -> CostSums | None:
        """What a task's calls cost; None where there are none, or nothing is kept."""
        try:
            return None if self._opened is None else self._opened.costs.of_task(task_id)
        except TelemetryUnavailable as error:
            log.warning("costs cannot be read: %s", error)
            return None

    def cost_update(self) -> CostUpdate:
        """How things stand, as the ticker shows it; nulls and the reason where nothing is kept."""
        try:
            update = self.opened().costs.update()
        except TelemetryUnavailable as error:
            return unknown_costs(self._settings.timezone, self.condition() or (str(error),), _now_iso())
        update["condition"] = list(self.condition())
        return update

    def condition(self) -> tuple[str, ...]:
        """What the user should know about telemetry; empty when all is well."""
        if self._opened is None:
            return (self._reason,) if self._reason else ()
        said = self._opened
        return (*said.database.notices, *said.recorder.condition, *said.pricing.condition, *said.spool.condition)

    def degraded(self) -> list[str]:
        """The condition as `/ready` tells it: what somebody switched off is not impaired."""
        return list(self.condition()) if self._settings.telemetry else []

    def threads(self) -> list[ThreadJson]:
        """The threads of telemetry; none before the database is open."""
        named = self._opened.threads if self._opened else ()
        return [{"name": name, "alive": part.alive, "failures": part.failures} for name, part in named]

    def activity_before(self, cursor: str, limit: int) -> ActivityPage:
        """Older lines of the feed. Raises `TelemetryUnavailable`, `BadQuery`."""
        return self.opened().looking_back.activity_before(cursor, limit)

    def samples(self) -> Iterator[Sample | Buckets]:
        """What telemetry measures, for Prometheus; nothing before the database is open."""
        if (opened := self._opened) is None:
            return
        from llm_service.telemetry.measures import measure

        yield Sample("llm_service_queue_depth", opened.recorder.waiting, ("recorder",))
        yield Sample("llm_service_telemetry_dropped_total", opened.recorder.dropped)
        for field, number in opened.refusals.since_start().items():
            yield Sample("llm_service_telemetry_refused_total", number, (field,))
        with opened.database.reading() as db:
            yield from measure(db)
        for budget in opened.budgets.listing()["budgets"]:
            if budget["percent"] is not None:
                yield Sample("llm_service_budget_used_ratio", budget["percent"] / 100, (budget["name"],))

    # -- opening ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            opened = self._build()
            if self._stopping.is_set():
                return
            for named in opened.threads:
                named.part.start()
            self._opened = opened
        except TelemetryUnavailable as error:
            self._fail(f"Telemetry is not kept: {error}.")
            log.warning("telemetry is not kept: %s", error)
        except Exception:
            self._fail("Telemetry is not kept: its database could not be opened; the log says why.")
            log.exception("telemetry could not be started; the board works without it")
        finally:
            self._settled.set()

    def _listen(self) -> History:
        """The board's history hears the hub from its first event on, and writes once the database is open."""
        from llm_service.telemetry.history import Board, History

        def whole_board(state: State) -> Board:
            return Board(state.streams["board"].seq, [card_json(card) for card in state.board.cards.values()])

        history = History(Late(lambda: self.opened().recorder), lambda: self._hub.ask(whole_board), now_ms=_now_ms)
        self._hub.add_sink(history.sink)
        return history

    def _build(self) -> Opened:
        from llm_service.telemetry_opening import open_parts

        assert self._history is not None
        return open_parts(
            self._settings,
            self._state_dir,
            self._history,
            publish=self._hub.publish,
            condition=self.condition,
            now_ms=_now_ms,
        )

    def _fail(self, sentence: str) -> None:
        self._reason = sentence
        if self._history is not None:
            self._history.give_up()
        self._publish_unknown()

    def _publish_unknown(self) -> None:
        body = unknown_costs(self._settings.timezone, self.condition(), _now_iso())
        self._hub.publish(Announced("costs", "cost.update", body, standing=True))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _now_iso() -> str:
    return iso_seconds(time.time())

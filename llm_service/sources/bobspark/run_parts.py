"""Everything about data-generation runs over all watched servers, put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from llm_service.background import Named
from llm_service.core.observations import Announced
from llm_service.core.pricing.gpu_hours import GpuHour
from llm_service.core.runs.launch_form import Launching
from llm_service.core.times import iso_seconds
from llm_service.sources.bobspark.batches import Batches, KeptBatches
from llm_service.sources.bobspark.ended_runs import LISTED_AFTER_END_MS
from llm_service.sources.bobspark.live_runs import LiveRuns
from llm_service.sources.bobspark.relay import Relay
from llm_service.sources.bobspark.run_history import RunHistory
from llm_service.sources.bobspark.run_keeper import Keeping, RunKeeper
from llm_service.sources.bobspark.run_server import RunServer
from llm_service.sources.bobspark.run_streams import Counting
from llm_service.sources.bobspark.run_watch import RunWatch
from llm_service.sources.bobspark.runs_desk import RunsDesk
from llm_service.sources.bobspark.stored_runs import StoredRuns


class RunParts:
    """Made once; servers are added before `start`. `keeping` waits for the database, None where there is none."""

    def __init__(
        self,
        publish: Callable[[Announced], None],
        watched: Callable[[str], bool],
        *,
        keeping: Callable[[], Keeping | None],
        off: Callable[[], bool],
        gpu_hours: Sequence[GpuHour] = (),
        stalled_after_s: float = 30.0,
    ) -> None:
        self.live = LiveRuns(
            stalled_after_s=stalled_after_s,
            kept=lambda: None if off() else self.keeper.caught_up,
            pressed=lambda: self.keeper.pressed,
        )
        self.watches: dict[str, RunWatch] = {}
        self._keeping = keeping
        self.keeper = RunKeeper(
            keeping,
            settled=self.live.is_settled,
            card=self.live.card,
            priced=self.live.cost,
            off=off,
            opened=self._take_up_batches,
            gpu_hours=gpu_hours,
            now_ms=lambda: self.live.now().ms,
        )
        self.batches = Batches(
            self._start_run, self.live.wake.set, now_iso=lambda: iso_seconds(time.time()), kept=self._kept_batches
        )
        self.relay = Relay(self.live, publish, watched, self.keeper, self.batches.newest)
        self.history = RunHistory(self._store, self.keeper, self.live.now, off)
        self.desk = RunsDesk(self.live, self.watches, self.batches, self._store)

    def watch(self, server: RunServer, card: Counting) -> RunWatch:
        """One more server."""
        watch = RunWatch(server, self.live, card, self.history, self._store)
        self.watches[server.name] = watch
        return watch

    def threads(self) -> list[Named]:
        """In the order of their start: what hands on is stopped before what it hands to."""
        return [Named("run-keeper", self.keeper), Named("relay", self.relay)]

    def stop_sending(self, deadline_s: float) -> None:
        """Send no more of any batch and hang up on all runs."""
        self.batches.stop(0.0)
        for watch in self.watches.values():
            watch.stop(deadline_s)

    @property
    def failures(self) -> int:
        """Steps of the streams that failed by a fault of this program."""
        return sum(watch.streams.failures for watch in self.watches.values())

    def _store(self) -> StoredRuns | None:
        keeping = self._keeping()
        return None if keeping is None else keeping.store

    def _kept_batches(self) -> KeptBatches | None:
        store = self._store()
        return None if store is None else store.batches

    def _take_up_batches(self) -> None:
        self.batches.take_up(self.live.now().ms - LISTED_AFTER_END_MS)

    def _start_run(self, launching: Launching) -> str:
        return self.watches[launching.source].start_run(launching)

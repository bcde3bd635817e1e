"""Puts the watched servers together: what asks and listens, what keeps, and the routes over both."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from llm_service.background import Named
from llm_service.core.metrics import Sample
from llm_service.core.observations import Announced
from llm_service.core.shapes import ThreadJson
from llm_service.core.state import State
from llm_service.errors import TelemetryUnavailable
from llm_service.hub import Hub, HubStopped
from llm_service.settings import Settings
from llm_service.telemetry_wiring import Late, TelemetryParts
from llm_service.upstreams import Upstream

if TYPE_CHECKING:
    from llm_service.clients.web import Client
    from llm_service.dashboard.app import Blueprint
    from llm_service.sources.bobspark.run_keeper import Keeping
    from llm_service.sources.bobspark.run_parts import RunParts
    from llm_service.sources.bobspark_ops.operations import Operations
    from llm_service.sources.training.training_parts import TrainingParts
    from llm_service.sources.upstream.asking import Question
    from llm_service.sources.upstream.source_card import SourceCard
    from llm_service.telemetry.job_store import JobStore
    from llm_service.telemetry.loss_keeping import Place
    from llm_service.telemetry.loss_log import LossLog
    from llm_service.telemetry.loss_memory import LossMemory
    from llm_service.telemetry.run_store import RunStore

log = logging.getLogger(__name__)
T = TypeVar("T")
Kind = Literal["bobspark", "skill-training"]


class Once(Generic[T]):
    """A part that is made when it is first needed: what nobody watches costs neither memory nor start time."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        """The part, made now where it was not."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def made(self) -> T | None:
        """The part, where somebody needed it."""
        return self._made


class Site(NamedTuple):
    """One watched server: who it is, who speaks with it, and the card that tells how it stands."""

    upstream: Upstream
    kind: Kind
    client: Client
    card: SourceCard


class UpstreamParts:
    """Everything of the watched servers in one run. Nothing of it is needed for the board.

    A part that watches a server gives its questions; all questions of one server are asked by one `Asking`.
    Imports are inside: without a configured server none of this is loaded.
    """

    def __init__(self, settings: Settings, hub: Hub, telemetry: TelemetryParts) -> None:
        self._settings = settings
        self._hub = hub
        self._telemetry = telemetry
        self._watched: Callable[[str], bool] = lambda _: False
        self._parts: list[Named] = []
        self._sites: list[Site] = []
        self.loss_log: Once[LossLog] = Once(self._make_loss_log)
        """Where sources hand the steps of training jobs in; ask for it before the parts are started."""
        self._loss_memory: Once[LossMemory] = Once(self._make_loss_memory)
        self._jobs: Once[JobStore] = Once(self._make_job_store)
        self._training: Once[TrainingParts] = Once(self._make_training)
        self._run_store: Once[RunStore] = Once(self._make_run_store)
        self._operations: Once[Operations] = Once(self._make_operations)
        self._runs: Once[RunParts] = Once(self._make_runs)

    def watched_by(self, watched: Callable[[str], bool]) -> None:
        """Hand in who knows whether a topic is listened to; before that nobody is."""
        self._watched = watched

    def watched(self, topic: str) -> bool:
        """Whether a page looks at this topic now."""
        return self._watched(topic)

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to ask and to listen; returns at once."""
        self._announce_nothing()
        if self._settings.bobspark:
            self._parts += self._runs().threads()
        if self._settings.bobspark or self._settings.skill_training:
            self.loss_log().on_alarm(lambda alarm: self._training().board.look_again(alarm["job"]))
            # First, so that it is stopped last: it keeps what the others told.
            self._parts.append(Named("training", self._training().teller))
        for upstream in self._settings.bobspark:
            self._watch(upstream, "bobspark")
        for upstream in self._settings.skill_training:
            self._watch(upstream, "skill-training")
        for named in self._parts:
            named.part.start()

    def stop(self, deadline_s: float) -> None:
        """End, all at the same time and within the deadline."""
        end_s = time.monotonic() + deadline_s
        if (runs := self._runs.made) is not None:
            runs.stop_sending(0.0)
        if (training := self._training.made) is not None:
            training.stop_streams(0.0)
        if (operations := self._operations.made) is not None:
            operations.commands.stop()
        for named in reversed(self._parts):
            named.part.stop(max(0.05, end_s - time.monotonic()))
        for site in self._sites:
            site.client.close()

    def threads(self) -> list[ThreadJson]:
        """The threads as `/ready` tells them."""
        return [{"name": name, "alive": part.alive, "failures": part.failures} for name, part in self._parts]

    def degraded(self) -> list[str]:
        """What is impaired, as `/ready` tells it."""
        losses = self.loss_log.made
        return list(losses.condition) if losses is not None else []

    def samples(self) -> Iterator[Sample]:
        """What is measured of the watched servers, for Prometheus."""
        for site in self._sites:
            yield from site.card.samples()

    # -- what is asked of each server ---------------------------------------------------------------------------

    def _watch(self, upstream: Upstream, kind: Kind) -> None:
        from llm_service.clients.web import Client
        from llm_service.sources.upstream.asking import Asking
        from llm_service.sources.upstream.source_card import SourceCard

        client = Client(upstream)
        card = SourceCard(upstream, kind, self._hub.publish, skew_s=lambda: client.skew_s)
        site = Site(upstream, kind, client, card)
        self._sites.append(site)
        asking = Asking(upstream.name, self._questions(site), card.changed)
        card.asks(asking)
        self._training().asks(upstream.name, asking.ask_soon)
        if kind == "bobspark":
            self._operations().asks(upstream.name, asking.ask_soon)
        self._parts += [Named(f"source-{upstream.name}", card), Named(f"asking-{upstream.name}", asking)]

    def _questions(self, site: Site) -> list[Question]:
        """Everything one server is asked, by the parts that want to know; each adds its own here."""
        questions = self._training().watch(site.upstream.name, site.kind, site.client, site.card)
        if site.kind == "bobspark":
            questions = [*self._watch_runs(site), *questions, *self._operations().watch(site.client)]
        return questions

    # -- runs ---------------------------------------------------------------------------------------------------

    def _announce_nothing(self) -> None:
        """Whoever asks for runs or jobs before there are any has a whole snapshot all the same."""
        from llm_service.core.runs.fleet import fleet_of

        aside = {"fleet": fleet_of((), ()), "batches": []}
        self._hub.publish(Announced("runs", "run.advanced", {"runs": [], **aside}, aside=aside))
        self._hub.publish(Announced("training", "job.advanced", {"jobs": []}, aside={"alarms": []}))

    def _watch_runs(self, site: Site) -> list[Question]:
        from llm_service.sources.bobspark.run_server import RunServer

        watch = self._runs().watch(RunServer(site.client), site.card)
        site.card.when_back(watch.streams.try_now)
        return watch.questions()

    def _make_runs(self) -> RunParts:
        from llm_service.sources.bobspark.run_parts import RunParts

        return RunParts(
            self._hub.publish,
            self.watched,
            keeping=self._keeping,
            off=lambda: self._telemetry.off,
            gpu_hours=self._settings.gpu_hours,
            stalled_after_s=self._settings.stalled_s,
        )

    def _keeping(self) -> Keeping | None:
        """Where runs are kept, waiting for the database where it is being opened; None without one."""
        from llm_service.sources.bobspark.run_keeper import Keeping

        try:
            return Keeping(self._run_store(), self._telemetry.opened().recorder)
        except TelemetryUnavailable:
            return None

    # -- training, operations -----------------------------------------------------------------------------------

    def _make_training(self) -> TrainingParts:
        from llm_service.sources.training.training_parts import TrainingParts

        def keeper() -> JobStore | None:
            try:
                return self._jobs()
            except TelemetryUnavailable:
                return None

        return TrainingParts(
            self._hub.publish,
            now_ms=_now_ms,
            archive=Late(self._jobs),
            keeper=keeper,
            losses=lambda: self.loss_log.made,
        )

    def _make_job_store(self) -> JobStore:
        from llm_service.telemetry.job_store import JobStore

        opened = self._telemetry.opened()
        return JobStore(opened.database, opened.recorder, _now_ms)

    def _make_run_store(self) -> RunStore:
        from llm_service.telemetry.run_store import RunStore

        opened = self._telemetry.opened()
        return RunStore(opened.database, opened.recorder, _now_ms)

    def _make_operations(self) -> Operations:
        from llm_service.core.zones import Zone
        from llm_service.sources.bobspark_ops.operations import Operations
        from llm_service.telemetry.load_store import LoadStore
        from llm_service.telemetry.local_zone import zone_name

        def running(source: str) -> int | None:
            def count(state: State) -> int:
                return sum(
                    row["source"] == source and row["status"] == "running" for row in state.rows("runs").values()
                )

            try:
                return self._hub.ask(count)
            except HubStopped:
                return None

        def load_store() -> LoadStore:
            opened = self._telemetry.opened()
            return LoadStore(opened.database, opened.recorder)

        return Operations(
            self._hub.publish,
            Late(load_store),
            Late(self._run_store),
            running=running,
            watched=self.watched,
            zone=Zone(zone_name(self._settings.timezone)),
            now_ms=_now_ms,
            queue_heard=lambda source, rows: self._runs().live.queued(source, rows),
        )

    def _listed(self, topic: str) -> list[Any]:
        """What a topic lists at this moment."""
        return self._hub.ask(lambda state: list(state.rows(topic).values()))

    def _make_loss_log(self) -> LossLog:
        from llm_service.telemetry.loss_log import LossLog

        made = LossLog(self._curves, self._hub.publish, now_ms=_now_ms, limits=self._settings.alarms)
        self._parts.append(Named("loss", made))
        return made

    def _curves(self) -> Place:
        """Where curves are kept: in memory where there will be no database. Raises `TelemetryUnavailable`."""
        try:
            return self._telemetry.opened()
        except TelemetryUnavailable:
            if not self._telemetry.condition():
                raise  # it is still being opened
            return self._loss_memory()

    def _make_loss_memory(self) -> LossMemory:
        from llm_service.telemetry.loss_memory import LossMemory

        return LossMemory()

    # -- routes -------------------------------------------------------------------------------------------------

    def blueprints(self) -> Sequence[Blueprint]:
        """The routes over watched servers, which are there whether or not any is watched."""
        from llm_service.dashboard import (
            coordinator_api,
            feed_api,
            insight_api,
            loss_api,
            runs_api,
            sources_api,
            training_api,
        )
        from llm_service.telemetry.loss_reader import LossReader

        return [
            runs_api.blueprint(lambda: self._runs().desk),
            sources_api.blueprint(lambda: [site.card.card() for site in self._sites]),
            training_api.blueprint(Late(lambda: self._training().desk)),
            feed_api.blueprint(Late(self._run_store)),
            coordinator_api.blueprint(
                lambda: self._listed("nodes"), lambda: self._listed("queue"), Late(lambda: self._operations().commands)
            ),
            insight_api.blueprint(self._operations),
            loss_api.blueprint(LossReader(lambda: self._curves().database)),
        ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

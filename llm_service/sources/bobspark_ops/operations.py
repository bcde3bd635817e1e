"""Everything of these parts over all BobSpark servers: made once, when the first of them is watched or asked for."""

from __future__ import annotations

from collections.abc import Callable

from llm_service.core.observations import Announced
from llm_service.core.zones import Zone
from llm_service.sources.bobspark_ops.analytics_reads import AnalyticsReads
from llm_service.sources.bobspark_ops.commands import Commands
from llm_service.sources.bobspark_ops.dataset_reads import DatasetReads
from llm_service.sources.bobspark_ops.model_reads import ModelReads
from llm_service.sources.bobspark_ops.node_watch import NodeWatch
from llm_service.sources.bobspark_ops.qa_reads import QaReads
from llm_service.sources.bobspark_ops.queue_watch import LiveRuns, QueueHeard, QueueWatch
from llm_service.sources.bobspark_ops.remembered import Remembered
from llm_service.sources.bobspark_ops.site import Client, KeptRuns, Loads, Site
from llm_service.sources.upstream.asking import Question


class Operations:
    """`watch` adds a server; what is read and commanded is over all that were added."""

    def __init__(
        self,
        publish: Callable[[Announced], None],
        loads: Loads,
        runs: KeptRuns,
        *,
        running: LiveRuns,
        watched: Callable[[str], bool],
        zone: Zone,
        now_ms: Callable[[], int],
        queue_heard: QueueHeard = lambda _source, _rows: None,
    ) -> None:
        self._queue_heard = queue_heard
        self._publish = publish
        self._loads = loads
        self._runs = runs
        self._running = running
        self._watched = watched
        self._zone = zone
        self._now_ms = now_ms
        self._sites: dict[str, Site] = {}
        self._soon: dict[str, Callable[[str], None]] = {}
        remembered = Remembered()
        self.commands = Commands(self._sites)
        self.analytics = AnalyticsReads(self._sites, runs, remembered, zone=zone, now_ms=now_ms)
        self.datasets = DatasetReads(self._sites, loads, remembered, zone=zone, now_ms=now_ms)
        self.models = ModelReads(self._sites, remembered)
        self.qa = QaReads(self._sites, remembered)

    def asks(self, source: str, soon: Callable[[str], None]) -> None:
        """Who has a question of this server asked at once."""
        self._soon[source] = soon

    def watch(self, client: Client) -> list[Question]:
        """What this server is to be asked, which is from now on among those that are read and commanded."""
        name = client.name
        self._sites[name] = Site(name, client, lambda question: self._soon[name](question))
        nodes = NodeWatch(client, self._publish, self._loads, seen=lambda: self._watched("nodes"), now_ms=self._now_ms)
        queue = QueueWatch(
            client,
            self._publish,
            self._loads,
            self._runs,
            running=self._running,
            seen=lambda: self._watched("queue"),
            zone=self._zone,
            now_ms=self._now_ms,
            heard=self._queue_heard,
        )
        return [*nodes.questions(), *queue.questions()]

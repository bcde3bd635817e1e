"""The machines of one server: asked for their load, shown with their last hour, OFFLINE where they do not answer."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from llm_service.clients.errors import BadAnswer, ClientError, Unreachable
from llm_service.core.bobspark_ops.node_loads import (
    Level,
    NodeLoad,
    filled,
    level_of,
    metrics_loads,
    node_load,
)
from llm_service.core.observations import Announced
from llm_service.core.operations.node_shapes import NodeCard, NodeSample, NodesChanged
from llm_service.core.times import iso_seconds
from llm_service.errors import LlmServiceError
from llm_service.sources.bobspark_ops.site import Client, Loads
from llm_service.sources.upstream.asking import Question

log = logging.getLogger(__name__)

PATHS = {"spark": "/api/system/stats", "linux": "/api/system/linux/stats"}
SEEN_S, UNSEEN_S = 8.0, 30.0
SAMPLE_MS = 30_000
MOST_SAMPLES = 120
"""An hour of them."""
FRESH_MS = 90_000
"""What `/api/metrics` said longer ago fills no gaps any more."""


class NodeWatch:
    """Gives the questions for `Asking`, and publishes topic `nodes`. Its answers come on any thread."""

    def __init__(
        self,
        client: Client,
        publish: Callable[[Announced], None],
        loads: Loads,
        *,
        seen: Callable[[], bool],
        now_ms: Callable[[], int],
    ) -> None:
        self._client = client
        self._publish = publish
        self._seen = seen
        self._now_ms = now_ms
        self._guard = threading.Lock()
        self._metrics: tuple[dict[str, NodeLoad], int] = ({}, 0)
        self._nodes = {name: _Node(f"{client.name}:{name}", client.name, name, loads) for name in PATHS}

    def questions(self) -> list[Question]:
        """One a machine, so that a dead one does not hold up the other, and one for what the metrics page knows."""
        asked = [Question(f"node-{name}", self._every_s, self._asking(name, path)) for name, path in PATHS.items()]
        return [*asked, Question("metrics", self._every_s, self._ask_metrics)]

    def _every_s(self) -> float:
        return SEEN_S if self._seen() else UNSEEN_S

    def _asking(self, name: str, path: str) -> Callable[[], None]:
        return lambda: self._ask(name, path)

    def _ask(self, name: str, path: str) -> None:
        node = self._nodes[name]
        node.remember(self._now_ms())
        try:
            value = self._client.get(path).value
            load = node_load(value)
            # Another program's JSON would else make a server of it that answers.
            if load is None or load == NodeLoad():
                raise BadAnswer(f"{self._client.name}: GET {path} answered 200 without figures of a machine", 200)
        except ClientError as error:
            self._tell_offline(node, error)
            raise
        with self._guard:
            metrics, at_ms = self._metrics
        now_ms = self._now_ms()
        other = metrics.get(name) if now_ms - at_ms < FRESH_MS else None
        self._tell(node, node.hear(filled(load, other), now_ms))
        if node.missed:
            node.missed = False
            self._line("node.back", f"{node.name} of {node.source} answers again.")

    def _ask_metrics(self) -> None:
        found = metrics_loads(self._client.get("/api/metrics").value)
        if not found:
            raise BadAnswer(f"{self._client.name}: GET /api/metrics answered 200 without figures of a machine", 200)
        with self._guard:
            self._metrics = (found, self._now_ms())

    def _tell_offline(self, node: _Node, error: ClientError) -> None:
        was = node.level
        self._tell(node, node.lose(error.sentence, self._now_ms()))
        # A server that is away as a whole has a line of its own.
        if was not in ("offline", "unknown") and not isinstance(error, Unreachable):
            node.missed = True
            self._line("node.offline", f"{node.name} of {node.source} is offline: {error.sentence}.")

    def _tell(self, node: _Node, card: NodeCard) -> None:
        body: NodesChanged = {"nodes": [card]}
        self._publish(Announced("nodes", "node.changed", body, rows={node.key: dict(card)}))

    def _line(self, event: str, text: str) -> None:
        entry = {
            "event": event,
            "at": iso_seconds(self._now_ms() / 1000),
            "text": text,
            "href": "#workers?tab=coordinator",
        }
        self._publish(Announced("activity", "activity.added", {"entry": entry}))


class _Node:
    """One machine. Asked by one thread at a time."""

    def __init__(self, key: str, source: str, name: str, loads: Loads) -> None:
        self.key, self.source, self.name = key, source, name
        self.level: Level = "unknown"
        self.missed = False
        """Whether the feed has a line that it is offline."""
        self._loads = loads
        self._load = NodeLoad()
        self._history: deque[NodeSample] = deque(maxlen=MOST_SAMPLES)
        self._remembered = False
        self._sampled_ms = 0
        self._heard_at: str | None = None
        self._since = ""
        self._reason = ""

    def remember(self, now_ms: int) -> None:
        """Take up the last hour where a process before this one kept it; tried again until it can be read."""
        if self._remembered:
            return
        try:
            kept = self._loads.loads(self.key, now_ms - MOST_SAMPLES * SAMPLE_MS)
        except LlmServiceError as error:
            log.debug("the last hour of %s cannot be read: %s", self.key, error)
            return
        self._remembered = True
        self._history = deque([*kept, *self._history], maxlen=MOST_SAMPLES)

    def hear(self, load: NodeLoad, now_ms: int) -> NodeCard:
        """It answered."""
        self._load, self._reason, self._heard_at = load, "", iso_seconds(now_ms / 1000)
        self._to(level_of(load), now_ms)
        if not 0 <= now_ms - self._sampled_ms < SAMPLE_MS:
            self._sampled_ms = now_ms
            sample: NodeSample = {
                "at": self._heard_at,
                "cpu": load.cpu,
                "gpu": load.gpu,
                "vram": load.vram,
                "ram": load.ram,
            }
            self._history.append(sample)
            try:
                self._loads.keep_load(self.key, sample)
            except LlmServiceError as error:
                log.debug("the load of %s is not kept: %s", self.key, error)
        return self._card(now_ms)

    def lose(self, reason: str, now_ms: int) -> NodeCard:
        """It did not answer: its last figures are not those of now."""
        self._load, self._reason = NodeLoad(model=self._load.model), reason
        self._to("offline", now_ms)
        return self._card(now_ms)

    def _to(self, level: Level, now_ms: int) -> None:
        if level != self.level or not self._since:
            self.level, self._since = level, iso_seconds(now_ms / 1000)

    def _card(self, now_ms: int) -> NodeCard:
        load, hour_ago = self._load, iso_seconds(now_ms / 1000 - MOST_SAMPLES * SAMPLE_MS / 1000)
        return {
            "key": self.key,
            "source": self.source,
            "name": self.name,
            "level": self.level,
            "cpu": load.cpu,
            "gpu": load.gpu,
            "vram": load.vram,
            "ram": load.ram,
            "memory_used": load.memory_used,
            "memory_total": load.memory_total,
            "temperature_c": load.temperature_c,
            "model": load.model,
            "uptime": load.uptime,
            "heard_at": self._heard_at,
            "since": self._since,
            "reason": self._reason,
            "disks": list(load.disks),
            "history": [sample for sample in self._history if sample["at"] >= hour_ago],
        }

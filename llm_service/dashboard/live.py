"""The Socket.IO namespace: who listens to which topic, who is brought up to date how, and who fell too far behind."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from flask import request

from llm_service.core.events import FAMILIES, JOINED, TOPICS
from llm_service.core.state import State
from llm_service.core.stream import Numbered
from llm_service.dashboard.socketio_server import SocketIO
from llm_service.hub import Hub, HubStopped

log = logging.getLogger(__name__)

NAMESPACE = "/dashboard"
MAX_QUEUED = 500
"""Packets waiting for one client before it is taken off its topics: it will ask again when it reads again."""

MAX_TOPICS = 50
"""Topics that one client may name when it connects."""
UNKNOWN_TOPIC = f"unknown topic; known are {', '.join(TOPICS)}" + "".join(
    f", and {family}:<key> of what {parent} lists" for family, parent in FAMILIES.items()
)
GOODBYE_S = 0.3

Ack = dict[str, object]


class Live:
    """Carries numbered events to rooms, one room a topic, and answers subscriptions at a point of the stream."""

    def __init__(self, socketio: SocketIO, hub: Hub, *, version: str, now_iso: Callable[[], str]) -> None:
        self._server = socketio.server
        self._hub = hub
        self._version = version
        self._now_iso = now_iso
        self.lost = 0
        self.stopping = False
        """Whether nobody is let in any more."""
        hub.add_sink(self.send)
        on = socketio.on
        on("connect", namespace=NAMESPACE)(self._connect)
        on("subscribe", namespace=NAMESPACE)(self._subscribe)
        on("unsubscribe", namespace=NAMESPACE)(self._unsubscribe)
        on("ping", namespace=NAMESPACE)(self._ping)

    @property
    def clients(self) -> int:
        """Open connections. Engine.IO keeps one that ended until its next round, seconds later; it is no client."""
        return len(self._open())

    def watched(self, topic: str) -> bool:
        """Whether anybody listens to a topic just now. From any thread."""
        return next(iter(self._server.manager.get_participants(NAMESPACE, topic)), None) is not None

    def send(self, events: list[Numbered]) -> None:
        """Emit to everybody who listens. Runs on the hub's thread and never waits: packets go to queues."""
        for topic in {event.topic for event in events}:
            self._let_go_of_slow_clients(topic)
        for event in events:
            self._server.emit(event.name, event.payload, namespace=NAMESPACE, room=event.topic)

    def say_goodbye(self) -> None:
        """Tell everybody that the process is going away; gives the words a moment to leave, not more."""
        self.stopping = True
        self._server.emit("server.stopping", {"timestamp": self._now_iso()}, namespace=NAMESPACE)
        until_s = time.monotonic() + GOODBYE_S
        while time.monotonic() < until_s and any(client.queue.qsize() for client in self._open()):
            time.sleep(0.01)

    def _open(self) -> list[Any]:
        return [client for client in list(self._server.eio.sockets.values()) if not client.closed]

    # -- from clients -------------------------------------------------------------------------------------------

    def _connect(self, auth: object = None) -> None:
        sid = _sid()
        wanted = auth.get("topics") if isinstance(auth, dict) else None
        positions = wanted if isinstance(wanted, dict) else None

        def join(state: State) -> None:
            ack = {
                "message": "Connected to llm-service",
                "timestamp": self._now_iso(),
                "epoch": state.epoch,
                "version": self._version,
                "topics": list(TOPICS),
            }
            self._emit_to(sid, "connection_ack", ack)
            if positions is None:
                for topic in JOINED:
                    self._server.enter_room(sid, topic, namespace=NAMESPACE)
            for topic, position in list((positions or {}).items())[:MAX_TOPICS]:
                if state.knows(topic):
                    self._join(state, sid, topic, position)

        try:
            self._hub.ask(join)
        except HubStopped:
            # Hung up, not refused: a client that is refused does not come back, and the next server would wait for it.
            self._hang_up(sid)

    def _subscribe(self, data: object = None) -> Ack:
        topic = data.get("topic") if isinstance(data, dict) else None
        sid = _sid()

        def join(state: State) -> Ack:
            if not state.knows(topic):
                return {"ok": False, "error": UNKNOWN_TOPIC}
            assert isinstance(topic, str)
            return self._join(state, sid, topic, data)

        try:
            return self._hub.ask(join)
        except HubStopped as error:
            return {"ok": False, "error": str(error)}

    def _unsubscribe(self, data: object = None) -> Ack:
        topic = data.get("topic") if isinstance(data, dict) else None
        if not isinstance(topic, str) or not (topic in TOPICS or topic.partition(":")[0] in FAMILIES):
            return {"ok": False, "error": UNKNOWN_TOPIC}
        self._server.leave_room(_sid(), topic, namespace=NAMESPACE)
        return {"ok": True}

    def _ping(self, _: object = None) -> Ack:
        timestamp = self._now_iso()
        self._emit_to(_sid(), "pong", {"timestamp": timestamp})
        return {"ok": True, "timestamp": timestamp}

    # -- on the hub's thread ------------------------------------------------------------------------------------

    def _join(self, state: State, sid: str, topic: str, position: object) -> Ack:
        """Enter the room and send what was missed, or a snapshot: between two events, so nothing can fall between."""
        stream = state.streams[topic]
        epoch, seq = _position(position)
        missed = stream.since(epoch, seq)
        if missed is None:
            missed = [state.snapshot(topic, self._now_iso())]
        for event in missed:
            self._emit_to(sid, event.name, event.payload)
        self._server.enter_room(sid, topic, namespace=NAMESPACE)
        return {"ok": True, "epoch": stream.epoch, "seq": stream.seq}

    def _let_go_of_slow_clients(self, topic: str) -> None:
        sockets = self._server.eio.sockets
        slow = [
            sid
            for sid, eio_sid in self._server.manager.get_participants(NAMESPACE, topic)
            if (socket := sockets.get(eio_sid)) is not None and socket.queue.qsize() > MAX_QUEUED
        ]
        for sid in slow:
            self.lost += 1
            log.warning("a client does not read; it was taken off %s with %d packets waiting", topic, MAX_QUEUED)
            self._server.leave_room(sid, topic, namespace=NAMESPACE)
            self._emit_to(sid, "stream.lost", {"topic": topic})

    def _hang_up(self, sid: str) -> None:
        session = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(sid, NAMESPACE))
        if session is not None:
            session.close(wait=False, abort=True)

    def _emit_to(self, sid: str, name: str, payload: Any) -> None:
        self._server.emit(name, payload, namespace=NAMESPACE, to=sid)


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]  # put there by Flask-SocketIO
    return sid


def _position(data: object) -> tuple[str | None, int | None]:
    if not isinstance(data, dict):
        return None, None
    epoch, seq = data.get("epoch"), data.get("seq")
    return (epoch if isinstance(epoch, str) else None), (seq if type(seq) is int and seq >= 0 else None)

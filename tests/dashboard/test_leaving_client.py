"""A client that hangs up in the moment of an event costs nobody else that event."""

from __future__ import annotations

from engineio.exceptions import SocketIsClosedError
from flask import Flask
from flask_socketio import SocketIO

from llm_service.dashboard import websocket


def test_an_event_reaches_the_room_past_a_socket_that_closes_now() -> None:
    socketio = SocketIO(
        Flask(__name__),
        async_mode="threading",
        cors_allowed_origins=lambda origin, environ: True,
        max_http_buffer_size=websocket.MAX_MESSAGE_BYTES,
    )
    websocket.harden(socketio)
    server = socketio.server
    reached = []

    def send_packet(eio_sid: str, packet: object) -> None:
        if eio_sid == "leaving":
            raise SocketIsClosedError
        reached.append(eio_sid)

    server.eio.send_packet = send_packet
    for eio_sid in ("first", "leaving", "last"):
        sid = server.manager.connect(eio_sid, "/dashboard")
        server.manager.enter_room(sid, "/dashboard", "board")
    server.emit("task.created", {}, namespace="/dashboard", room="board")
    assert sorted(reached) == ["first", "last"]

"""Clients that hang up in the same moment, or in that of an event, cost nobody else anything."""

from __future__ import annotations

import threading

from engineio.exceptions import SocketIsClosedError
from flask import Flask
from flask_socketio import SocketIO

from llm_service.dashboard import websocket


def new_socketio() -> SocketIO:
    return SocketIO(
        Flask(__name__),
        async_mode="threading",
        cors_allowed_origins=lambda origin, environ: True,
        max_http_buffer_size=websocket.MAX_MESSAGE_BYTES,
    )


def test_clients_that_leave_together_are_seen_off_one_by_one() -> None:
    socketio = new_socketio()
    inside, most, both = 0, 0, threading.Barrier(2)

    def leave(eio_sid: str, reason: str) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        still = threading.Event()
        still.wait(0.05)  # room for the other one to come in, if it could
        inside -= 1

    socketio.server.eio.on("disconnect", leave)
    websocket.harden(socketio)
    handle = socketio.server.eio.handlers["disconnect"]

    def go(eio_sid: str) -> None:
        both.wait()
        handle(eio_sid, "gone")

    threads = [threading.Thread(target=go, args=(sid,)) for sid in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_an_event_reaches_the_room_past_a_socket_that_closes_now() -> None:
    socketio = new_socketio()
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

"""A harder WebSocket: bounded messages, whole sends, no compression, and threads that always come back.

Engine.IO gives no public way to any of this, so private hooks are used; ``harden`` proves at start-up that they are
still what was tested, and says so when they are not.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

import simple_websocket
from wsproto.utilities import ProtocolError

from llm_service.dashboard.socketio_server import EngineSocket, SimpleWebSocketWSGI, SocketIsClosedError
from llm_service.dashboard.web_reply import UPGRADED
from llm_service.errors import LlmServiceError

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 100_000
# Messages read but not yet handled; a client that sends faster than we handle is flooding.
_MAX_WAITING = 1000
# One message may take this long in all; the kernel's own limit is for each piece.
_SEND_S = 20.0


def harden(socketio: Any) -> None:
    """Put the harder WebSocket into a Flask-SocketIO; raise when its options or its insides are not as expected."""
    server = socketio.server
    engine = server.eio
    _check_options(engine)
    _check_hooks(engine)
    server._send_eio_packet = _careful_send(server)
    engine.on("disconnect", _one_at_a_time(engine.handlers["disconnect"]))
    # A copy: the driver's table is shared by every server of the process.
    engine._async = {**engine._async, "websocket": _Door}
    engine._handle_connect = _tidy_connect(engine)


def _careful_send(server: Any) -> Callable[[str, Any], None]:
    """Return the server's way to one client; one that hangs up in this moment must not cost the others their event."""
    original = server._send_eio_packet

    def send(eio_sid: str, packet: Any) -> None:
        with contextlib.suppress(SocketIsClosedError):
            original(eio_sid, packet)

    return send


def _one_at_a_time(leave: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Return Socket.IO's handling of a client that left, without two at once: they would pull rooms from each other."""
    lock = threading.Lock()

    def handle(eio_sid: str, reason: str) -> None:
        with lock:
            leave(eio_sid, reason)

    return handle


def close_all(socketio: Any) -> None:
    """End every session without waiting for anybody; for the end of the server and a new token."""
    for session in list(socketio.server.eio.sockets.values()):
        # engineio's own disconnect() waits until the client has read everything, however long that takes.
        with contextlib.suppress(Exception):
            session.close(wait=False, abort=True)


class _WholeSends:
    """A socket whose ``send`` sends everything or ends the connection: half a frame would garble the stream."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # Event sender and reader (which answers pings) both write.
        self._lock = threading.Lock()

    def send(self, data: bytes) -> int:
        """Send all of it, or hang up and raise BrokenPipeError."""
        rest = memoryview(data)
        end_s = time.monotonic() + _SEND_S
        try:
            with self._lock:
                while rest:
                    rest = rest[self._connection.send(rest) :]
                    if rest and time.monotonic() > end_s:
                        raise TimeoutError("the client reads too slowly")
        except OSError as error:
            self.hang_up()
            raise BrokenPipeError(str(error)) from error
        return len(data)

    def recv(self, size: int) -> bytes:
        """Receive as the socket does."""
        return self._connection.recv(size)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._connection.fileno()

    def hang_up(self) -> None:
        """End both directions, which wakes whoever waits on the socket."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close for good."""
        self.hang_up()
        self._connection.close()


class _WebSocket(simple_websocket.Server):
    """simple-websocket's server with limits, on whole sends."""

    def __init__(self, environ: dict[str, Any]) -> None:
        # Compression would let 100 kB on the wire become 100 MB in memory.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        for key in ("werkzeug.socket", "gunicorn.socket"):
            if key in environ:
                environ[key] = _WholeSends(environ[key])
        super().__init__(environ, max_message_size=MAX_MESSAGE_BYTES)

    def close(self, reason: Any = None, message: Any = None) -> None:
        """Say goodbye if the client still listens, and wake our own threads in any case."""
        try:
            with contextlib.suppress(OSError, ProtocolError, simple_websocket.ConnectionClosed):
                super().close(reason, message)
        finally:
            self.connected = False
            self.sock.hang_up()
            self.event.set()

    def _handle_events(self) -> bool:
        keep_going: bool = super()._handle_events()
        if len(self.input_buffer) > _MAX_WAITING:
            log.warning("web: a client sent faster than its messages could be handled, it was disconnected")
            keep_going = False
        return keep_going

    def _thread(self) -> None:
        try:
            super()._thread()
        except Exception as error:  # noqa: BLE001 - a library's thread: whatever ends it must end it fully
            log.debug("web: a WebSocket ended with %r", error)
        finally:
            self.connected = False
            self.event.set()
            self.sock.close()


class _Door(SimpleWebSocketWSGI):
    """What Engine.IO calls to turn a request into a WebSocket."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_SEC_WEBSOCKET_KEY" not in environ or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"error": "this is no handshake of WebSocket version 13"}']
        environ[UPGRADED] = True
        session = self.app.__self__
        self.ws = _WebSocket(environ)
        try:
            self.app(self)
        except Exception:
            # What the client sent was no Engine.IO packet. Its session must not outlive the connection.
            session.close(wait=False, abort=True)
            raise
        finally:
            self.ws.close()
            if session.closed:
                # Engine.IO would count it as a viewer until its next round.
                session.server.sockets.pop(session.sid, None)
        if self.ws.mode == "gunicorn":
            raise StopIteration
        raise ConnectionError("the WebSocket has ended")


def _tidy_connect(engine: Any) -> Callable[..., Any]:
    """Return Engine.IO's handshake, with its session taken back when the handshake fails.

    A session whose ping thread could not be started is never found dead, and would count as a viewer for ever.
    """
    original, new_id = engine._handle_connect, engine.generate_id
    handshake = threading.local()

    def generate_id() -> str:
        sid = str(new_id())
        # The first one only: joining a namespace, in the same thread, takes an id as well.
        if getattr(handshake, "sid", sid) is None:
            handshake.sid = sid
        return sid

    def connect(environ: dict[str, Any], start_response: Any, transport: str, jsonp_index: Any = None) -> Any:
        handshake.sid = None
        goes_on = False
        try:
            answer = original(environ, start_response, transport, jsonp_index)
            goes_on = transport == "polling"
        finally:
            if not goes_on:
                _end_session(engine, handshake.sid)
            del handshake.sid
        return answer

    engine.generate_id = generate_id
    return connect


def _end_session(engine: Any, sid: str | None) -> None:
    session = engine.sockets.pop(sid, None)
    if session is not None and not session.closed:
        session.close(wait=False, abort=True)
    if getattr(engine, "service_task_handle", None) is None:
        # Its thread could not be started, either; the next handshake tries again.
        engine.start_service_task = True


def _check_options(engine: Any) -> None:
    """Refuse options under which the server would trust strangers or hold too much."""
    problems = []
    if engine.async_mode != "threading":
        problems.append(f"async_mode is {engine.async_mode!r}, not 'threading'")
    if not callable(engine.cors_allowed_origins):
        # [] switches the check off, '*' lets all in, None believes a forwarded host.
        problems.append(f"cors_allowed_origins is {engine.cors_allowed_origins!r}, not a function")
    if engine.max_http_buffer_size > MAX_MESSAGE_BYTES:
        problems.append(f"max_http_buffer_size is {engine.max_http_buffer_size}, above {MAX_MESSAGE_BYTES}")
    if problems:
        raise LlmServiceError(f"Socket.IO is not set up safely: {'; '.join(problems)}")


def _check_hooks(engine: Any) -> None:
    server, sock = simple_websocket.Server, EngineSocket
    hooks = (
        engine._async.get("websocket") is SimpleWebSocketWSGI,
        isinstance(engine.sockets, dict),
        "disconnect" in engine.handlers,
        callable(getattr(engine, "_handle_connect", None)),
        "generate_id" in type(engine)._handle_connect.__code__.co_names,
        "max_message_size" in inspect.signature(server.__init__).parameters,
        all(hasattr(server, name) for name in ("_thread", "_handle_events", "send", "close", "receive")),
        "werkzeug.socket" in server.__init__.__code__.co_consts,
        "websocket" in sock._upgrade_websocket.__code__.co_consts,
    )
    if not all(hooks):
        found = ", ".join(f"{name} {version(name)}" for name in ("python-engineio", "simple-websocket"))
        raise LlmServiceError(
            f"this version of llm-service does not know the insides of {found}: "
            "install the versions its requirements.txt names"
        )

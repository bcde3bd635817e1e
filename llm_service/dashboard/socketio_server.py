"""The one door to Socket.IO's libraries: without the HTTP client that their clients load, 4 MB a server never uses.

They are whole but for those clients. A program that loaded requests before, as tests with a client do, keeps it.
"""

from __future__ import annotations

from llm_service.optional_modules import left_out

with left_out("requests", "websocket", "aiohttp"):
    from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
    from engineio.exceptions import SocketIsClosedError
    from engineio.socket import Socket as EngineSocket
    from flask_socketio import SocketIO
    from socketio.packet import Packet

__all__ = ["EngineSocket", "Packet", "SimpleWebSocketWSGI", "SocketIO", "SocketIsClosedError"]

"""Socket.IO packets that hold JSON and nothing else: everything of ours went through the wire gate."""

from __future__ import annotations

from llm_service.dashboard.socketio_server import Packet


class JsonPacket(Packet):
    """A packet that is not searched for bytes to be sent apart.

    For every event that took longer than writing its JSON, and 20 ms for a storm of 2,000 changes.
    """

    uses_binary_events = False

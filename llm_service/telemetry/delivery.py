"""Sending rows to a dashboard over HTTP with what Python brings along; never through a proxy, never in a hurry."""

from __future__ import annotations

# A connection looks this codec up when it opens. Here it is part of the import that a fork waits for: forked while a
# thread makes the module, a child would be told "unknown encoding: idna" for the rest of its life.
import encodings.idna  # noqa: F401
import http.client
import json
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from llm_service.telemetry.finding import Target

TIMEOUT_S = 10.0
PATH = "/api/telemetry/invocations"
_NEVER = {400, 413, 415, 422}
"""Answers that will be the same next time."""


class Fate(Enum):
    """What became of rows that were sent."""

    TAKEN = "taken"
    LATER = "later"
    """Not now: they are kept and sent again."""
    NEVER = "never"
    """They cannot be taken, whenever they are sent."""


class Answer(NamedTuple):
    """What a dashboard said; `refused` are the reasons of single rows."""

    fate: Fate
    said: str = ""
    refused: tuple[str, ...] = ()


class Delivery:
    """One kept connection to one dashboard; for one thread."""

    def __init__(self, target: Target, timeout_s: float = TIMEOUT_S) -> None:
        self.target = target
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def send(self, rows: Sequence[Any]) -> Answer:
        """Send rows and wait for what became of them. Never raises for what a network or a server can do."""
        body = json.dumps({"rows": list(rows)}).encode("utf-8", "replace")
        kept = self._connection is not None
        try:
            return self._ask(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if not kept:
                return Answer(Fate.LATER, f"{self.target.url} does not answer: {error}")
        # The server may have closed a connection that was not used for a while. Sending twice is harmless.
        try:
            return self._ask(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return Answer(Fate.LATER, f"{self.target.url} does not answer: {error}")

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._connection = None

    def _ask(self, body: bytes) -> Answer:
        parts = urlsplit(self.target.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it is no address of a web server; LLM_SERVICE_URL is like http://127.0.0.1:8080/")
        if self._connection is None:
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(parts.hostname, parts.port, timeout=self._timeout_s)
        headers = {"Content-Type": "application/json"}
        if self.target.token:
            headers["Authorization"] = f"Bearer {self.target.token}"
        self._connection.request("POST", parts.path.rstrip("/") + PATH, body=body, headers=headers)
        response = self._connection.getresponse()
        data = response.read(4_000_000)
        return _understood(response.status, data)


def _understood(status: int, data: bytes) -> Answer:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        said = {}
    if status == http.client.OK and "accepted" in said:
        return Answer(Fate.TAKEN, "", tuple(str(row.get("reason")) for row in said.get("refused", ())))
    reason = f"the dashboard answered {status}: {said.get('error', '')}"
    return Answer(Fate.NEVER if status in _NEVER else Fate.LATER, reason)

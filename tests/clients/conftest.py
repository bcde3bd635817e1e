"""A server whose bytes the test decides, and clients of it that end with the test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest

from llm_service.clients.web import Client, Timeouts
from llm_service.upstreams import Upstream
from tests.kit.raw_server import Exchange, RawServer

SHORT = Timeouts(connect_s=1.0, read_s=1.0, headers_s=1.0, whole_s=3.0)
"""For tests in which a time runs out."""
USUAL = Timeouts()


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Makes servers: serve(answer), serve(answer, tls=…)."""
    made: list[RawServer] = []

    def make(answer: Callable[[Exchange], None], *, tls: ssl.SSLContext | None = None) -> RawServer:
        made.append(RawServer(answer, tls=tls))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def client_of() -> Iterator[Callable[..., Client]]:
    """Makes clients: client_of(url, token=…, timeouts=…)."""
    made: list[Client] = []

    def make(url: str, token: str | None = None, timeouts: Timeouts = USUAL) -> Client:
        made.append(Client(Upstream("spark", url, token), timeouts))
        return made[-1]

    yield make
    for client in made:
        client.close()

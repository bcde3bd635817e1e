"""A board that watches simulated servers, and a client of its runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.kit.board_fixtures import folder, start_board  # noqa: F401
from tests.kit.boards import Board


@pytest.fixture
def watch(start_board: Callable[..., Board]) -> Callable[..., Board]:  # noqa: F811
    """Starts a board over these servers, which are named a, b, …"""

    def start(*servers: Bobspark, **settings: Any) -> Board:
        upstreams = tuple(Upstream("abcdef"[n], server.url) for n, server in enumerate(servers))
        return start_board(bobspark=upstreams, agent_logs=False, **settings)

    return start

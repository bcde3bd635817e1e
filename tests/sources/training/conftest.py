from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kit.raw_server import Exchange, RawServer
from tests.kit.training_rig import Rig


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    """Makes rigs that end with the test."""
    made: list[Rig] = []

    def make(*arguments: Any, **options: Any) -> Rig:
        made.append(Rig(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[Exchange], None]], RawServer]]:
    """Makes servers whose every answer a test decides; they end with it."""
    made: list[RawServer] = []

    def make(answer: Callable[[Exchange], None]) -> RawServer:
        made.append(RawServer(answer))
        return made[-1]

    yield make
    for server in made:
        server.stop()

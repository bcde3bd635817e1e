from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

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

"""Who is listened to, whoever says so at the same moment."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from llm_service.sources.bobspark import run_streams
from llm_service.sources.bobspark.run_streams import RunStreams


class Quiet:
    """Stands for a listener, for a server and for its card."""

    name = "a"
    alive = True

    def __init__(self, *_: Any, **__: Any) -> None:
        """Whatever it is given."""

    def start(self) -> None:
        """Nothing is heard."""

    def stop(self, _: float) -> None:
        """Nothing was."""

    def stream_gone(self, _: str) -> None:
        """Nobody is told."""


def test_a_run_that_is_launched_while_the_list_is_taken_in_stays_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_streams, "Listener", Quiet)
    nobody = cast(Any, Quiet())
    streams = RunStreams(nobody, nobody, nobody, listed=lambda _: True)
    launching = threading.Thread(target=lambda: streams.begin("launched"))

    def those_of_before() -> list[str]:
        launching.start()
        launching.join(0.05)
        return ["running"]

    streams.begin("ended")
    streams.listen_to(those_of_before)
    launching.join(10)
    assert {name: streams.has(name) for name in ("ended", "running", "launched")} == {
        "ended": False,
        "running": True,
        "launched": True,
    }

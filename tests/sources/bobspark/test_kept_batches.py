"""A launch that stopped half-way can be gone on with after a restart of ours, and no worker is started twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from llm_service.simulators.bobspark import Bobspark
from llm_service.upstreams import Upstream
from tests.kit.boards import Folder, running_board
from tests.kit.run_follower import RunFollower, post

FORM = {"batch": "b/1", "model": "gpt-4o", "domain": "S3", "type": "qa", "workers": 5}


def test_the_rest_of_a_launch_is_offered_after_a_restart(
    make_bobspark: Callable[..., Bobspark], folder: Folder, tmp_path: Path
) -> None:
    server = make_bobspark(speed=20)
    settings: dict[str, Any] = {"bobspark": (Upstream("a", server.url),), "agent_logs": False}
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        post(board, "/api/runs", FORM)
        client.until(lambda: client.batches and len(client.batches[0]["started"]) >= 2, "two started workers")
        server.set_faults("http-500:/api/runs")
        client.until(lambda: client.batches[0]["state"] == "stopped", "a stopped batch")
        before = client.batches[0]
    server.set_faults()
    with running_board(folder.root, tmp_path / "state", **settings) as board:
        client = RunFollower(board).connect()
        client.until(lambda: client.batches, "the batch of before")
        assert client.batches == [before]
        assert post(board, "/api/runs", FORM)[1]["batch"] == before, "sent again it is the same batch"
        status, answer = post(board, "/api/batches/b%2F1/rest")
        assert (status, answer["batch"]["state"]) == (202, "sending")
        client.until(lambda: client.batches[0]["state"] == "done", "the rest", 30)
        assert len(client.batches[0]["started"]) == len(server.ledger()["runs"]) == 5
    with running_board(folder.root, tmp_path / "state", agent_logs=False) as board:
        assert board.get("/api/batches/b%2F1")[1]["batch"]["state"] == "done"
        status, refusal = post(board, "/api/batches/b%2F1/rest")
        assert (status, refusal["error"]) == (
            404,
            "a is not watched any more, so the rest of this batch cannot be started",
        )

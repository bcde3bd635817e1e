"""FI-10, FI-11, FI-12, FI-37: cut, restarted, lossy and sleeping connections end with the truth all the same."""

from __future__ import annotations

import subprocess

import pytest

from tests.kit.boards import Board, converged
from tests.kit.follower import Follower
from tests.kit.oracle import Oracle
from tests.kit.pace import Edits
from tests.kit.proxy import Proxy
from tests.kit.server import Server
from tests.kit.work_dir import WorkDir

PER_SECOND = 500
SHORT, LONG = (0.05, 0.2, 0.7), (0.05, 0.5, 2.0, 5.0, 0.1)


def follow(board: Board, proxy: Proxy, **options: int) -> Follower:
    follower = Follower(proxy.url, board.token, **options)
    board.followers.append(follower)
    return follower.connect()


@pytest.mark.parametrize(
    "cuts_s", [(0.05, 0.2, 0.7), pytest.param((0.05, 0.5, 2.0, 5.0, 0.1), marks=pytest.mark.faults)]
)
def test_a_cut_connection_catches_up_without_a_gap(board: Board, cuts_s: tuple[float, ...]) -> None:
    with Proxy(board.runtime.port) as proxy:
        follower = follow(board, proxy)
        with Edits(board, PER_SECOND) as edits:
            for cut_s in cuts_s:
                seen = follower.mark()
                follower.until(lambda n=seen: follower.mark() > n + 50, "events")
                proxy.cut(cut_s)
                follower.until(lambda: not follower.connected, "a cut")
                follower.until(lambda: follower.connected, "a new connection")
        board.converged()
        assert follower.holes == 0, "what was missed is replayed or replaced before anything new comes"
        assert edits.made > 100


def test_a_short_cut_is_replayed_and_costs_no_snapshot(board: Board) -> None:
    with Proxy(board.runtime.port) as proxy:
        follower = follow(board, proxy)
        board.put("inbox/a.yaml")
        board.converged()
        proxy.cut(0.2)
        board.put("inbox/b.yaml")
        board.converged()
        names = [heard.name for heard in follower.heard if heard.name in ("board.snapshot", "task.created")]
        assert names == ["board.snapshot", "task.created", "task.created"]


def test_a_connection_that_loses_every_fiftieth_event_notices_each_hole(board: Board) -> None:
    with Proxy(board.runtime.port, lose=50) as proxy:
        follower = follow(board, proxy)
        with Edits(board, PER_SECOND):
            follower.until(lambda: proxy.lost >= 20 and follower.holes >= 5, "lost events that were noticed")
        proxy.lose = 0
        board.put("inbox/last.yaml")
        board.converged()


def test_clients_stay_while_the_server_is_restarted(server: Server, work_dir: WorkDir) -> None:
    followers = [Follower(server.url, server.token).connect() for _ in range(3)]
    oracle = Oracle(work_dir.root)
    try:
        for name in ("a", "b", "c"):
            work_dir.add("inbox", name)
        converged(oracle, tuple(followers))
        epoch = followers[0].known["board"]["epoch"]
        for end in (server.stop, server.kill):
            end()
            work_dir.remove("inbox/a.yaml")
            work_dir.move("b", "inbox", "done/pedro")
            work_dir.add("inbox", "d")
            server.start()
            converged(oracle, tuple(followers))
            work_dir.add("inbox", "a")
            work_dir.move("b", "done/pedro", "inbox")
            converged(oracle, tuple(followers))
        assert followers[0].known["board"]["epoch"] != epoch
        assert [heard.name for heard in followers[0].heard].count("server.stopping") == 1, "kill says no goodbye"
        assert all(follower.holes == 0 for follower in followers)
    finally:
        for follower in followers:
            follower.close()


@pytest.mark.faults
def test_a_client_that_sleeps_through_a_storm_wakes_to_the_truth_and_not_to_a_flood(board: Board) -> None:
    sleeper, awake = board.follow(receive_buffer=4096), board.follow()
    sleeper.sleep()
    mark = sleeper.mark()
    with Edits(board, 1000) as edits:
        awake.until(lambda: board.get("/ready")[1]["clients_lost"], "the sleeper was let go")
        let_go = edits.made
        awake.until(lambda: edits.made > let_go + 1500, "further edits")
    sleeper.wake()
    board.converged()
    heard, told = sleeper.mark() - mark, awake.mark() - mark
    assert sleeper.lost >= 1
    assert sleeper.holes == 0
    assert heard <= told - 1500, f"heard {heard} of {told}"


@pytest.mark.faults
@pytest.mark.timeout(120)
def test_a_client_that_sleeps_longer_than_the_ping_is_dropped_and_comes_back_by_itself(board: Board) -> None:
    sleeper, awake = board.follow(), board.follow()
    sleeper.sleep()
    board.put("inbox/a.yaml")
    awake.until(lambda: board.get("/ready")[1]["clients"] == 1, "the sleeper was dropped", 45.0)
    with Edits(board, 200) as edits:
        awake.until(lambda: edits.made > 2500, "edits", 60.0)
    mark = sleeper.mark()
    sleeper.wake()
    board.converged()
    assert sleeper.mark() - mark < 50, "a snapshot, not what was missed"


@pytest.mark.faults
def test_a_client_process_that_is_stopped_and_continued_converges(server: Server, work_dir: WorkDir) -> None:
    """The same with a real SIGSTOP: the kernel acknowledges for a process that does not run."""
    follower = Follower(server.url, server.token).connect()
    try:
        for round_ in range(3):
            subprocess.run(["kill", "-STOP", str(server.pid)], check=True)
            for number in range(50):
                work_dir.add("inbox", f"t{round_}-{number}")
            subprocess.run(["kill", "-CONT", str(server.pid)], check=True)
            converged(Oracle(work_dir.root), (follower,))
    finally:
        follower.close()

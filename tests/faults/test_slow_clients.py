"""FI-13, REL-11: a client that does not read costs little, hurts nobody, and finds back when it reads again."""

from __future__ import annotations

import base64
import os
import socket
import time

import psutil
import pytest

from tests.faults.test_storms import fill
from tests.kit.boards import Board
from tests.kit.follower import Follower
from tests.kit.pace import Edits
from tests.kit.server import Server
from tests.kit.waiting import wait_until
from tests.kit.work_dir import WorkDir

CONNECT = b"40/dashboard,"
PING_S = 20.0


def test_a_client_that_fell_behind_is_let_go_and_finds_back(board: Board) -> None:
    fill(board.root / "inbox", 2_000)
    sleeper, awake = board.follow(receive_buffer=4096), board.follow()
    board.converged()
    sleeper.sleep()
    asleep_s = time.monotonic()
    places = ("done/pedro", "inbox")
    for number in range(12):
        # Each is more than a megabyte, so that the kernel's buffers are soon full and packets begin to queue.
        mark = awake.mark()
        board.rename(places[number % 2 - 1], places[number % 2])
        awake.wait_for("board.changed", since=mark)
    for number in range(4):
        for name in range(90):
            board.replace(f"assigned/p/{name}.yaml", f"id: p{name}\ntitle: round {number}\n")
        board.converged(awake)
    assert board.get("/ready")[1]["clients_lost"] >= 1
    slept_s = time.monotonic() - asleep_s
    sleeper.wake()
    board.converged()
    # Where all that took longer than the ping, its whole connection was ended before it could read that it was let go.
    assert sleeper.lost >= 1 or slept_s > PING_S
    assert sleeper.holes == 0


class NeverReads:
    """A WebSocket client with a 4 kB receive buffer that joins the board and then does not read a byte."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        lines = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Authorization: Bearer {token}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        assert self.socket.recv(12) == b"HTTP/1.1 101"
        # A frame of a client is masked; with a mask of zeros it is what it says.
        self.socket.sendall(bytes([0x81, 0x80 | len(CONNECT), 0, 0, 0, 0]) + CONNECT)

    def close(self) -> None:
        self.socket.close()


@pytest.mark.faults
@pytest.mark.timeout(180)
def test_clients_that_never_read_cost_little_and_hurt_nobody(server: Server, work_dir: WorkDir) -> None:
    process = psutil.Process(server.pid)
    reader = Follower(server.url, server.token).connect()
    try:
        with Edits(work_dir, 500):
            reader.until(lambda: reader.mark() > 2000, "a warm server")
        threads, rss = process.num_threads(), process.memory_info().rss
        clients = server.get_json("/ready")["clients"]
        deaf = [NeverReads(server.port, server.token) for _ in range(3)]
        wait_until(lambda: server.get_json("/ready")["clients"] == clients + 3, "three deaf clients")
        mark, most = reader.mark(), rss

        def all_dropped() -> bool:
            nonlocal most
            most = max(most, process.memory_info().rss)
            return server.get_json("/ready")["clients"] == clients

        with Edits(work_dir, 500):
            wait_until(all_dropped, "the deaf were dropped", 30.0, pause_s=0.2)
        assert (most - rss) / 2**20 < 50, "MB more than before"
        wait_until(lambda: process.num_threads() <= threads + 1, "their threads came back")
        waits_s = sorted(
            heard.at_s - float(heard.payload["task"]["title"].split()[0])
            for heard in reader.heard[mark:]
            if heard.name == "task.updated"
        )
        assert len(waits_s) > 500
        assert waits_s[int(len(waits_s) * 0.99)] < 0.4, f"p50 {waits_s[len(waits_s) // 2]:.3f} s"
        for client in deaf:
            client.close()
    finally:
        reader.close()

"""Benchmark 11: events of runs through the relay to five live clients, beside bare sseclient-py reading."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import sseclient

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, percentile, shown
from benchmarks.kit.live import LiveClient
from benchmarks.kit.server import REPO, Server

NAME = "runs-relay"
TITLE = "Events of runs to five clients"
CLIENTS = 5
STREAMS = 18
RATE = 200.0
SETTLED_S = 4.0


class Source:
    """An emitter of runs in a process of its own."""

    def __init__(self, streams: int) -> None:
        command = [sys.executable, "-m", "benchmarks.kit.run_emitter", str(streams)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPO)
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def go(self, count: int, rate: float | None) -> list[list[int]]:
        """Send, and when each event was sent."""
        body = json.dumps({"count": count, "rate": rate}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_go", data=body), timeout=120) as answer:
            sent: list[list[int]] = json.load(answer)
            return sent

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


class Audience:
    """Five clients; for each run and client the moments at which it was told how many tokens."""

    def __init__(self, server: Server) -> None:
        self._clients = [LiveClient(server, {"runs": {}}) for _ in range(CLIENTS)]
        self._ahead_ns = time.time_ns() - time.monotonic_ns()
        self.told: list[dict[str, list[tuple[int, int]]]] = [{} for _ in self._clients]
        self.messages = 0

    def listen(self, until: dict[str, int], within_s: float) -> None:
        """Until every client was told of so many tokens of each run."""
        poll = select.poll()
        by_number = {client.ws.fileno(): place for place, client in enumerate(self._clients)}
        for number in by_number:
            poll.register(number, select.POLLIN)
        end_s = time.monotonic() + within_s
        while not self._has_all(until) and time.monotonic() < end_s:
            for number, _ in poll.poll(200):
                self._hear(by_number[number])

    def _hear(self, place: int) -> None:
        told = self.told[place]
        for event in self._clients[place].available():
            self.messages += place == 0
            for run in event.data.get("runs", ()):
                if "tokens_out" in run:
                    told.setdefault(run["key"], []).append((run["tokens_out"], event.at_ns + self._ahead_ns))

    def _has_all(self, until: dict[str, int]) -> bool:
        return all(
            key in told and told[key][-1][0] is not None and told[key][-1][0] >= tokens
            for told in self.told
            for key, tokens in until.items()
        )

    def delays_ms(self, key: str, first: int, sent: list[int]) -> list[float]:
        """From an event's sending to the first figure that counts it, at every client."""
        found = []
        for told in self.told:
            place, figures = 0, [figure for figure in told.get(key, ()) if figure[0] is not None]
            for offset, at_ns in enumerate(sent):
                while place < len(figures) and figures[place][0] < first + offset:
                    place += 1
                if place < len(figures):
                    found.append((figures[place][1] - at_ns) / 1e6)
        return found

    def close(self) -> None:
        for client in self._clients:
            client.close()


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 10, 300)
    seconds = 4 if quick else 12
    rows = []
    for streams in (1, STREAMS):
        flood = (20_000 if quick else 60_000) // streams
        with (
            _source(streams) as source,
            Server(board.root, folder / f"state-{streams}", "--bobspark", source.url) as server,
        ):
            rows += _steady(server, source, streams, seconds)
            rows += _flood(server, source, streams, flood)
        with _source(streams) as source:
            bare = _bare(source, streams, flood)
        accepted = rows[-2].value
        remark = f"bare {shown(bare)} events/s, decoded and parsed"
        rows.append(
            Row(
                f"{_streams(streams)}, as fast as they come: share of bare sseclient-py",
                accepted / bare,
                "",
                remark=remark,
            )
        )
    return rows


@contextmanager
def _source(streams: int) -> Iterator[Source]:
    source = Source(streams)
    try:
        yield source
    finally:
        source.close()


def _streams(count: int) -> str:
    return f"{count} streams" if count > 1 else "1 stream"


def _steady(server: Server, source: Source, streams: int, seconds: int) -> list[Row]:
    audience = _audience(server, streams)
    before = audience.messages
    sent, base = _send(source, audience, streams, int(RATE * seconds), RATE)
    delays = [
        delay for number in range(streams) for delay in audience.delays_ms(_key(server, number), base + 1, sent[number])
    ]
    missing = sum(len(one) for one in sent) * CLIENTS - len(delays)
    audience.close()
    what = f"{_streams(streams)}, {RATE:.0f} events/s each"
    told = f"{(audience.messages - before) / seconds:.0f} messages/s to each of {CLIENTS} clients"
    return [
        Row(f"{what}: sent → told, p50", percentile(delays, 0.5), "ms", 5, told),
        Row(f"{what}: p99", percentile(delays, 0.99), "ms", remark=f"worst {shown(max(delays))}"),
        Row(f"{what}: events that no figure counts", missing, "", 0),
    ]


def _flood(server: Server, source: Source, streams: int, count: int) -> list[Row]:
    audience = _audience(server, streams)
    before = _heard(server)
    sent, _ = _send(source, audience, streams, count, None)
    told = max(moments[-1][1] for one in audience.told for moments in one.values())
    took_s = (told - min(min(one) for one in sent if one)) / 1e9
    total = count * streams
    dropped = total - (_heard(server) - before)
    audience.close()
    what = f"{_streams(streams)}, as fast as they come"
    return [
        Row(f"{what}: accepted and told", total / took_s, "events/s", least=20_000 if streams > 1 else None),
        Row(f"{what}: events not accepted", dropped, "", 0, f"of {total:,}"),
    ]


def _audience(server: Server, streams: int) -> Audience:
    end_s = time.monotonic() + 30
    while server.get("/api/sources")["sources"][0]["streams"]["open"] < streams:
        if time.monotonic() > end_s:
            raise TimeoutError("the streams were not opened")
        time.sleep(0.1)
    # What a server does once after its start is no part of what an event takes.
    time.sleep(SETTLED_S)
    return Audience(server)


def _send(
    source: Source, audience: Audience, streams: int, count: int, rate: float | None
) -> tuple[list[list[int]], int]:
    """Send and listen at the same time; the moments of sending, and the tokens there were before."""
    base = _tokens(source)
    sent: list[list[list[int]]] = []
    sender = threading.Thread(target=lambda: sent.append(source.go(count, rate)))
    sender.start()
    name = f"127.0.0.1-{source.url.rpartition(':')[2]}"
    audience.listen({f"{name}:r{number}": base + count for number in range(streams)}, 60)
    sender.join()
    return sent[0], base


def _tokens(source: Source) -> int:
    with urllib.request.urlopen(f"{source.url}/_tokens", timeout=10) as answer:
        return int(json.load(answer)[0])


def _key(server: Server, number: int) -> str:
    return f"{server.get('/api/sources')['sources'][0]['key']}:r{number}"


def _heard(server: Server) -> int:
    return int(server.get("/api/sources")["sources"][0]["streams"]["events"])


def _bare(source: Source, streams: int, count: int) -> float:
    """Events a second that sseclient-py over requests reads in one process, one thread a stream, with json.loads."""
    ready = threading.Barrier(streams + 1)
    ends: list[int] = []

    def read(number: int) -> None:
        response = requests.get(f"{source.url}/api/runs/r{number}/stream", stream=True, timeout=60)
        ready.wait()
        for place, event in enumerate(sseclient.SSEClient(response.iter_content(65_536)).events(), 1):
            json.loads(event.data)
            if place >= count:
                break
        ends.append(time.time_ns())
        response.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(streams)]
    for thread in threads:
        thread.start()
    ready.wait()
    sent: list[list[list[int]]] = []
    sender = threading.Thread(target=lambda: sent.append(source.go(count + 2_000, None)), daemon=True)
    sender.start()
    for thread in threads:
        thread.join(60)
    sender.join(60)
    return streams * count / ((max(ends) - min(min(one) for one in sent[0] if one)) / 1e9)

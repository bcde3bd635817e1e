"""Benchmark 7: handing invocations in. In bulk into an empty store, against bare SQLite; and over HTTP."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from benchmarks.kit.board import Board
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.http_client import HttpClient
from benchmarks.kit.invocations import STEP_MS, Calls
from benchmarks.kit.server import Server
from benchmarks.kit.store import BATCH, Store, bare_s, now_ms

NAME = "telemetry-ingest"
TITLE = "Invocations handed in"
_ROUNDS = 5
_SINGLE = 2_000
_SENDERS = 8
_PATH = "/api/telemetry/invocations"


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    board = Board(folder / "board", 1_000, 700)
    rows = _bulk(folder, 40_000 if quick else 200_000)
    with Server(board.root, folder / "state") as server:
        server.wait_until_ready()
        return rows + thousand_rows(server, 5 if quick else 30) + single_posts(server, 200 if quick else _SINGLE)


def _bulk(folder: Path, count: int) -> list[Row]:
    """Rounds of both paths take turns; each of ours begins with an empty store whose prices are known."""
    ours, bare = [], []
    for round_ in range(_ROUNDS):
        calls = Calls(round_, now_ms() - (count + 1_000) * STEP_MS)
        first, raws = calls.rows(1_000), calls.rows(count)
        bare.append(count / bare_s(folder / f"bare-{round_}.db", raws))
        with Store(folder / f"store-{round_}") as store:
            store.keep(first)
            ours.append(count / store.keep(raws))
    rate, plain = median(ours), median(bare)
    what = f"{count:,} rows into an empty store"
    runs = f"median of {_ROUNDS}; best {shown(max(ours))}; {BATCH:,} rows a commit"
    return [
        Row(f"{what}: validated, priced, summed", rate, "rows/s", None, runs, least=40_000),
        Row("the same rows by a bare `executemany`", plain, "rows/s", None, "one table without an index"),
        Row("bare against ours", plain / rate, "×"),
    ]


def thousand_rows(server: Server, times: int) -> list[Row]:
    calls = Calls(11, now_ms() - (times + 1) * 1_000 * STEP_MS)
    with HttpClient(server) as client:
        client.post(_PATH, calls.rows(1_000))
        took_ms = []
        for _ in range(times):
            answer = client.post(_PATH, calls.rows(1_000))
            if json.loads(answer.body)["accepted"] != 1_000:
                raise RuntimeError(f"not all rows were taken: {answer.body[:200]!r}")
            took_ms.append(answer.took_ms)
    return [Row("one POST of 1,000 rows, to the answer: p50", median(took_ms), "ms", None, _spread(took_ms))]


def single_posts(server: Server, count: int) -> list[Row]:
    """One row a request: one sender after another's answer, then several senders side by side."""
    raws = Calls(13, now_ms() - 2 * count * STEP_MS).rows(2 * count)
    alone_ms: list[float] = []
    began_s = time.monotonic()
    _send(server, raws[:count], alone_ms)
    alone = count / (time.monotonic() - began_s)
    together_ms: list[float] = []
    share = count // _SENDERS
    senders = [
        threading.Thread(target=_send, args=(server, raws[count + share * n : count + share * (n + 1)], together_ms))
        for n in range(_SENDERS)
    ]
    began_s = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    together = len(together_ms) / (time.monotonic() - began_s)
    what = f"{count:,} POSTs of one row"
    return [
        Row(f"{what}, one after the other: p50", median(alone_ms), "ms", None, _spread(alone_ms)),
        Row(f"{what}, one after the other", alone, "per s", None, "each answered after its commit"),
        Row(f"{what} from {_SENDERS} senders at once: p50", median(together_ms), "ms", None, _spread(together_ms)),
        Row(f"{what} from {_SENDERS} senders at once", together, "per s"),
    ]


def _send(server: Server, raws: list[dict[str, object]], took_ms: list[float]) -> None:
    with HttpClient(server) as client:
        for raw in raws:
            took_ms.append(client.post(_PATH, [raw]).took_ms)


def _spread(took_ms: list[float]) -> str:
    return f"p99 {shown(percentile(took_ms, 0.99))}, max {shown(max(took_ms))} ms of {len(took_ms):,}"

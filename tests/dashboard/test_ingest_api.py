"""Handing invocations in over HTTP: to a real server, on the wire."""

from __future__ import annotations

import gzip
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.kit.server import Answer, Server
from tests.kit.waiting import wait_until

PATH = "/api/telemetry/invocations"
JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("ingest")
    server = Server(base / "board", base / "home")
    yield server.start()
    server.kill()


def send(site: Server, body: Any, path: str = PATH, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.ask(path, "POST", headers={**JSON, **named}, body=data)


def kept(site: Server, where: str = "1", *values: str) -> list[tuple]:
    with closing(sqlite3.connect(Path(site.state_dir) / "telemetry.db")) as db:
        query = f"SELECT invocation_id, model, tool, door, input_tokens, reported_nano FROM invocations WHERE {where}"
        return db.execute(query, values).fetchall()


def test_rows_are_written_when_the_answer_comes_and_twice_is_once(site: Server) -> None:
    rows = [{"invocation_id": f"twice-{n}", "model": "gpt-4o", "input_tokens": n, "cost_usd": 0.5} for n in range(3)]
    assert send(site, {"rows": rows}).json() == {"accepted": 3, "duplicate": 0, "refused": []}
    assert kept(site, "invocation_id = 'twice-2'") == [("twice-2", "gpt-4o", "http", "api", 2, 500_000_000)]
    assert send(site, rows).json() == {"accepted": 0, "duplicate": 3, "refused": []}
    assert len(kept(site, "invocation_id LIKE 'twice-%'")) == 3


def test_a_refused_row_is_named_and_costs_no_other(site: Server) -> None:
    rows = [{"model": "m", "invocation_id": "beside"}, {"model": "m", "input_tokens": -1, "invocation_id": "minus"}, 7]
    answer = send(site, rows).json()
    assert (answer["accepted"], answer["duplicate"]) == (1, 0)
    assert [(row["index"], row["invocation_id"]) for row in answer["refused"]] == [(1, "minus"), (2, None)]
    assert "input_tokens is -1" in answer["refused"][0]["reason"]
    assert len(kept(site, "invocation_id = 'beside'")) == 1


def test_refused_rows_are_counted_by_the_field_that_was_wrong(site: Server) -> None:
    def counted() -> dict[str, int]:
        with closing(sqlite3.connect(Path(site.state_dir) / "telemetry.db")) as db:
            return dict(db.execute("SELECT name, value FROM counters WHERE name LIKE 'refused.%'").fetchall())

    before = counted()
    send(site, [{"model": "m", "web_searches": -1}, {"model": "m", "web_searches": "x"}, {"what": 1}])
    wait_until(lambda: counted().get("refused.web_searches") == 2, "the counter of the field")
    # At least: what earlier tests had refused may have been on its way when it was looked at.
    assert counted()["refused.row"] > before.get("refused.row", 0)
    assert b'llm_service_telemetry_refused_total{field="web_searches"} 2.0' in site.ask("/metrics").body


def test_what_is_no_number_costs_its_own_row_only(site: Server) -> None:
    fields = ("cost_usd", "input_tokens", "latency_ms", "timestamp", "agent", "what")
    bad = [f'{{"model": "m", "{field}": {value}}}' for field in fields for value in ("NaN", "-Infinity", "Infinity")]
    answer = send(site, f'[{", ".join(bad)}, {{"model": "m", "invocation_id": "beside-nan"}}]'.encode()).json()
    assert answer["accepted"] == 1
    assert [refusal["index"] for refusal in answer["refused"]] == list(range(len(bad)))
    assert answer["refused"][0]["reason"].startswith("cost_usd is nan; allowed is")


def test_nothing_and_nothing_good_are_answered_too(site: Server) -> None:
    assert send(site, []).json() == {"accepted": 0, "duplicate": 0, "refused": []}
    assert len(send(site, {"rows": [{}]}).json()["refused"]) == 1


def test_rows_of_another_programs_records_say_so(site: Server) -> None:
    send(site, [{"model": "m", "invocation_id": "foreign"}], f"{PATH}?door=import")
    assert kept(site, "invocation_id = 'foreign'")[0][3] == "import"
    assert send(site, [], f"{PATH}?door=log").status == 400


def test_a_gzipped_body_is_unpacked(site: Server) -> None:
    body = gzip.compress(json.dumps([{"model": "m", "invocation_id": "packed"}]).encode())
    assert send(site, body, Content_Encoding="gzip").json()["accepted"] == 1
    halves = gzip.compress(b'[{"model": "m",') + gzip.compress(b'"invocation_id": "in-two-members"}]')
    assert send(site, halves, Content_Encoding="GZIP").json()["accepted"] == 1


def test_a_body_in_chunks_is_taken(site: Server) -> None:
    parts = iter([b'[{"model": "m", "invoc', b'ation_id": "in-chunks"}]'])
    answer = site.ask(PATH, "POST", headers=JSON, body=parts)  # type: ignore[arg-type]
    assert answer.json()["accepted"] == 1


DEEP = b'[{"model":' + b"[" * 33 + b"]" * 33 + b"}]"


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"", {}, 400, "not JSON"),
        (b"{", {}, 400, "not JSON"),
        (b'"model"', {}, 400, "the bare list of rows"),
        (b'{"row": []}', {}, 400, "the bare list of rows"),
        (b"NaN", {}, 400, "the bare list of rows"),
        (b'[{"model": "\xff"}]', {}, 400, "not JSON"),
        (b'[{"model": "m", "input_tokens": ' + b"9" * 5000 + b"}]", {}, 400, "not JSON"),
        (DEEP, {}, 400, "deeper than 32"),
        (b"[" * 150_000, {}, 400, "deeper than 32"),
        (b"[" + b"{}," * 200_001 + b"{}]", {}, 413, "200,000 objects"),
        (b"[" + b"1," * 20_000 + b"1]", {}, 413, "20,001 rows"),
        (b"[]", {"Content-Type": "text/plain"}, 415, "application/json"),
        (b"[]", {"Content-Type": ""}, 415, "application/json"),
        (b"[]", {"Content-Encoding": "br"}, 415, "gzip"),
        (b"[]", {"Content-Encoding": "gzip, gzip"}, 415, "gzip"),
        (b"[]", {"Content-Encoding": "gzip"}, 400, "not gzip"),
        (gzip.compress(b"[]")[:-4], {"Content-Encoding": "gzip"}, 400, "too early"),
        (gzip.compress(b" " * 17 * MIB), {"Content-Encoding": "gzip"}, 413, "16 MiB"),
        (gzip.compress(b" " * 6 * MIB) * 3, {"Content-Encoding": "gzip"}, 413, "16 MiB"),
        (b" " * (16 * MIB + 1), {}, 413, "16 MiB"),
    ],
    ids=range(20),
)
def test_a_body_that_cannot_be_taken_is_refused_in_a_sentence(
    site: Server, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    answer = site.ask(PATH, "POST", headers={**JSON, **headers}, body=body)
    assert answer.status == status, answer.body
    assert words in answer.json()["error"]


def test_a_body_of_a_hundred_megabytes_is_refused_before_it_is_sent(site: Server) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {site.token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {100 * MIB}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as line:
        line.sendall(head.encode())
        assert line.recv(65_536).startswith(b"HTTP/1.1 413")


def test_a_bomb_leaves_the_server_as_large_as_it_was(site: Server) -> None:
    bomb = gzip.compress(b"\0" * 200 * MIB)
    before = _rss_kib(site.pid)
    for _ in range(3):
        assert send(site, bomb, Content_Encoding="gzip").status == 413
    assert _rss_kib(site.pid) - before < 60 * 1024


def test_nobody_hands_in_without_the_token_or_from_another_site(site: Server) -> None:
    body = json.dumps([{"model": "m", "invocation_id": "stranger"}]).encode()
    assert site.ask(PATH, "POST", token=False, headers=JSON, body=body).status == 401
    for name, value in (("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")):
        assert site.ask(PATH, "POST", token=False, headers={**JSON, name: value}, body=body).status == 403
    assert kept(site, "invocation_id = 'stranger'") == []


def test_while_nothing_can_be_kept_the_sender_is_told_to_come_again(make_server: Any) -> None:
    server = make_server()
    server.state_dir.mkdir(mode=0o700, parents=True)
    with closing(sqlite3.connect(server.state_dir / "telemetry.db")) as other:
        other.execute("CREATE TABLE somebody_elses (x)")
    server.start()
    answer = wait_until(lambda: send(server, [{"model": "m"}]), "an answer")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "telemetry.db" in answer.json()["error"]


def _rss_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])

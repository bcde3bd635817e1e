"""OTLP over HTTP into a running board: JSON and protobuf, gzip, limits, doors, and series that outlive a restart."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from llm_service.core.invocations.usage import Door, Invocation
from tests.kit.boards import Board, running_board

GOLDEN = Path(__file__).parent / "golden"
REQUESTS = {
    "logs": logs_service_pb2.ExportLogsServiceRequest,
    "traces": trace_service_pb2.ExportTraceServiceRequest,
    "metrics": metrics_service_pb2.ExportMetricsServiceRequest,
}
T = 1_790_000_000_000


@pytest.fixture
def taking(tmp_path: Path) -> Iterator[Board]:
    (tmp_path / "work").mkdir()
    with running_board(tmp_path / "work", tmp_path / "state", otlp=True) as board:
        yield board


def post(board: Board, signal: str, body: bytes, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", board.runtime.port, timeout=20)
    sent = {"Content-Type": "application/json", "Authorization": f"Bearer {board.token}"}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    try:
        connection.request("POST", f"/v1/{signal}", body, sent)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if "json" in answer.headers["Content-Type"] else data
    finally:
        connection.close()


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()


def as_protobuf(signal: str, name: str) -> bytes:
    """The golden body as protobuf; its JSON form there writes ids as base64."""
    body = json.loads(golden(name))
    for resource in body.get("resourceLogs", []) + body.get("resourceSpans", []):
        for scope in resource.get("scopeLogs", []) + resource.get("scopeSpans", []):
            for record in scope.get("logRecords", []) + scope.get("spans", []):
                for key in ("traceId", "spanId"):
                    if key in record:
                        record[key] = base64.b64encode(bytes.fromhex(record[key])).decode()
    return ParseDict(body, REQUESTS[signal]()).SerializeToString()


def rows(board: Board) -> list[dict[str, Any]]:
    with board.runtime.telemetry.opened().database.reading() as db:
        columns = "invocation_id, tool, session, door, input_tokens, output_tokens, counted"
        return [dict(row) for row in db.execute(f"SELECT {columns} FROM invocations ORDER BY invocation_id")]


def total(board: Board) -> tuple[int, int]:
    with board.runtime.telemetry.opened().database.reading() as db:
        sql = "SELECT sum(input_tokens), sum(output_tokens) FROM rollups WHERE width = 'ever' AND dimension = 'all'"
        return tuple(db.execute(sql).fetchone())


PAYLOADS = [
    ("logs", "claude-logs"),
    ("logs", "codex-logs"),
    ("logs", "gen-ai-logs"),
    ("traces", "gen-ai-spans"),
    ("metrics", "claude-metrics-delta"),
    ("metrics", "gen-ai-metrics"),
]


@pytest.mark.parametrize(("signal", "name"), PAYLOADS)
def test_json_and_protobuf_gzipped_or_not_are_the_same_rows(taking: Board, signal: str, name: str) -> None:
    status, answer = post(taking, signal, golden(name))
    assert status == 200
    kept = rows(taking)
    assert kept
    packed = gzip.compress(as_protobuf(signal, name))
    more = {"Content_Type": "application/x-protobuf", "Content_Encoding": "gzip"}
    status, body = post(taking, signal, packed, **more)
    assert status == 200
    assert rows(taking) == kept
    assert bool(body) == bool(answer)


def test_what_is_refused_is_a_partial_success_with_the_reason(taking: Board) -> None:
    status, answer = post(taking, "logs", golden("claude-logs"))
    assert status == 200
    assert answer["partialSuccess"]["rejectedLogRecords"] == 1
    assert "input_tokens" in answer["partialSuccess"]["errorMessage"]
    status, body = post(taking, "logs", as_protobuf("logs", "claude-logs"), Content_Type="application/x-protobuf")
    response = logs_service_pb2.ExportLogsServiceResponse.FromString(body)
    assert response.partial_success.rejected_log_records == 1


def test_one_session_through_three_doors_is_counted_once(taking: Board) -> None:
    post(taking, "metrics", golden("claude-metrics-delta"))
    assert total(taking) == (500, 700)
    post(taking, "logs", golden("claude-logs"))
    assert total(taking) == (600, 730)
    log = Invocation(
        "claude:m1", T, "claude-sonnet-4-5-20250929", "claude-code", Door.LOG, session="ses-claude", input_tokens=7
    )
    taking.runtime.telemetry.opened().recorder.record([log])
    assert total(taking) == (7, 0)
    assert {row["door"]: row["counted"] for row in rows(taking)} == {"log": 1, "otlp-logs": 0, "otlp-metrics": 0}


def test_a_cumulative_series_goes_on_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name, expected in (("cumulative-1", (300, 100)), ("cumulative-3", (450, 160)), ("cumulative-3", (450, 160))):
        with running_board(tmp_path / "work", tmp_path / "state", otlp=True) as board:
            assert post(board, "metrics", golden(name))[0] == 200
            assert total(board) == expected


def test_it_is_off_until_it_is_switched_on(board: Board) -> None:
    status, answer = post(board, "logs", golden("claude-logs"))
    assert status == 404
    assert "--otlp" in answer["error"]


def test_it_asks_for_the_token(taking: Board) -> None:
    assert post(taking, "logs", golden("claude-logs"), Authorization="Bearer wrong")[0] == 401


def _size(data: bytes) -> bytes:
    """`data` with its length before it, as protobuf writes a message inside another."""
    length, out = len(data), b""
    while length > 127:
        out += bytes([length & 127 | 128])
        length >>= 7
    return out + bytes([length]) + data


MANY = b"\x0a" + _size(b"\x12" + _size(b"\x12\x00" * 60_000))
DEEP = b'{"resourceLogs":' + b"[" * 100 + b"]" * 100 + b"}"
REFUSED = [
    ("a bomb", gzip.compress(b"0" * (64 << 20)), {"Content_Encoding": "gzip"}, 413, "16 MiB"),
    ("too much packed", b"\x1f\x8b" + b"0" * (5 << 20), {"Content_Encoding": "gzip"}, 413, "4 MiB"),
    ("too deep", DEEP, {}, 400, "32 levels"),
    ("no JSON", b"{", {}, 400, "JSON"),
    ("no request", b"[]", {}, 400, '{"resourceLogs": […]}'),
    ("no gzip", b"{}", {"Content_Encoding": "gzip"}, 400, "gzip"),
    ("a coding nobody knows", b"{}", {"Content_Encoding": "br"}, 415, "br"),
    ("a kind nobody knows", b"{}", {"Content_Type": "text/plain"}, 415, "application/json"),
    ("many empty records", MANY, {"Content_Type": "application/x-protobuf"}, 413, "records"),
    ("no protobuf", b"\xff\xff\xff", {"Content_Type": "application/x-protobuf"}, 400, "protobuf"),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_cannot_be_read_is_refused_with_a_sentence(taking: Board, body, headers, status, says) -> None:
    got, answer = post(taking, "logs", body, **headers)
    assert (got, says in answer["error"]) == (status, True), answer
    assert rows(taking) == []


def test_deep_protobuf_is_refused(taking: Board) -> None:
    value = b""
    for _ in range(300):  # an array value in an array value in …
        value = b"\x2a" + _size(b"\x0a" + _size(value))
    body = b"\x0a" + _size(b"\x12" + _size(b"\x12" + _size(b"\x2a" + _size(value))))
    status, answer = post(taking, "logs", body, Content_Type="application/x-protobuf")
    assert (status, "protobuf" in answer["error"]) == (400, True)


def test_no_prompt_is_kept(taking: Board) -> None:
    body = json.loads(golden("claude-logs"))
    record = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1]
    record["attributes"].append({"key": "prompt", "value": {"stringValue": "my secret prompt"}})
    post(taking, "logs", json.dumps(body).encode())
    opened = taking.runtime.telemetry.opened()
    with opened.database.reading() as db:
        dump = "\n".join(db.iterdump())
    assert "my secret prompt" not in dump
    assert len(rows(taking)) == 3

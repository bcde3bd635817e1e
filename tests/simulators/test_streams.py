"""Streams of the simulated BobSpark, read byte by byte: dialects, ends, faults, and the ledger's word against them."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.faults import KNOWN, Faults
from tests.kit.simulator import ask, submit, wait_for_end
from tests.kit.waiting import wait_until

Make = Callable[..., Bobspark]
SHORT = {"outcome": "completed", "iterations": 3, "updates": 5}


def listen(bobspark: Bobspark, run_id: str, query: str = "?replay=1") -> tuple[bytes, bool]:
    """The whole body of a stream, and whether it ended in good order."""
    connection = http.client.HTTPConnection("127.0.0.1", bobspark.port, timeout=20)
    connection.request("GET", f"/api/runs/{run_id}/stream{query}")
    response = connection.getresponse()
    assert response.headers["content-type"].startswith("text/event-stream")
    try:
        return response.read(), True
    except http.client.IncompleteRead as broken:
        return broken.partial, False
    except ConnectionError:
        return b"", False
    finally:
        connection.close()


def events(body: bytes) -> list[tuple[str, Any]]:
    """(name, data) of a body whose events have one data line each."""
    found = []
    for block in body.decode().removeprefix("\ufeff").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("event", ""), json.loads(fields["data"])))
    return found


def test_dialect_a_is_named_and_flat(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=20)
    told = events(listen(bobspark, submit(bobspark, sim=SHORT))[0])
    assert told[0][0] == "status"
    assert told[-1] == ("stream_end", {"status": "completed"})
    update = next(data for name, data in told if name == "node_update" and data["tokens_out"])
    assert set(update) >= {
        "node",
        "active_agent",
        "iteration",
        "max_iter",
        "tokens_in",
        "tokens_out",
        "snippet",
        "next_node",
    }
    assert len(update["snippet"]) <= 200


def test_dialect_b_is_unnamed_in_an_envelope(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=20, dialect="b")
    told = events(listen(bobspark, submit(bobspark, sim=SHORT))[0])
    assert {name for name, _ in told} == {""}
    assert told[-1][1] == {"event_type": "stream_end", "node": "system", "data": {"status": "completed"}}
    update = next(data for _, data in told if data["event_type"] == "node_update")
    assert set(update) == {"event_type", "node", "data"}
    assert "node" not in update["data"]


def test_the_ledger_says_what_the_stream_and_the_record_say(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=50)
    run_id = submit(bobspark, sim=SHORT)
    told = events(listen(bobspark, run_id)[0])
    account, record = bobspark.ledger()["runs"][run_id], ask(f"{bobspark.url}/api/runs/{run_id}")
    updates = [data for name, data in told if name == "node_update"]
    assert updates[-1]["tokens_out"] == account["tokens_out"] == record["run"]["tokens_out"] > 0
    assert updates[-1]["tokens_in"] == account["tokens_in"] == record["run"]["tokens_in"] > 0
    assert max(data["iteration"] for data in updates) == account["iterations"] == 3
    assert len(told) == account["events"] == account["frames"] == len(record["events"])
    assert account["status"] == record["run"]["status"] == "completed"


def test_a_late_listener_hears_only_what_comes(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=40)
    run_id = submit(bobspark, sim={**SHORT, "updates": 20})
    wait_until(lambda: bobspark.ledger()["runs"][run_id]["events"] > 10, "ten events")
    told = events(listen(bobspark, run_id, "")[0])
    assert 0 < len(told) < bobspark.ledger()["runs"][run_id]["events"] - 10 + 1
    assert told[-1] == ("stream_end", {"status": "completed"})


def test_a_stream_of_an_ended_run_ends_at_once(bobspark: Bobspark) -> None:
    run_id = submit(bobspark, sim={**SHORT, "iterations": 1})
    wait_for_end(bobspark, run_id)
    assert listen(bobspark, run_id, "") == (b"", True)


@pytest.mark.parametrize(
    ("outcome", "status", "last"),
    [("failed", "failed", "stream_end"), ("silent", "failed", "error"), ("completed", "completed", "stream_end")],
)
def test_runs_end_as_they_were_told_to(make_bobspark: Make, outcome: str, status: str, last: str) -> None:
    bobspark = make_bobspark(speed=50)
    run_id = submit(bobspark, sim={**SHORT, "outcome": outcome})
    assert events(listen(bobspark, run_id)[0])[-1][0] == last
    assert wait_for_end(bobspark, run_id)[run_id]["status"] == status


def test_cancelling_ends_the_stream_as_cancelled(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=1)
    run_id = submit(bobspark, sim={**SHORT, "updates": 500})
    heard: list[bytes] = []
    listener = threading.Thread(target=lambda: heard.append(listen(bobspark, run_id)[0]))
    listener.start()
    wait_until(lambda: bobspark.ledger()["runs"][run_id]["frames"] > 0, "a listener")
    ask(f"{bobspark.url}/api/runs/{run_id}", "DELETE")
    listener.join(10)
    assert events(heard[0])[-1] == ("stream_end", {"status": "cancelled"})
    assert ask(f"{bobspark.url}/api/runs/{run_id}")["run"]["status"] == "cancelled"


def test_a_queued_run_waits_for_a_slot_and_says_so(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=60, slots=1)
    first = submit(bobspark, queued=True, sim={**SHORT, "updates": 40})
    second = submit(bobspark, queued=True, sim=SHORT)
    waiting = ask(bobspark.url + "/api/runs/queue")["queue"]
    assert [(row["run_id"], row["queue_position"]) for row in waiting] == [(second, 1)]
    told = events(listen(bobspark, second)[0])
    assert told[0] == ("status", {"message": "Waiting in queue, position 1"})
    runs = wait_for_end(bobspark, first, second)
    assert runs[first]["created_at"] <= runs[second]["created_at"]
    assert runs[second]["status"] == "completed"


def test_the_same_seed_gives_the_same_runs_at_any_speed(make_bobspark: Make) -> None:
    accounts = []
    for speed in (100, 200):
        bobspark = make_bobspark(seed=7, speed=speed)
        ids = [submit(bobspark) for _ in range(6)]
        runs = wait_for_end(bobspark)
        names = ("status", "tokens_in", "tokens_out", "iterations", "snippet", "outcome")
        accounts.append([(run_id, *(runs[run_id][name] for name in names)) for run_id in ids])
    assert accounts[0] == accounts[1]


def test_eighteen_streams_keep_their_pace(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=1, rate=100)
    ids = [submit(bobspark, sim={"outcome": "completed", "iterations": 1, "updates": 60}) for _ in range(18)]
    heard: dict[str, int] = {}
    listeners = [
        threading.Thread(target=lambda one=one: heard.update({one: len(events(listen(bobspark, one)[0]))}))
        for one in ids
    ]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join(20)
    runs = bobspark.ledger()["runs"]
    assert heard == {run_id: runs[run_id]["events"] for run_id in ids}


# ---- faults


def test_every_fault_is_taken_by_name_and_no_other() -> None:
    assert Faults(KNOWN).names() == list(KNOWN)
    with pytest.raises(ValueError, match="fault 'dorp' is not known"):
        Faults(["dorp"])
    with pytest.raises(ValueError, match="takes a number"):
        Faults(["skew:soon"])


def test_a_dropped_stream_breaks_off_and_the_run_goes_on(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["drop:4"], speed=50)
    run_id = submit(bobspark, sim=SHORT)
    body, whole = listen(bobspark, run_id)
    assert (len(events(body)), whole) == (4, False)
    assert wait_for_end(bobspark, run_id)[run_id]["status"] == "completed"


def test_cutting_by_hand_drops_every_open_stream(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=1)
    run_id = submit(bobspark, sim={**SHORT, "updates": 500})
    ends: list[bool] = []
    listener = threading.Thread(target=lambda: ends.append(listen(bobspark, run_id)[1]))
    listener.start()
    wait_until(lambda: bobspark.ledger()["runs"][run_id]["frames"] > 0, "a listener")
    assert ask(bobspark.url + "/_sim/cut", "POST") == {"dropped": 1}
    listener.join(10)
    assert ends == [False]


def test_a_restart_hangs_up_and_comes_back_with_its_runs(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=1)
    run_id = submit(bobspark, sim={**SHORT, "updates": 500})
    bobspark.restart(0.1)

    def back() -> object:
        try:
            return ask(f"{bobspark.url}/api/runs/{run_id}")["run"]["status"] == "running"
        except OSError:
            return False

    wait_until(back, "the server's return")


def test_no_stream_end_closes_without_a_word(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["no-stream-end"], speed=50)
    told = events(listen(bobspark, submit(bobspark, sim=SHORT))[0])
    assert told[-1] == ("status", {"message": "Run completed", "status": "completed"})


def test_tokens_go_missing_and_begin_again_but_the_record_is_right(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["missing-tokens", "reset-tokens"], speed=50)
    run_id = submit(bobspark, sim=SHORT)
    counts = [data.get("tokens_out") for name, data in events(listen(bobspark, run_id)[0]) if name == "node_update"]
    assert None in counts
    told = [count for count in counts if count is not None]
    assert any(after < before for before, after in itertools.pairwise(told))
    assert bobspark.ledger()["runs"][run_id]["tokens_out"] > told[-1]


def test_a_vanished_run_is_nowhere(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["vanish"], speed=50)
    run_id = submit(bobspark, sim=SHORT)
    told = events(listen(bobspark, run_id)[0])
    assert told[-1][0] == "node_update"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(f"{bobspark.url}/api/runs/{run_id}")
    assert ask(bobspark.url + "/api/runs")["runs"] == []


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("bom", lambda body: body.startswith(b"\xef\xbb\xbf")),
        ("huge-snippet", lambda body: len(body) > 1_000_000),
        ("broken-json", lambda body: b'"iteration":\n\n' in body),
        ("comments-only", lambda body: b": still working" in body and b"data:" not in body),
        ("big-line:1.5", lambda body: b"x" * 1_500_000 in body),
        ("hostile", lambda body: b"<script>" in body),
        ("ids", lambda body: b"\nid: " in body or body.startswith(b"id: ")),
        ("heartbeats:0.3", lambda body: b": keep-alive\n\n" in body),
    ],
)
def test_faults_on_the_wire(make_bobspark: Make, fault: str, seen: Callable[[bytes], bool]) -> None:
    bobspark = make_bobspark(faults=[fault], speed=10 if "heart" in fault else 50)
    assert seen(listen(bobspark, submit(bobspark, sim=SHORT))[0])


def test_a_close_delimited_stream_has_no_chunks(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["close-delimited"], speed=50)
    run_id = submit(bobspark, sim=SHORT)
    connection = http.client.HTTPConnection("127.0.0.1", bobspark.port, timeout=30)
    connection.request("GET", f"/api/runs/{run_id}/stream?replay=1")
    response = connection.getresponse()
    assert response.headers.get("transfer-encoding") is None
    assert events(response.read())[-1] == ("stream_end", {"status": "completed"})
    connection.close()


def test_last_event_id_is_honoured_where_ids_are_sent(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["ids"], speed=50)
    run_id = submit(bobspark, sim=SHORT)
    wait_for_end(bobspark, run_id)
    ids = [event["id"] for event in ask(f"{bobspark.url}/api/runs/{run_id}")["events"]]
    request = urllib.request.Request(
        f"{bobspark.url}/api/runs/{run_id}/stream", headers={"Last-Event-ID": str(ids[-4])}
    )
    assert len(events(urllib.request.urlopen(request, timeout=30).read())) == 3


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("http-500:/api/runs/queue", 500, b"Internal Server Error"),
        ("http-404:/api/runs/*", 404, b'{"detail": "Not Found"}'),
        ("html:/api/runs/queue", 200, b"<!doctype html>"),
        ("redirect:/api/runs/queue", 302, b""),
    ],
)
def test_faults_of_one_path_leave_the_others(make_bobspark: Make, fault: str, status: int, body: bytes) -> None:
    bobspark = make_bobspark(faults=[fault])
    connection = http.client.HTTPConnection("127.0.0.1", bobspark.port, timeout=30)
    connection.request("GET", "/api/runs/queue")
    response = connection.getresponse()
    assert response.status == status
    assert response.read().startswith(body)
    connection.close()
    assert ask(bobspark.url + "/api/system/stats")["cpu_percent"] > 0


def test_bare_lists_and_aliases_turn_shapes_round(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["bare-lists"], past_runs=3)
    assert isinstance(ask(bobspark.url + "/api/runs"), list)
    assert isinstance(ask(bobspark.url + "/api/finetune/"), dict)
    bobspark.set_faults("aliases")
    assert set(ask(bobspark.url + "/api/runs")) == {"items"}
    assert "run_id" in ask(bobspark.url + "/api/runs")["items"][0]
    assert {"summary", "by_date", "tokens_over_time", "model_distribution", "tokps_over_time"} <= set(
        ask(bobspark.url + "/api/runs/analytics")
    )
    assert {"cpu", "gpu", "memory_percent", "model"} <= set(ask(bobspark.url + "/api/system/stats"))
    bobspark.set_faults("aliases:2")
    stats = ask(bobspark.url + "/api/system/stats")
    assert stats["system"]["cpu_percent"] > 0
    assert {"utilization", "memory_percent"} <= set(stats["gpu_stats"][0])


def test_skewed_clocks_tell_other_times(make_bobspark: Make) -> None:
    bobspark = make_bobspark(faults=["skew:-7200"])
    run_id = submit(bobspark)
    with urllib.request.urlopen(f"{bobspark.url}/api/runs/{run_id}", timeout=30) as response:
        behind_s = (datetime.now(UTC) - parsedate_to_datetime(response.headers["date"])).total_seconds()
        created = datetime.fromisoformat(json.load(response)["run"]["created_at"])
    assert 7_190 < behind_s < 7_210
    assert 7_190 < (datetime.now(UTC) - created).total_seconds() < 7_210


def test_a_server_that_runs_for_weeks_keeps_the_events_of_the_newest_runs_only(
    make_bobspark: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_service.simulators.runs.WHOLE_RUNS", 2)
    bobspark = make_bobspark(speed=200)
    ids = []
    for _ in range(4):
        ids.append(submit(bobspark, sim={**SHORT, "iterations": 1}))
        wait_for_end(bobspark, ids[-1])
    counts = [len(ask(f"{bobspark.url}/api/runs/{run_id}")["events"]) for run_id in ids]
    assert counts[:2] == [2, 2]
    assert min(counts[2:]) > 5


def test_strands_mode_stores_more_than_it_streams(make_bobspark: Make) -> None:
    bobspark = make_bobspark(speed=50)
    run_id = submit(bobspark, sim=SHORT, config={"orchestrator_mode": "strands"})
    streamed = {name for name, _ in events(listen(bobspark, run_id, "")[0])}
    stored = ask(f"{bobspark.url}/api/runs/{run_id}")["events"]
    assert streamed == {"node_update", "status", "stream_end"}
    assert {event["event_type"] for event in stored} == streamed | {"text_chunk", "usage"}
    usage = [event["data"] for event in stored if event["event_type"] == "usage"]
    assert usage[-1]["tokens_out"] == bobspark.ledger()["runs"][run_id]["tokens_out"]


@pytest.mark.parametrize("dialect", ["a", "b"])
def test_an_unknown_event_is_added_and_none_is_lost(make_bobspark: Make, dialect: str) -> None:
    bobspark = make_bobspark(speed=50, dialect=dialect, faults=["unknown-events"])
    run_id = submit(bobspark, sim=SHORT)
    names = [name or data["event_type"] for name, data in events(listen(bobspark, run_id)[0])]
    assert names.count("tool_call") == (len(names) - names.count("tool_call")) // 5
    assert len(names) - names.count("tool_call") == bobspark.ledger()["runs"][run_id]["events"]

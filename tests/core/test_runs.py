"""One run as a fold: whatever comes, in whatever order, its card is true."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from llm_service.core.bobspark.fields import Reading
from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.bobspark.stream_events import RunNews, stored_news
from llm_service.core.runs.run import Moment, RunFold
from llm_service.core.runs.shapes import RunCard
from llm_service.core.source_shapes import Line

BEGAN_MS = 1_772_373_600_000


def at(second: float) -> Moment:
    return Moment(1_000 + second, BEGAN_MS + round(second * 1000))


def line(state: str) -> Line:
    return {"state": state, "since": at(0).iso, "last_heard_at": None, "next_try_at": None, "reason": ""}  # type: ignore[typeddict-item]


def news(kind: str, node: str = "code_agent", **data: Any) -> RunNews:
    told = stored_news({"event_type": kind, "node": node, "data": data}, Reading())
    assert told is not None
    return told


def running(**row: Any) -> RunFold:
    """A run that is listened to since second 0."""
    fold = RunFold("s", "r", at(0), stalled_after_s=10)
    fold.row(RunRow("r", "running", created_at=at(0).iso, **row), at(0))
    fold.line = line("live")
    fold.resume(at(0), [], 0)
    return fold


def card(fold: RunFold, second: float = 60) -> RunCard:
    return fold.card(at(second))


def test_a_card_before_anything_is_known_says_so() -> None:
    told = RunFold("s", "r", at(0)).card(at(1))
    for field in (
        "tokens_in",
        "tokens_out",
        "tokens_per_s",
        "progress",
        "iteration",
        "model",
        "cost_usd",
        "duration_s",
    ):
        assert told[field] is None, field  # type: ignore[literal-required]
    assert (told["key"], told["status"], told["task"]) == ("s:r", "unknown", "")


def test_an_ended_run_belongs_to_who_made_something_last() -> None:
    fold = running()
    for second, node in enumerate(("supervisor", "code_agent", "supervisor"), start=1):
        fold.hear(news("node_update", node=node, iteration=1, tokens_out=10 * second), at(second))
    assert card(fold, 4)["agent"] == "supervisor"
    fold.hear(news("node_update", node="finish", iteration=2, tokens_out=40), at(5))
    assert card(fold, 5)["agent"] == "supervisor", "what closes a run is nobody"
    fold.hear(news("stream_end", status="completed"), at(6))
    assert (card(fold, 6)["badge"], card(fold, 6)["agent"]) == ("DONE", "code_agent")


def test_an_update_is_all_on_the_card() -> None:
    fold = running(model="local/spark-model", task="T", config={"max_iter": 20}, max_iter=20)
    fold.hear(
        news("node_update", iteration=3, tokens_in=640, tokens_out=100, snippet="def", active_agent="Coder"), at(2)
    )
    fold.hear(news("node_update", iteration=3, tokens_in=640, tokens_out=150, snippet="def load"), at(3))
    told = card(fold, 4)
    assert (told["badge"], told["agent"], told["iteration"], told["progress"]) == ("RUNNING", "code_agent", 3, 15.0)
    assert (told["tokens_in"], told["tokens_out"], told["tokens_per_s"]) == (640, 150, 50.0)
    assert (told["first_token_s"], told["last_token_at"], told["snippet"]) == (2.0, at(3).iso, "def load")
    assert told["node"] == "spark"
    assert told["rates"] == [100.0, 50.0]


@pytest.mark.parametrize(
    ("status", "badge", "progress"),
    [("completed", "DONE", 100.0), ("failed", "ERROR", 15.0), ("cancelled", "CANCELLED", 15.0)],
)
def test_the_end_is_painted_as_it_was(status: str, badge: str, progress: float) -> None:
    fold = running(max_iter=20)
    fold.hear(news("node_update", iteration=3), at(1))
    fold.hear(news("stream_end", status=status), at(2))
    told = card(fold)
    assert (told["status"], told["badge"], told["progress"]) == (status, badge, progress)
    assert told["finished_at"] == at(2).iso


def test_a_list_that_was_on_its_way_does_not_bring_a_run_back_to_life() -> None:
    fold = running()
    fold.hear(news("stream_end", status="failed"), at(2))
    fold.row(RunRow("r", "running", tokens_out=3), at(3))
    assert fold.status == "failed"
    fold.row(RunRow("r", "cancelled"), at(4))
    assert fold.status == "cancelled", "the server's own row is the truth about how it ended"


def test_progress_is_at_most_95_before_the_end_and_measured_by_6_where_nobody_says() -> None:
    fold = running()
    fold.hear(news("node_update", iteration=3), at(1))
    assert card(fold)["progress"] == 50.0
    fold.hear(news("node_update", iteration=9), at(1))
    assert card(fold)["progress"] == 95.0


def test_an_error_is_shown_and_is_not_the_end() -> None:
    fold = running()
    fold.hear(news("error", message="backend unavailable"), at(1))
    assert (card(fold)["error"], card(fold)["status"]) == ("backend unavailable", "running")


def test_a_stall_is_silence_of_a_run_that_is_heard() -> None:
    fold = running()
    fold.hear(news("node_update", tokens_out=5), at(1))
    assert not card(fold, 10.9)["stalled"]
    assert card(fold, 11)["stalled"]
    assert fold.rate_now(at(11)) == 0
    fold.hear(news("node_update", tokens_out=9), at(12))
    assert not card(fold, 13)["stalled"]
    fold.line = line("backing-off")
    assert not card(fold, 60)["stalled"]


@pytest.mark.parametrize(
    ("state", "badge"),
    [
        ("live", "RUNNING"),
        ("connecting", "RUNNING"),
        ("stale", "STALE"),
        ("backing-off", "CONN LOST"),
        ("stopped", "CONN LOST"),
    ],
)
def test_the_badge_of_a_running_run_knows_of_its_line(state: str, badge: str) -> None:
    fold = running()
    fold.line = line(state)
    assert card(fold)["badge"] == badge


def test_a_run_that_connects_again_is_lost_until_it_is_heard() -> None:
    fold = running()
    assert fold.lose(at(5))
    assert not fold.lose(at(6)), "it is lost once"
    fold.line = line("connecting")
    assert card(fold)["badge"] == "CONN LOST"
    fold.resume(at(7), [], None)
    assert card(fold)["badge"] == "RUNNING"


def test_a_gap_that_the_record_fills_is_recovered() -> None:
    fold = running()
    fold.hear(news("node_update", tokens_out=100), at(1))
    fold.lose(at(2))
    record = [
        news("node_update", tokens_out=100)._replace(id="1"),
        news("node_update", tokens_out=300)._replace(id="2"),
    ]
    fold.row(RunRow("r", "running", tokens_out=300), at(9))
    fold.record(record, at(9))
    ended = fold.resume(at(9), record, 300)
    assert ended is not None
    gap, event = ended
    assert (gap["seconds"], gap["tokens_out"], gap["recovered"], event) == (7.0, 200, True, None)
    assert card(fold)["tokens_out"] == 300


@pytest.mark.parametrize(("record", "tokens_out"), [([], 200), (None, None)])
def test_a_gap_that_nobody_can_fill_is_shown_with_its_length(
    record: list[RunNews] | None, tokens_out: int | None
) -> None:
    fold = running()
    fold.hear(news("node_update", tokens_out=100), at(1))
    fold.lose(at(2))
    fold.row(RunRow("r", "running", tokens_out=300), at(9))
    ended = fold.resume(at(9), record, 300 if record is not None else None)
    assert ended is not None
    gap, event = ended
    assert (gap["recovered"], gap["tokens_out"], gap["seconds"]) == (False, tokens_out, 7.0)
    assert event is not None
    shown = event.event()
    assert (shown["type"], shown["known"], shown["raw"]["seconds"]) == ("gap", True, 7.0)
    assert card(fold)["gaps"] == [gap]


def test_tokens_after_a_gap_are_no_burst_of_speed() -> None:
    fold = running()
    fold.hear(news("node_update", tokens_out=100), at(1))
    fold.hear(news("node_update", tokens_out=150), at(2))
    fold.lose(at(2))
    fold.row(RunRow("r", "running", tokens_out=9_000), at(9))
    fold.record([], at(9))
    fold.resume(at(9), [], 9_000)
    fold.hear(news("node_update", tokens_out=9_050), at(10))
    assert card(fold, 11)["tokens_per_s"] == 50.0
    assert card(fold, 11)["rates"][1:] == [50.0, None, None, None, None, None, None, None, 50.0]


def test_the_snippet_of_one_who_writes_is_not_replaced_by_one_who_routes() -> None:
    fold = running()
    fold.hear(news("node_update", "supervisor", snippet="routing"), at(1))
    assert card(fold)["snippet"] == "routing"
    fold.hear(news("node_update", "code_agent", snippet="def load"), at(2))
    fold.hear(news("node_update", "finish", snippet="bye"), at(3))
    assert card(fold)["snippet"] == "def load"


def test_the_server_sum_at_the_end_is_the_truth() -> None:
    fold = running()
    for tokens in (100, 200, 10, 60):
        fold.hear(news("node_update", tokens_out=tokens), at(1))
    assert card(fold)["tokens_out"] == 260
    fold.row(RunRow("r", "completed", tokens_out=255, tokens_in=7, duration_s=3.5), at(9))
    told = card(fold)
    assert (told["tokens_out"], told["tokens_in"], told["duration_s"]) == (255, 7, 3.5)


def test_a_run_that_its_server_forgot_has_vanished() -> None:
    fold = running()
    fold.vanished(at(3))
    told = card(fold)
    assert (told["status"], told["badge"]) == ("vanished", "CONN LOST")
    assert "404" in told["error"]


def test_what_it_was_launched_with_stands_in_until_the_server_tells() -> None:
    fold = RunFold("s", "r", at(0))
    fold.launched({"type": "qa", "node": "linux"}, "b1", {"task": "T", "node": "linux", "model": "gpt-4o"})
    fold.row(RunRow("r", "running", model="gpt-4o-mini"), at(1))
    told = card(fold)
    assert (told["batch"], told["task"], told["node"], told["model"]) == ("b1", "T", "linux", "gpt-4o-mini")
    assert told["config"] == {"type": "qa", "node": "linux"}


def test_an_earlier_process_is_gone_on_with_and_its_absence_is_a_gap() -> None:
    first = running(model="m", max_iter=20)
    first.hear(news("node_update", iteration=2, tokens_out=100), at(1))
    before = card(first, 2)
    second = RunFold("s", "r", at(30))
    second.seed(before, list(first.chain.events))
    told = second.card(at(30))
    same = ("status", "tokens_out", "iteration", "max_iter", "model", "first_token_s", "snippet", "created_at")
    assert {name: told[name] for name in same} == {name: before[name] for name in same}  # type: ignore[literal-required]
    assert told["badge"] == "CONN LOST"
    ended = second.resume(at(31), [], 100)
    assert ended is not None
    assert ended[0]["start"] == before["last_token_at"]


def test_rows_and_events_give_the_same_card_in_every_order() -> None:
    updates = [
        news("node_update", iteration=n, tokens_out=100 * n, snippet=f"s{n}")._replace(id=str(n)) for n in (1, 2, 3)
    ]
    end = RunRow(
        "r", "completed", tokens_out=300, tokens_in=50, created_at=at(0).iso, duration_s=5.0, finished_at=at(5).iso
    )
    steps: list[Any] = [
        lambda fold: fold.row(RunRow("r", "running", tokens_out=100, created_at=at(0).iso), at(1)),
        lambda fold: fold.record(updates, at(2)),
        lambda fold: fold.record(updates[:2], at(2)),
        lambda fold: fold.row(end, at(6)),
    ]
    found = []
    for order in itertools.permutations(steps):
        fold = RunFold("s", "r", at(0))
        for step in order:
            step(fold)
        told: dict[str, Any] = {**card(fold)}
        told.pop("started_at")  # when it was first seen to run is a matter of order
        told.pop("first_token_s")
        found.append(told)
    assert all(one == found[0] for one in found)
    assert (found[0]["status"], found[0]["tokens_out"], found[0]["iteration"]) == ("completed", 300, 3)


@pytest.mark.parametrize(("first_tokens", "first_token_s"), [(None, 7.0), (10, None)])
def test_a_run_that_is_met_on_the_way_began_with_its_first_event(
    first_tokens: int | None, first_token_s: float | None
) -> None:
    fold = RunFold("s", "r", at(60), stalled_after_s=10)
    fold.row(RunRow("r", "running"), at(60))
    told = [news("node_update", tokens_out=first_tokens), news("node_update", tokens_out=20)]
    record = [one._replace(id=str(n), at=at(5 + 7 * n).iso) for n, one in enumerate(told)]
    fold.record(record, at(60))
    fold.resume(at(60), record, 20)
    found = card(fold)
    assert (found["started_at"], found["first_token_s"]) == (at(5).iso, first_token_s)


@pytest.mark.parametrize("waiting", [{"message": "Waiting in queue, position 2"}, {"status": "queued"}])
def test_standing_in_the_queue_is_no_wait_for_the_first_token(waiting: dict[str, str]) -> None:
    fold = RunFold("s", "r", at(0), stalled_after_s=10)
    fold.row(RunRow("r", "queued", created_at=at(0).iso), at(0))
    fold.row(RunRow("r", "running", created_at=at(0).iso), at(54))
    told = [news("status", **waiting), news("status", message="Supervisor routing"), news("node_update", tokens_out=9)]
    record = [one._replace(id=one.text, at=at(second).iso) for one, second in zip(told, (2, 50, 51), strict=True)]
    fold.record(record, at(54))
    fold.resume(at(54), record, 9)
    assert (card(fold)["started_at"], card(fold)["first_token_s"]) == (at(50).iso, 1.0)

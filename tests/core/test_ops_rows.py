"""Active job, datasets, models and questions, under every name that is known of their fields."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.bobspark_ops.active_job import active_job
from llm_service.core.bobspark_ops.dataset_rows import (
    DatasetRow,
    dataset_examples,
    dataset_provenance,
    dataset_rows,
    dataset_stats,
)
from llm_service.core.bobspark_ops.model_rows import eval_rows, in_words, joined, local_models, registry_rows
from llm_service.core.bobspark_ops.qa_rows import qa_rows

WHOLE_JOB = {
    "id": "job_3",
    "task": "t",
    "nodes": [{"name": "spark", "status": "running", "tokens_out": 8120, "pairs_done": 41}],
}


@pytest.mark.parametrize(
    "told",
    [
        WHOLE_JOB,
        {"job": WHOLE_JOB},
        [WHOLE_JOB],
        {"id": "job_3", "description": "t", "nodes": WHOLE_JOB["nodes"]},
        {**WHOLE_JOB, "nodes": [{**WHOLE_JOB["nodes"][0], "name": None, "node_name": "spark"}]},  # type: ignore[dict-item, index]
        {**WHOLE_JOB, "nodes": [{**WHOLE_JOB["nodes"][0], "name": "", "id": "spark"}]},  # type: ignore[dict-item, index]
    ],
)
def test_an_active_job_is_read(told: Any) -> None:
    assert active_job(told) == WHOLE_JOB


@pytest.mark.parametrize("told", [None, {}, [], "", {"nodes": []}, {"job": None}, 3])
def test_no_active_job_is_none(told: Any) -> None:
    assert active_job(told) is None


ROW = DatasetRow("d1", "Name", "text", 5, 70, "datagen", ["a", "b"], "2026-03-01T14:02:11.000Z")
TOLD = {
    "id": "d1",
    "name": "Name",
    "description": "text",
    "example_count": 5,
    "token_count": 70,
    "source": "datagen",
    "tags": ["a", "b"],
    "created_at": "2026-03-01T14:02:11Z",
}


@pytest.mark.parametrize("told", [[TOLD], {"datasets": [TOLD]}, {"items": [TOLD]}, [None, "x", {}, TOLD]])
def test_datasets_come_bare_or_wrapped(told: Any) -> None:
    assert dataset_rows(told) == [ROW]


def test_a_dataset_says_what_it_says() -> None:
    assert dataset_rows([{"name": "n", "tags": "a, b ,a", "example_count": "x"}]) == [
        DatasetRow("n", "n", "", None, None, None, ["a", "b"], None)
    ]
    assert dataset_rows({"detail": "no"}) is None


@pytest.mark.parametrize("name", ["text", "content", "input", "prompt"])
def test_an_example_is_shown_by_what_was_asked_and_told(name: str) -> None:
    assert dataset_examples([{name: "Q"}]) == ["Q"]
    assert dataset_examples({"examples": [{name: "Q", "output": "A"}]}) == ["Q\nA"]


def test_at_most_five_previews_of_at_most_600_characters_come() -> None:
    previews = dataset_examples([{"output": "x" * 5_000, "n": n} for n in range(50)])
    assert [len(preview) for preview in previews] == [600] * 5
    assert dataset_examples([{"output": "A"}]) == ["A"]
    assert dataset_examples(["plain", {"odd": 1}, 3, {}]) == ["plain", '{"odd": 1}']
    assert dataset_examples([{"text": {"deep": "<b>"}}]) == ['{"deep": "<b>"}']
    assert dataset_examples("no list") == []


def test_stats_are_free_and_bounded() -> None:
    assert dataset_stats({"stats": {"a": 1}}) == dataset_stats({"a": 1}) == {"a": 1}
    assert len(str(dataset_stats({f"n{n}": "x" * 1000 for n in range(5_000)}))) < 12_000
    assert dataset_stats([1]) == {}
    assert dataset_stats({"a": float("nan"), "b": [float("inf")], "c": 10**400}) == {"a": None, "b": [None], "c": None}


STEP = {
    "operation": "clean",
    "source": "s3",
    "model": "m",
    "version": "2",
    "count": 9,
    "timestamp": "2026-03-01T00:00:00.000Z",
}


@pytest.mark.parametrize(
    "told",
    [
        {"operation": "clean", "source": "s3"},
        {"op": "clean", "input": "s3"},
        {"type": "clean", "from": "s3"},
        {"action": "clean", "from": "s3"},
    ],
)
@pytest.mark.parametrize("wrap", [None, "steps", "chain"])
def test_provenance_has_the_same_names_whatever_it_was_called(told: dict, wrap: str | None) -> None:
    row = {**told, "model": "m", "version": 2, "count": 9, "timestamp": "2026-03-01"}
    assert dataset_provenance([row] if wrap is None else {wrap: [row]}) == [STEP]


def test_a_step_that_tells_little_is_a_step() -> None:
    assert dataset_provenance([{"op": "merge"}, "x"]) == [{"operation": "merge"}]


def test_registry_and_leaderboard_are_joined_by_id_else_by_name() -> None:
    registry = registry_rows(
        {
            "models": [
                {"model_id": "m1", "model_name": "one", "status": "ready"},
                {"id": "m2", "name": "two", "benchmark_score": 81.5},
            ]
        },
        "s",
        ranked=False,
    )
    board = registry_rows(
        [
            {"model_id": "x9", "model_name": "two", "benchmark_score": 1},
            {"model_id": "m1", "benchmark_score": 70},
            {"id": "m3"},
        ],
        "s",
        ranked=True,
    )
    tests = eval_rows([{"eval_id": "e1", "model_id": "m1", "score": 0.7}, {"id": "e2", "model": "two"}], "s")
    assert registry is not None
    assert board is not None
    assert tests is not None
    rows = joined(registry, board, tests)
    assert [(row["id"], row["score"], row["rank"], row["registered"]) for row in rows] == [
        ("m2", 81.5, 1, True),
        ("m1", 70.0, 2, True),
        ("m3", None, 3, False),
    ]
    assert [[one["id"] for one in row["evals"]] for row in rows] == [["e2"], ["e1"], []]
    assert registry_rows("no", "s", ranked=False) is None


@pytest.mark.parametrize("wrap", [None, "evals", "items"])
def test_evaluations_are_read_newest_first(wrap: str | None) -> None:
    rows = [
        {"id": "a", "model_id": "m", "status": "failed", "score": 0.5, "created_at": "2026-01-01"},
        {
            "eval_id": "b",
            "model_id": "m",
            "status": "passed",
            "pass_count": 3,
            "fail_count": 1,
            "created_at": "2026-02-01",
        },
        {"eval_id": "c", "model_id": "m", "score": 85, "total_cases": 40},
        {"eval_id": "d"},
    ]
    found = eval_rows(rows if wrap is None else {wrap: rows}, "s")
    assert found is not None
    assert [(one["id"], one["status"], one["score"], one["total"]) for one in found] == [
        ("b", "passed", None, 4),
        ("a", "failed", 0.5, None),
        # 85 is no share of 1, and what it is nobody says.
        ("c", "unknown", None, 40),
    ]


def test_local_models_are_read_with_their_sizes() -> None:
    details = {"parameter_size": "7B", "quantization_level": "Q4", "family": "llama"}
    found = local_models(
        {"models": [{"name": "a", "size": 4_661_224_676, "details": details}, "b", {"x": 1}]}, "s", "linux"
    )
    assert found == [
        {
            "key": "s:linux:a",
            "source": "s",
            "node": "linux",
            "name": "a",
            "size": "4.7 GB",
            "bytes": 4_661_224_676,
            "parameters": "7B",
            "quantization": "Q4",
            "family": "llama",
        },
        {
            "key": "s:linux:b",
            "source": "s",
            "node": "linux",
            "name": "b",
            "size": None,
            "bytes": None,
            "parameters": None,
            "quantization": None,
            "family": None,
        },
    ]
    again = local_models([{"name": "a", "size": "13 GB"}], "s", "spark")
    assert again is not None
    assert (again[0]["size"], again[0]["bytes"]) == ("13 GB", None)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (1_550_000, "1.6 MB"), (999_950_000, "1 GB"), (10**15, "1 PB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert in_words(size) == words


QA = {
    "key": "s:q1",
    "id": "q1",
    "source": "s",
    "service": "IAM",
    "question": "Q",
    "answer": "A",
    "difficulty": "medium",
    "grounding": "high",
    "citations": ["doc.pdf#3"],
    "created_at": "2026-03-01T00:00:00.000Z",
}
ASKED = {"service": "IAM", "question": "Q", "answer": "A", "difficulty": "Medium", "created_at": "2026-03-01"}


@pytest.mark.parametrize(
    "told",
    [
        {**ASKED, "id": "q1", "grounding": "high", "citations": ["doc.pdf#3"]},
        {**ASKED, "question_id": "q1", "grounding_level": "high", "sources": ["doc.pdf#3"]},
        {**ASKED, "id": "q1", "grounding_level": "HIGH", "sources": [{"title": "doc.pdf#3"}]},
        {**ASKED, "id": "q1", "grounding": "high", "citations": "doc.pdf#3"},
    ],
)
@pytest.mark.parametrize("wrap", [None, "items"])
def test_a_question_is_read(told: dict, wrap: str | None) -> None:
    assert qa_rows([told] if wrap is None else {wrap: [told]}, "s") == [QA]


def test_a_question_without_an_id_is_one_by_its_service_and_beginning() -> None:
    long = "x" * 40
    rows = [{"service": "S", "question": long + "1"}, {"service": "S", "question": long + "2"}, {"question": long}]
    found = qa_rows(rows, "s")
    assert found is not None
    assert [entry["key"] for entry in found] == [f"s:S:{long}", f"s::{long}"]
    odd = qa_rows([{"question": "Q", "difficulty": "brutal", "grounding": 3, "citations": 7}, {"answer": "A"}], "s")
    assert odd is not None
    assert len(odd) == 1
    assert (odd[0]["difficulty"], odd[0]["grounding"], odd[0]["citations"]) == (None, None, [])
    assert qa_rows({"detail": "x"}, "s") is None

"""What leaves the house about models, their evaluations, and questions with answers."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from llm_service.core.operations.node_shapes import Trouble


class EvalRun(TypedDict):
    """One evaluation of a model. `score` is a share from 0 to 1."""

    key: str
    id: str
    source: str
    model: str
    suite: str | None
    status: Literal["passed", "failed", "running", "unknown"]
    score: float | None
    passed: int | None
    failed: int | None
    total: int | None
    duration_s: float | None
    at: str | None


class ModelRow(TypedDict):
    """A model of a server: what its registry, its leaderboard and its evaluations say, joined by id, else by name.

    `score` is the benchmark score as the server tells it: its unit is not documented. `rank` is the place on the
    leaderboard, from 1. `evals` are newest first.
    """

    key: str
    id: str
    source: str
    name: str
    status: str | None
    score: float | None
    rank: int | None
    registered: bool
    evals: list[EvalRun]


class LocalModel(TypedDict):
    """A model that lies on a machine and can be loaded there. `size` is ready to be shown, `bytes` where it is told."""

    key: str
    source: str
    node: str
    name: str
    size: str | None
    bytes: int | None
    parameters: str | None
    quantization: str | None
    family: str | None


class Models(TypedDict):
    """`GET /api/models`: models by score, evaluations newest first; `troubles` are lists that did not come.

    `missing` names what no server has ("registry", "leaderboard", "local", "evals"): the page hides it.
    """

    models: list[ModelRow]
    local: list[LocalModel]
    evals: list[EvalRun]
    missing: list[str]
    troubles: list[Trouble]


class QaEntry(TypedDict):
    """A question with its answer, as it was generated."""

    key: str
    id: str | None
    source: str
    service: str | None
    question: str
    answer: str
    difficulty: Literal["easy", "medium", "hard"] | None
    grounding: Literal["high", "medium", "low"] | None
    citations: list[str]
    created_at: str | None


class QaFeed(TypedDict):
    """`GET /api/qa`, newest first. `hidden`: no server has such a feed."""

    hidden: bool
    entries: list[QaEntry]
    troubles: list[Trouble]

"""Models of a server: registry, leaderboard, evaluations and what lies on its machines (PROTOCOLS 1.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from llm_service.core.bobspark.fields import MOST_ID, Reading, object_in, rows_in
from llm_service.core.operations.model_shapes import EvalRun, LocalModel, ModelRow

MOST_MODELS = 2_000
MOST_EVALS = 2_000
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
EvalStatus = Literal["passed", "failed", "running", "unknown"]
_EVAL_STATES: Mapping[str, EvalStatus] = {
    "passed": "passed",
    "pass": "passed",
    "completed": "passed",
    "failed": "failed",
    "fail": "failed",
    "error": "failed",
    "running": "running",
    "queued": "running",
}


def registry_rows(value: object, source: str, *, ranked: bool) -> list[ModelRow] | None:
    """The registry, or with `ranked` the leaderboard, which is in the order of its places; None where it is no list."""
    rows = rows_in(value, "models", "registry", "leaderboard", "entries")
    if rows is None:
        return None
    read = Reading()
    found = [_model(row, source, read) for row in rows[:MOST_MODELS] if isinstance(row, Mapping)]
    good = [row for row in found if row is not None]
    if ranked:
        for place, row in enumerate(good, 1):
            row["rank"], row["registered"] = row["rank"] or place, False
    return good


def _model(row: Mapping[str, Any], source: str, read: Reading) -> ModelRow | None:
    name = read.text(row, "model_name", "name", "model")
    model_id = read.text(row, "model_id", "id", most=MOST_ID) or name
    if model_id is None:
        return None
    return {
        "key": f"{source}:{model_id}",
        "id": model_id,
        "source": source,
        "name": name or model_id,
        "status": read.text(row, "status", "state"),
        "score": read.number(row, "benchmark_score", "score", "avg_score"),
        "rank": read.whole(row, "rank", "position"),
        "registered": True,
        "evals": [],
    }


def joined(registry: Sequence[ModelRow], board: Sequence[ModelRow], evals: Sequence[EvalRun]) -> list[ModelRow]:
    """Each model once, best score first: the registry with places of the leaderboard and evaluations, newest first."""
    rows = {row["id"]: row for row in registry}
    by_name = {row["name"]: row for row in registry}
    for ranked in board:
        row = rows.get(ranked["id"]) or by_name.get(ranked["name"])
        if row is None:
            rows[ranked["id"]] = by_name[ranked["name"]] = ranked
        else:
            row["rank"] = ranked["rank"]
            row["score"] = row["score"] if row["score"] is not None else ranked["score"]
    for one in evals:
        owner = rows.get(one["model"]) or by_name.get(one["model"])
        if owner is not None:
            owner["evals"].append(one)
    return sorted(rows.values(), key=_standing)


def _standing(row: ModelRow) -> tuple[float, float, str]:
    rank = float("inf") if row["rank"] is None else row["rank"]
    return (float("inf") if row["score"] is None else -row["score"], rank, row["name"])


def eval_rows(value: object, source: str, ahead_s: float = 0.0) -> list[EvalRun] | None:
    """Evaluations, newest first; None where the answer is no list. A score is a share: it is documented as 0 to 1."""
    rows = rows_in(value, "evals", "evaluations", "history", "runs")
    if rows is None:
        return None
    read = Reading()
    found = [_eval(row, source, read, ahead_s) for row in rows[:MOST_EVALS] if isinstance(row, Mapping)]
    return sorted((row for row in found if row is not None), key=lambda row: row["at"] or "", reverse=True)


def _eval(row: Mapping[str, Any], source: str, read: Reading, ahead_s: float) -> EvalRun | None:
    eval_id = read.text(row, "eval_id", "id", most=MOST_ID)
    model = read.text(row, "model_id", "model", "model_name")
    if eval_id is None or model is None:
        return None
    score = read.number(row, "score")
    passed, failed = read.whole(row, "pass_count", "passed"), read.whole(row, "fail_count", "failed")
    total = read.whole(row, "total_cases", "total")
    if total is None and passed is not None and failed is not None:
        total = passed + failed
    return {
        "key": f"{source}:{eval_id}",
        "id": eval_id,
        "source": source,
        "model": model,
        "suite": read.text(row, "suite", "eval_suite"),
        "status": _EVAL_STATES.get((read.text(row, "status") or "").lower(), "unknown"),
        "score": score if score is not None and score <= 1 else None,
        "passed": passed,
        "failed": failed,
        "total": total,
        "duration_s": read.number(row, "duration_s", "duration"),
        "at": read.time(row, "created_at", "started_at", "timestamp", ahead_s=ahead_s),
    }


def local_models(value: object, source: str, node: str) -> list[LocalModel] | None:
    """What lies on a machine; None where the answer is no list. A size in bytes becomes "13.3 GB" (1000-based)."""
    rows = rows_in(value, "models")
    if rows is None:
        return None
    read = Reading()
    # Some servers list bare names.
    named = [{"name": row} if isinstance(row, str) else row for row in rows[:MOST_MODELS]]
    found = (_local(row, source, node, read) for row in named if isinstance(row, Mapping))
    return [row for row in found if row is not None]


def _local(row: Mapping[str, Any], source: str, node: str, read: Reading) -> LocalModel | None:
    name = read.text(row, "name", "model", "id")
    if name is None:
        return None
    details = object_in(row, "details")
    size = row.get("size")
    in_bytes = size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**60 else None
    return {
        "key": f"{source}:{node}:{name}",
        "source": source,
        "node": node,
        "name": name,
        "size": read.text(row, "size") if in_bytes is None else in_words(in_bytes),
        "bytes": in_bytes,
        "parameters": read.text(details, "parameter_size"),
        "quantization": read.text(details, "quantization_level"),
        "family": read.text(details, "family"),
    }


def in_words(size: int) -> str:
    """Bytes as "13.3 GB", in thousands as disks and Ollama count."""
    value, unit = float(size), 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"

"""The other names that BobSpark's consumers accept for a field: what the fault `aliases` answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OTHER_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "run": {"id": ("run_id",)},
    "submitted": {"run_id": ("id",)},
    "queued": {"run_id": ("id",)},
    "analytics": {
        "totals": ("summary",),
        "runs_over_time": ("by_date",),
        "tokens_per_run": ("tokens_over_time",),
        "by_model": ("model_distribution",),
        "throughput_over_time": ("tokps_over_time",),
    },
    "totals": {"avg_duration_s": ("avg_duration",)},
    "qa": {"id": ("question_id",), "grounding": ("grounding_level",), "citations": ("sources",)},
    "stats": {
        "cpu_percent": ("cpu",),
        "gpu_percent": ("gpu",),
        "ram_percent": ("memory_percent",),
        "active_model": ("model",),
    },
    "active": {"task": ("description",)},
    "active_node": {"name": ("node_name", "id")},
    "finetune": {"id": ("job_id",)},
    "pipeline_event": {
        "type": ("event_type",),
        "stage": ("current_stage",),
        "message": ("msg",),
        "iteration": ("iter",),
    },
    "example": {"text": ("content", "input")},
    "step": {
        "operation": ("op", "type", "action"),
        "source": ("input", "from"),
    },
    "eval": {"eval_id": ("id",)},
}
"""By shape: field to its other names, in the order PROTOCOLS names them."""


def renamed(shape: str, value: Mapping[str, Any], which: int) -> dict[str, Any]:
    """`value` with every field that has another name under it: 1 the first other name, 2 the second or the last."""
    names = OTHER_NAMES.get(shape, {})
    return {_name(names.get(key, ()), key, which): item for key, item in value.items()}


def _name(others: tuple[str, ...], key: str, which: int) -> str:
    return others[min(which, len(others)) - 1] if which and others else key

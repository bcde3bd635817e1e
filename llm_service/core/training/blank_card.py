"""The card of a job of which nothing is known yet."""

from __future__ import annotations

from llm_service.core.training.reports import Kind
from llm_service.core.training.shapes import JobCard


def blank_card(key: str, source: str, kind: Kind, job_id: str) -> JobCard:
    """All unknown: None, never 0."""
    return {
        "key": key,
        "id": job_id,
        "source": source,
        "kind": kind,
        "status": "unknown",
        "name": "",
        "base_model": None,
        "node": None,
        "step": None,
        "steps": None,
        "epoch": None,
        "epochs": None,
        "progress": None,
        "loss": None,
        "first_loss": None,
        "best_loss": None,
        "learning_rate": None,
        "rating": None,
        "steps_per_s": None,
        "eta_s": None,
        "elapsed_s": None,
        "started_at": None,
        "finished_at": None,
        "heard_at": None,
        "error": "",
        "log": [],
        "gpu": None,
        "examples": None,
        "preview_in": "",
        "preview_out": "",
        "series": [],
        "alarms": [],
        "config": {},
        "pipeline": None,
        "actions": [],
    }

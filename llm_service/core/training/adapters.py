"""Finished adapters from three places: a skill trainer's list, a report of fine-tunes, jobs that completed here."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from llm_service.core.training import fields
from llm_service.core.training.rating import rating_of
from llm_service.core.training.reports import status_of
from llm_service.core.training.shapes import Adapter, JobCard

LISTS = ("adapters", "trained_adapters", "history", "finetunes")


def skill_adapters(source: str, value: object) -> list[Adapter]:
    """`/api/training/adapters`, or the older `/api/trained-adapters`."""
    found = []
    for row in fields.rows(value, *LISTS):
        adapter_id = fields.text(row, "id", "adapter_id", "job_id")
        skill = fields.text(row, "skill_id")
        if adapter_id is None and skill is None:
            continue
        found.append(_adapter(source, row, adapter_id or skill or "", "skill", fields.text(row, "skill_name") or skill))
    return found


def finetune_history(source: str, value: object) -> list[Adapter]:
    """`/api/reports/finetune-history`: those that completed."""
    found = []
    for row in fields.rows(value, *LISTS):
        finetune_id = fields.text(row, "finetune_id", "id", "job_id")
        if finetune_id is not None and status_of(fields.text(row, "status")) in ("completed", None):
            found.append(_adapter(source, row, finetune_id, "finetune", fields.text(row, "name", "model_name")))
    return found


def final_losses(value: object) -> dict[str, float]:
    """The losses that the same report keeps, by the ids of the fine-tunes."""
    return {one["id"]: one["final_loss"] for one in finetune_history("", value) if one["final_loss"] is not None}


def adapter_of(card: JobCard) -> Adapter | None:
    """What a completed job made; None of any other."""
    if card["status"] != "completed" or card["kind"] not in ("finetune", "skill"):
        return None
    config = card["config"]
    return {
        "key": card["key"],
        "id": card["id"],
        "source": card["source"],
        "kind": "skill" if card["kind"] == "skill" else "finetune",
        "name": card["name"] or str(config.get("skill_id") or card["id"]),
        "base_model": card["base_model"],
        "dataset": fields.text(config, "dataset", "dataset_path"),
        "final_loss": card["loss"],
        "rating": rating_of(card["loss"]),
        "examples": card["examples"],
        "epochs": card["epochs"],
        "rank": fields.whole(config, "lora_r", "lora_rank", "rank"),
        "learning_rate": fields.number(config, "learning_rate", "lr") or card["learning_rate"],
        "path": fields.text(config, "adapter_path", "output_dir"),
        "created_at": card["finished_at"],
        "duration_s": card["elapsed_s"],
        "status": "ready",
        "job": card["key"],
    }


def merged(told: list[Adapter], made_here: list[Adapter], jobs: Collection[str] = ()) -> list[Adapter]:
    """All adapters, newest first, each once: what its server tells goes before what a job says, gaps filled from it.

    `jobs` are the keys of known jobs, also of those that do not count as completed yet: their curves are kept.
    """
    by_key = {one["key"]: one for one in made_here}
    # A trainer may name an adapter by its skill alone; then the newest job of that skill made it.
    by_name = {(one["source"], one["kind"], one["name"]): one for one in made_here}
    found: dict[str, Adapter] = {}
    taken = set()
    for one in told:
        mine = by_key.get(one["key"]) or by_name.get((one["source"], one["kind"], one["name"]))
        if mine is not None and _same_thing(one, mine):
            taken.add(mine["key"])
            one = _filled(one, mine)
        elif one["job"] is None and one["key"] in jobs:
            one = {**one, "job": one["key"]}
        found[one["key"]] = one
    found.update({one["key"]: one for one in made_here if one["key"] not in taken and one["key"] not in found})
    return sorted(found.values(), key=lambda one: (one["created_at"] or "", one["key"]), reverse=True)


def _filled(one: Adapter, mine: Adapter) -> Adapter:
    gaps = {name: value for name, value in mine.items() if one.get(name) is None}
    return cast(Adapter, {**one, **gaps, "job": mine["key"]})


def _same_thing(one: Adapter, mine: Adapter) -> bool:
    """Whether a told adapter is the one that a job made: equal ids, or a loss that is equal to three digits."""
    if one["key"] == mine["key"]:
        return True
    if one["final_loss"] is None or mine["final_loss"] is None:
        return False
    return abs(one["final_loss"] - mine["final_loss"]) < 0.0005


def _adapter(source: str, row: fields.Fields, adapter_id: str, kind: str, name: str | None) -> Adapter:
    loss = fields.number(row, "final_loss", "loss")
    return {
        "key": f"{source}:{adapter_id}",
        "id": adapter_id,
        "source": source,
        "kind": "skill" if kind == "skill" else "finetune",
        "name": name or adapter_id,
        "base_model": fields.text(row, "base_model", "model_id", "model"),
        "dataset": fields.text(row, "dataset", "dataset_path"),
        "final_loss": loss,
        "rating": rating_of(loss),
        "examples": fields.whole(row, "training_examples", "examples"),
        "epochs": fields.number(row, "epochs"),
        "rank": fields.whole(row, "lora_r", "lora_rank", "rank"),
        "learning_rate": fields.number(row, "learning_rate", "lr"),
        "path": fields.text(row, "adapter_path", "path"),
        "created_at": fields.moment(row, "created_at", "completed_at", "finished_at"),
        "duration_s": fields.number(row, "training_time_seconds", "duration_s"),
        "status": fields.text(row, "status") or "ready",
        "job": None,
    }

"""Sentences about training jobs, for the activity feed."""

from __future__ import annotations

from llm_service.core.training.shapes import JobCard

KINDS = {"finetune": "Fine-tune", "skill": "Skill training", "pipeline": "Pipeline", "datagen": "Job"}


def title_of(card: JobCard) -> str:
    """A job as it is named in a sentence: "Fine-tune ft_01 of qwen2.5:7b"."""
    name = card["name"] or card["id"]
    of = f" of {card['base_model']}" if card["base_model"] and card["base_model"] != name else ""
    return f"{KINDS[card['kind']]} {name[:80]}{of[:80]}"


def line_of_start(card: JobCard) -> str:
    """The line of a job that is first seen before its end."""
    where = f" on {card['node']}" if card["node"] else ""
    word = {"queued": "waits", "running": "is running", "stale": "is running, without news"}.get(
        card["status"], "is there"
    )
    return f"{title_of(card)} {word}{where} ({card['source']})."


def line_of_end(card: JobCard) -> str:
    """The line of a job that ended, with how well."""
    title, status = title_of(card), card["status"]
    if status == "completed":
        facts = [outcome_words(card)]
        if card["loss"] is not None:
            facts.append(f"loss {card['loss']:.4f}, {card['rating']}")
        if card["elapsed_s"]:
            facts.append(f"after {_span(card['elapsed_s'])}")
        said = ", ".join(fact for fact in facts if fact)
        return f"{title} completed{f': {said}' if said else ''}."
    if status == "failed":
        reason = f": {card['error'][:200]}" if card["error"] else ", no reason is given"
        return f"{title} failed{reason}."
    if status == "vanished":
        return f"{title} is no longer known to its server; how it ended is not told."
    return f"{title} was cancelled."


def outcome_words(card: JobCard) -> str:
    """How a pipeline ended, in words; "" for other jobs."""
    pipeline = card["pipeline"]
    if pipeline is None or not pipeline["outcome"]:
        return ""
    score = pipeline["score"]
    reached = "" if score is None else f" with {score:.0%}"
    return f"{pipeline['outcome'].replace('_', ' ')}{reached}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"

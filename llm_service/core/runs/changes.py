"""What of a run's card is worth sending: the fields that are different from what was sent before."""

from __future__ import annotations

from typing import cast

from llm_service.core.runs.shapes import RunCard, RunDelta


def delta_of(card: RunCard, before: RunCard | None) -> RunDelta | None:
    """Only what changed, and the key; the whole card where nothing was sent before; None where nothing changed."""
    if before is None:
        return cast(RunDelta, card)
    told = cast("dict[str, object]", before)
    changed = {name: value for name, value in card.items() if told[name] != value}
    return cast(RunDelta, {"key": card["key"], **changed}) if changed else None

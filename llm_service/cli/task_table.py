"""Cards as lines of a terminal. What files say is foreign text: nothing in it may steer the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from llm_service.core.tasks import Card

_HEADINGS = ("COLUMN", "PRIORITY", "STATUS", "AGENT", "ID", "TITLE")


def as_text(text: str) -> str:
    """`text` with every character that is not printed for itself shown as a replacement character."""
    return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in text)


def table(cards: Sequence[Card]) -> list[str]:
    """A line for each card below one of headings; nothing where there are no cards."""
    if not cards:
        return []
    rows = [_HEADINGS, *map(_row, cards)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_HEADINGS) - 1)]
    return ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]


def _row(card: Card) -> tuple[str, ...]:
    cells = (card.column, card.priority, card.status, card.agent or "-", card.id or "-", card.title)
    return tuple(as_text(str(cell)) for cell in cells)

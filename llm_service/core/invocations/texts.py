"""Texts of an invocation: how long they may be, and which characters none of them may hold."""

from __future__ import annotations

import unicodedata

NAME_CHARS = 200
"""The most characters of a name: model, tool, agent, node …"""
PLACE_CHARS = 500
"""The most characters of a task, a session or a project, which may be a path."""
ERROR_CHARS = 2_000
"""Beyond it an error's text is cut."""

_REFUSED = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, halves of characters, and separators that break lines."""


def text_problem(text: str, most: int) -> str | None:
    """What is wrong with a text, to be put after its field's name; None where nothing is."""
    if not text.strip():
        return "is empty"
    if len(text) > most:
        return f"has {len(text):,} characters; allowed are {most}"
    if not text.isprintable() and any(unicodedata.category(char) in _REFUSED for char in text):
        return f"is {shown(text)}, which holds a control character"
    return None


def error_text(value: object) -> str | None:
    """What went wrong, as text. Never a reason to lose the row: odd characters are replaced, a long one is cut."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else str(value)
    cut = len(text) - ERROR_CHARS
    text = text[:ERROR_CHARS] + (f" … ({cut:,} more characters)" if cut > 0 else "")
    return "".join(char if char.isprintable() or char in "\n\t" else _replaced(char) for char in text)


def _replaced(char: str) -> str:
    return "\ufffd" if unicodedata.category(char) in _REFUSED else char


def shown(value: object) -> str:
    """A value as a reason may quote it: short, and with nothing that could steer a terminal."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "a number of more than 18 digits"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"

"""What is tried next after a failure, as a wait and as the words the user reads."""

from __future__ import annotations

from llm_service.clients.errors import Busy, ClientError, Denied, NotThere, StreamEnded

MISSING_S = 60.0
"""How often what is missing or denied is asked for again."""
_HOW_TO_BE_LET_IN = "set its token in the user's llm-service.toml and start again; "


def asked_for_s(error: ClientError) -> float:
    """The least wait that this failure itself asks for."""
    if isinstance(error, (NotThere, Denied)):
        return MISSING_S
    return (error.retry_after_s or 0.0) if isinstance(error, Busy) else 0.0


def is_final(error: ClientError) -> bool:
    """Whether a stream that failed so is not to be opened again: the server said so, or does not let us in."""
    return isinstance(error, (StreamEnded, Denied))


def in_words(wait_s: float) -> str:
    """A wait as a person says it."""
    if wait_s < 90:
        return f"{max(1, round(wait_s))} s"
    return f"{round(wait_s / 60)} min"


def sentence(error: ClientError, next_words: str) -> str:
    """The failure, what the user can do about it where that is certain, and what follows."""
    advice = _HOW_TO_BE_LET_IN if isinstance(error, Denied) else ""
    return f"{error.sentence}; {advice}{next_words}."

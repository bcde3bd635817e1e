"""Several questions at once, each failing alone: a page waits for the slowest and not for the sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from llm_service.core.operations.node_shapes import Trouble
from llm_service.errors import LlmServiceError

K = TypeVar("K")
T = TypeVar("T")
U = TypeVar("U")

AT_ONCE = 6


class Outcome(NamedTuple, Generic[T]):
    """What one question gave, or why not."""

    value: T | None
    error: LlmServiceError | None


def together(questions: Mapping[K, Callable[[], T]]) -> dict[K, Outcome[T]]:
    """Ask all, at most six at a time; `LlmServiceError` of one is its own outcome."""
    if not questions:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(questions)), thread_name_prefix="reading") as pool:
        asked = {name: pool.submit(_outcome, ask) for name, ask in questions.items()}
        return {name: future.result() for name, future in asked.items()}


def at_once(
    first: Mapping[K, Callable[[], T]], second: Mapping[K, Callable[[], U]]
) -> tuple[dict[K, Outcome[T]], dict[K, Outcome[U]]]:
    """Two kinds of questions, each kind `together`, both at the same time."""
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as pool:
        asked = pool.submit(together, second)
        return together(first), asked.result()


def _outcome(ask: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(ask(), None)
    except LlmServiceError as error:
        return Outcome(None, error)


def troubles(outcomes: Sequence[tuple[str, LlmServiceError | None]]) -> list[Trouble]:
    """The failures among them, each sentence once a source."""
    told = dict.fromkeys((source, str(error)) for source, error in outcomes if error is not None)
    return [{"source": source, "error": error} for source, error in told]

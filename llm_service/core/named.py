"""What a name means: the key of a thing, `<source>:<id>`, or its id alone while only one server gave that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from llm_service.errors import LlmServiceError

T = TypeVar("T")


class SeveralKeys(LlmServiceError):
    """An id that several servers gave; `keys` are the things that it may mean."""

    def __init__(self, kind: str, bare_id: str, keys: Sequence[str]) -> None:
        listed = ", ".join(key[:200] for key in keys)
        super().__init__(f"{len(keys)} servers have a {kind} {bare_id[:80]}; ask by one of the keys {listed}")
        self.keys = list(keys)


class Place(NamedTuple, Generic[T]):
    """Where things are: in memory, in a database."""

    by_key: Callable[[str], T | None]
    keys_of: Callable[[str], Iterable[str]]
    """Keys of all things with this id."""


def named(kind: str, name: str, places: Sequence[Place[T]]) -> T | None:
    """The thing that `name` means, from the first place that has it; None where there is none.

    A key comes before an id. Raises `SeveralKeys`.
    """
    if (found := _by_key(name, places)) is not None:
        return found
    keys = sorted({key for place in places for key in place.keys_of(name)})
    if len(keys) > 1:
        raise SeveralKeys(kind, name, keys)
    return _by_key(keys[0], places) if keys else None


def _by_key(key: str, places: Sequence[Place[T]]) -> T | None:
    return next((found for place in places if (found := place.by_key(key)) is not None), None)

"""One cumulative count of a run, from a stream whose count may begin again and from rows that tell the sum."""

from __future__ import annotations


class TokenCount:
    """`value` is the best that is known. A stream's count that falls began again: what it was is kept below it."""

    def __init__(self, value: int | None = None) -> None:
        self._below = 0
        self._last: int | None = None
        self._told: int | None = value
        self._final: int | None = None
        self.restarts = 0

    @property
    def value(self) -> int | None:
        """Tokens so far; None where nobody told."""
        if self._final is not None:
            return self._final
        if self._last is None:
            return self._told
        heard = self._below + self._last
        return heard if self._told is None else max(heard, self._told)

    def heard(self, count: int) -> int:
        """The stream's count as it is now; returns by how much `value` grew."""
        before = self.value or 0
        if self._last is not None and count < self._last:
            self._below += self._last
            self.restarts += 1
        self._last = count
        return max(0, (self.value or 0) - before)

    def told(self, count: int | None) -> None:
        """The server's own sum: never less than this."""
        if count is not None:
            self._told = count if self._told is None else max(self._told, count)

    def ended(self, count: int | None) -> None:
        """The server's own sum after the end, which is the truth whatever was heard."""
        if count is not None:
            self._final = count

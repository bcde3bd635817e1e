"""Tokens a second of one run: an average that follows (EMA), and the last minute second by second."""

from __future__ import annotations

ALPHA = 0.3
GATE_S = 0.1
MINUTE_S = 60


class Rate:
    """EMA of Δtokens/Δt. Only a growth over more than `GATE_S` counts; what grew in less is counted with the next."""

    def __init__(self) -> None:
        self.per_s: float | None = None
        self._from: tuple[float, int] | None = None

    def add(self, at_s: float, tokens: int) -> None:
        """The total as it stands at a moment (monotonic seconds)."""
        if self._from is None or tokens < self._from[1]:
            self._from = at_s, tokens
            return
        passed_s, grown = at_s - self._from[0], tokens - self._from[1]
        if passed_s <= GATE_S or grown <= 0:
            return
        now = grown / passed_s
        self.per_s = now if self.per_s is None else ALPHA * now + (1 - ALPHA) * self.per_s
        self._from = at_s, tokens

    def begin_at(self, at_s: float, tokens: int) -> None:
        """Measure from here: what came before was not heard as it was made."""
        self._from = at_s, tokens


class LastMinute:
    """Tokens of each of the last 60 whole seconds; a second in which the run was not heard is None, not 0."""

    def __init__(self) -> None:
        self._made: dict[int, int] = {}
        self._first: int | None = None

    def add(self, at_s: float, tokens: int) -> None:
        """So many tokens came at this moment."""
        second = int(at_s)
        self._made[second] = self._made.get(second, 0) + tokens
        if self._first is None:
            self._first = second

    def heard(self, at_s: float) -> None:
        """The run is listened to in this second, whether or not it says anything."""
        self.add(at_s, 0)

    def rates(self, now_s: float) -> list[float | None]:
        """Tokens in each whole second before this one, oldest first, at most 60, from the first that was heard."""
        now = int(now_s)
        if self._first is None:
            return []
        start = max(self._first, now - MINUTE_S)
        if len(self._made) > 2 * MINUTE_S:
            self._made = {second: made for second, made in self._made.items() if second >= start}
        return [float(self._made[second]) if second in self._made else None for second in range(start, now)]

"""How long to wait before the next try: full jitter under a doubling ceiling, never below a floor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """The waits of one thing that is tried again and again. `chance` is always from 0 to 1, drawn by the caller.

    The floor holds even after a clean end: a server that hangs up after each event must not be asked without pause.
    """

    first_s: float = 1.0
    cap_s: float = 30.0
    floor_s: float = 0.5
    tries: int = 0
    """In a row that brought nothing."""

    def next_s(self, chance: float, *, least_s: float = 0.0) -> float:
        """The wait after one more try that brought nothing; at least what the server asked for."""
        ceiling_s = min(self.cap_s, self.first_s * 2.0 ** min(self.tries, 32))
        self.tries += 1
        return max(self.floor_s, least_s, ceiling_s * chance)

    def reset(self) -> None:
        """It went well: begin with the shortest wait again."""
        self.tries = 0

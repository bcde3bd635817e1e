"""Money: whole nano-dollars inside, US dollars as a float where it leaves the house."""

from __future__ import annotations

from typing import overload

NANO = 1_000_000_000


@overload
def usd(nano: int) -> float: ...
@overload
def usd(nano: None) -> None: ...
@overload
def usd(nano: int | None) -> float | None: ...
def usd(nano: int | None) -> float | None:
    """US dollars; None stays None, which is unknown and not zero."""
    return None if nano is None else nano / NANO

"""Libraries load others where those are installed, whether anybody needs them or not. Here they may be left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Inside, importing these modules fails as if they were not installed; those that are loaded already stay.

    Only for libraries that are documented to work without them. Afterwards they can be imported as ever.
    """
    absent = [name for name in names if name not in sys.modules]
    # None is Python's own mark for a module that is known not to be there.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]

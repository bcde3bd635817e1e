"""A timer around one call of a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any


class Call:
    """Measures from `with` to its end and then records; an exception makes it an error and goes on its way.

    Works as `with` and as `async with`. Whatever is said later replaces what was said before.
    """

    def __init__(self, record: Callable[[Mapping[str, Any]], str | None], fields: Mapping[str, Any]) -> None:
        self._record = record
        self._fields = dict(fields)
        self._began_s = time.perf_counter()
        self.invocation_id: str | None = None
        """The row's id, once it is recorded."""

    def tokens(self, **counts: Any) -> None:
        """Say what was used: `input_tokens=…, output_tokens=…` and the other counts of `record`."""
        self._fields.update(counts)

    def set(self, **fields: Any) -> None:
        """Say anything else that `record` takes, as `status="timeout"` or `cost_usd=0.01`."""
        self._fields.update(fields)

    def __enter__(self) -> Call:
        self._began_s = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fields = {"latency_ms": round((time.perf_counter() - self._began_s) * 1000), **self._fields}
        if kind is not None:
            fields.setdefault("status", "timeout" if issubclass(kind, TimeoutError) else "error")
            # The exception's own text may hold the prompt, so only its name is kept.
            fields.setdefault("error", kind.__name__)
        self.invocation_id = self._record(fields)

    async def __aenter__(self) -> Call:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

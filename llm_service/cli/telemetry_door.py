"""Where commands hand rows in: the dashboard where one runs, so that open pages see them; else the database itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

from llm_service.cli.telemetry_store import Store, now_ms, writing
from llm_service.core.invocations.ingest_shapes import Ingested
from llm_service.core.invocations.rows import RowReader
from llm_service.core.invocations.usage import Door
from llm_service.instance import Home
from llm_service.instance_record import Record
from llm_service.settings import Settings

SEND_S = 60.0


class RowDoor(Protocol):
    """Takes raw rows; raises `LlmServiceError` where they cannot be kept."""

    def keep(self, raws: Sequence[Any]) -> Ingested: ...


@contextmanager
def opened(settings: Settings, environ: Mapping[str, str], door: Door = Door.API) -> Iterator[RowDoor]:
    """The way in for rows of `door`, which is `API` or `IMPORT`."""
    record = Home.of(settings).running()
    if record is not None:
        yield _Dashboard(record, environ, door)
        return
    with writing(settings) as store:
        yield _Database(store, door)


class _Dashboard:
    def __init__(self, record: Record, environ: Mapping[str, str], door: Door) -> None:
        self._record = record
        self._environ = environ
        self._path = f"/api/telemetry/invocations?door={door.value}"

    def keep(self, raws: Sequence[Any]) -> Ingested:
        from llm_service.cli.remote import send

        answer = send(self._record, "POST", self._path, self._environ, {"rows": list(raws)}, timeout_s=SEND_S)
        return cast(Ingested, answer)


class _Database:
    def __init__(self, store: Store, door: Door) -> None:
        self._store = store
        self._door = door

    def keep(self, raws: Sequence[Any]) -> Ingested:
        reader = RowReader(now_ms=now_ms(), tool="cli", chance=secrets.randbits, door=self._door)
        rows, refused = reader.read_all(list(raws))
        done = self._store.recorder.record(rows)
        return {
            "accepted": done.accepted + done.replaced,
            "duplicate": done.duplicate,
            "refused": [{"index": place, "invocation_id": named, "reason": why} for place, named, why in refused],
        }

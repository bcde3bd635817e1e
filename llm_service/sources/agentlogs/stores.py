"""Reads one store (a database, a folder of JSON) on from its cursor, through its tool's own reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from llm_service.core.agentlogs.fold import Lookup
from llm_service.sources.agentlogs.cursors import Cursor, Stamp
from llm_service.sources.agentlogs.finding import LogFile
from llm_service.sources.agentlogs.reading import Step, sentence_of

UNREAD = Stamp(0, 0, -1, 0)


def poll(file: LogFile, cursor: Cursor | None, lookup: Lookup) -> Iterator[Step]:
    """As `reading.read_on`. `offset` is the store's size once it was read to the end; `lines` counts rows."""
    store = file.root.tool.store
    assert store is not None
    here = cursor or Cursor(file.key, file.root.tool.name, UNREAD)
    try:
        for found, state in store.poll(file.path, file.root.path, here.fold, lookup):
            newest = max((row.at_ms for row in found.rows), default=0)
            here = here._replace(
                stamp=UNREAD,
                lines=here.lines + len(found.rows) + sum(found.skipped.values()),
                messages=here.messages + found.messages,
                fold=state,
                facts={**here.facts, **found.facts},
                skipped=here.told(found.skipped),
                newest_ms=max(here.newest_ms, newest),
            )
            yield Step(found.rows, here)
        yield Step([], here._replace(stamp=file.stamp, offset=file.stamp.size, error="", gone=False))
    except FileNotFoundError:
        yield Step([], here._replace(gone=True))
    except (OSError, sqlite3.Error) as error:
        # The stamp stays unread: a store that was locked reads well in a moment without having changed.
        yield Step([], here._replace(stamp=UNREAD, error=sentence_of(error)))

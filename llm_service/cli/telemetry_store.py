"""Telemetry for commands: the database of the watched folder, with a writer of this process where one is needed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from llm_service.cli.printing import say
from llm_service.cli.task_table import as_text
from llm_service.instance import Home
from llm_service.settings import Settings
from llm_service.telemetry.local_zone import zone_name

if TYPE_CHECKING:
    from llm_service.core.agentlogs.shapes import LogSourceJson
    from llm_service.telemetry.database import Database
    from llm_service.telemetry.recorder import Recorder

PRICES_S = 20.0
"""How long the first row of a model waits for its price: a command has no later."""


class Store(NamedTuple):
    """An opened database and a writer that runs."""

    database: Database
    recorder: Recorder


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def opened(settings: Settings) -> Database:
    """The database of the watched folder, made where there is none, in the zone its sums are kept in.

    A command of another zone must not have the days of a running dashboard counted anew. Raises `LlmServiceError`.
    """
    from llm_service.telemetry.database import Database

    database = Database.open(Home.of(settings).state_dir, zone=zone_name(settings.timezone), now_ms=now_ms)
    database.keep_zone()
    return database


@contextmanager
def writing(settings: Settings) -> Iterator[Store]:
    """A writer for as long as the block lasts; a dashboard's own may write meanwhile, SQLite keeps them apart."""
    from llm_service.telemetry.prices import Pricing
    from llm_service.telemetry.recorder import Recorder

    database = opened(settings)
    pricing = Pricing(database, settings.prices, wait_s=PRICES_S)
    recorder = Recorder(database, pricing, now_ms=now_ms, keep_days=settings.keep_days)
    recorder.start()
    try:
        yield Store(database, recorder)
    finally:
        recorder.stop(10.0)
        pricing.stop()
        for notice in database.notices:
            say(as_text(notice), err=True)


def read_logs(store: Store, settings: Settings, environ: Mapping[str, str]) -> list[LogSourceJson]:
    """Bring the database up to the agents' own logs; tells how each source stands."""
    from pathlib import Path

    from llm_service.sources.agentlogs.known_tools import TOOLS
    from llm_service.sources.agentlogs.passes import Place
    from llm_service.sources.agentlogs.reading_once import read_all

    place = Place(TOOLS, Path.home(), environ)
    return read_all(place, store.database.reading, store.recorder, Home.of(settings).state_dir, now_ms)

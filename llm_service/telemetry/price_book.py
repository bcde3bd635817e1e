"""The table `prices`: what rows were billed at, and what the list did not know, so that each is asked once.

The one writer needs numbers in the middle of its transaction, and a command may write while a dashboard does. So a
page's number follows from its key, the same in every process, and the page is written in the transaction of its rows.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from llm_service.core.pricing.price import Quote
from llm_service.core.pricing.text import read_quote

FORM = 1
"""Of keys and quotes. Higher when the same list would now be read otherwise, so that kept answers are asked anew."""


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[Any]:
        """A short-lived connection that only reads."""
        ...


class Priced(NamedTuple):
    """A quote and the `prices.id` that rows billed at it carry."""

    quote: Quote
    price_id: int


class Page(NamedTuple):
    """One row of the table; `quote` is JSON, ``null`` for a model that the source does not know."""

    price_id: int
    key: str
    model: str
    provider: str | None
    source: str
    source_date: str | None
    quote: str


def key_of(version: str, model: str, provider: str | None) -> str:
    """What a price is found by: the model as recorded, and which edition of which source was asked."""
    return json.dumps([FORM, version, provider, model], ensure_ascii=False)


NUMBERS = 2**23 - 1

_TAKEN = "SELECT 1 FROM prices WHERE id = ?"
_INSERT = (
    "INSERT OR IGNORE INTO prices (id, key, model, provider, source, source_date, quote, first_used_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class PriceBook:
    """Finds and keeps pages. Safe from any thread; `save` and `saved` are for the writer."""

    def __init__(self, database: Readable) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._pages: dict[str, Page] = {}
        self._unsaved: dict[str, Page] = {}
        self._witness: Page | None = None

    def find(self, version: str, model: str, provider: str | None) -> Page | None:
        """The page that was kept for this, now or in an earlier run."""
        with self._lock:
            return self._known(key_of(version, model, provider))

    def keep(
        self, version: str, model: str, provider: str | None, source: str, source_date: str | None, quote: str
    ) -> Page:
        """Keep an answer and give its page, the one of before where there is one."""
        key = key_of(version, model, provider)
        with self._lock:
            page = self._known(key)
            if page is None:
                page = Page(self._number(key), key, model, provider, source, source_date, quote)
                self._pages[key] = self._unsaved[key] = page
            return page

    def save(self, connection: Any, now_ms: int) -> tuple[str, ...]:
        """Write what is new, in the writer's transaction; give the result to `saved` once it is committed."""
        with self._lock:
            if self._witness and not _holds(connection, self._witness):
                # A damaged file was moved aside: rows of the new one carry the numbers given out before, too.
                self._unsaved |= self._pages
                self._witness = None
            pages = list(self._unsaved.values())
        if pages:
            connection.executemany(_INSERT, [(*page, now_ms) for page in pages])
        return tuple(page.key for page in pages)

    def saved(self, keys: tuple[str, ...]) -> None:
        """The transaction that wrote these is committed."""
        with self._lock:
            for key in keys:
                self._witness = self._unsaved.pop(key, self._witness)

    def forget(self) -> None:
        """Drop from memory what the table holds."""
        with self._lock:
            self._pages = dict(self._unsaved)

    def _known(self, key: str) -> Page | None:
        page = self._pages.get(key)
        if page is None and (page := self._stored(key)) is not None:
            self._pages[key] = self._witness = page
        return page

    def _stored(self, key: str) -> Page | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, key, model, provider, source, source_date, quote FROM prices WHERE key = ?", (key,)
            ).fetchone()
        return None if row is None else Page(*row)

    def _number(self, key: str) -> int:
        """Three bytes, because every row carries it; the next free number where another key has it already."""
        number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "replace")).digest()[:4]) % NUMBERS
        taken = {page.price_id for page in self._pages.values()}
        with self._database.reading() as connection:
            while number + 1 in taken or connection.execute(_TAKEN, (number + 1,)).fetchone():
                number = (number + 1) % NUMBERS
        return number + 1


def _holds(connection: Any, page: Page) -> bool:
    found = connection.execute("SELECT key FROM prices WHERE id = ?", (page.price_id,)).fetchone()
    return found is not None and found[0] == page.key


def priced(page: Page | None) -> Priced | None:
    """The page's quote with its id; None for an unknown model, or a page nobody can read."""
    if page is None:
        return None
    try:
        quote = read_quote(page.quote)
    except ValueError:
        return None
    return None if quote is None else Priced(quote, page.price_id)

"""What each model costs: the user's own prices first, then the list of genai-prices, asked in a child process.

The recorder calls, for each of its transactions: `prepare` before it begins, `quote_for` for each row, `save` before
it commits and `saved` after. The first row of a model never seen before waits for the child, at most 2 seconds a
minute; what the child has not answered by then is recorded unpriced, remembered, and priced by itself once the answer
is there (`late_prices.py`). Every later row finds its quote in memory.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from llm_service.core.invocations.usage import Invocation
from llm_service.core.model_names import is_local, lookups
from llm_service.core.pricing.settings import OwnPrice, match
from llm_service.core.pricing.text import quote_text, read_quote
from llm_service.telemetry.price_book import PriceBook, Priced, Readable, priced
from llm_service.telemetry.price_pipe import Answer, Key, PricePipe

log = logging.getLogger(__name__)

LIST = "genai-prices"
WAIT_S = 2.0
PAUSE_S = 60.0
"""After waiting in vain nobody waits for so long; what is missing is asked for once in it."""

MOST_MODELS = 5_000
"""Models whose quotes are in memory; beyond it all are looked up anew, so that made-up names cannot fill it."""

MOST_LATE = 1_000
"""Models that are priced by themselves once the list answers; rows of more wait for `telemetry reprice`."""

PENDING = "prices.pending"
"""The name of the fact that holds, over a restart, which models' rows wait for their price."""


class Entry(NamedTuple):
    """All that is known of one model: the user's own prices with the moment since which each holds, the closest
    first, and the list's. `known` is False while the list has not answered."""

    own: tuple[tuple[int, Priced], ...]
    listed: Priced | None
    known: bool

    def at(self, at_ms: int) -> Priced | None:
        """The price at a moment."""
        for since_ms, own in self.own:
            if at_ms >= since_ms:
                return own
        return self.listed


class Pricing:
    """Quotes by (provider, model). Any thread may ask; `save` and `saved` belong to the writer."""

    def __init__(
        self,
        database: Readable,
        own: Sequence[OwnPrice] = (),
        *,
        pipe: Callable[[Callable[[Answer | str], None]], PricePipe] = PricePipe,
        wait_s: float = WAIT_S,
    ) -> None:
        self._own = tuple(own)
        self._book = PriceBook(database)
        self._database = database
        self._pipe = pipe(self._told)
        self._wait_s = wait_s
        self._entries: dict[Key, Entry] = {}
        self._changed = threading.Condition()
        self._no_wait_until = 0.0
        self._failures = 0
        self._stopped = False
        self._late: set[Key] = set()
        self._late_saved: frozenset[Key] = frozenset()
        self._writing: tuple[tuple[str, ...], frozenset[Key]] = ((), frozenset())
        self.problem: str | None = None
        """Why the list cannot be asked, as a sentence; None while it answers."""
        self.version = _version()
        """The edition of the list: ``genai-prices 0.2.3``."""
        self.source_date: str | None = None
        """The newest day on which a price of the list changed; None until it was asked."""

    @property
    def condition(self) -> tuple[str, ...]:
        """What the user should know; empty when the list answers."""
        return (f"Models not seen before stay unpriced: {self.problem}.",) if self.problem else ()

    def prepare(self, calls: Iterable[Invocation]) -> None:
        """Find the quotes of all these rows' models at once, so that no transaction waits for them."""
        entries = self._entries
        if missing := {key for call in calls if (key := (call.model, call.provider)) not in entries}:
            self._learn(missing)

    def quote_for(self, call: Invocation) -> Priced | None:
        """The quote for a row and its `prices.id`, or None: it is unpriced."""
        key = (call.model, call.provider)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._learn({key})[key]
        found = entry.at(call.at_ms) if entry.own else entry.listed
        if found is None and not entry.known and len(self._late) < MOST_LATE:
            self._late.add(key)
        return found

    def entry(self, model: str, provider: str | None) -> Entry:
        """All that is known of one model, waiting for the list where it was not asked yet."""
        return self.entries([(model, provider)])[model, provider]

    def entries(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """All that is known of some models, in one question where the list was not asked yet."""
        found = {key: self._entries.get(key) for key in keys}
        learned = self._learn({key for key, entry in found.items() if entry is None}, patient=True)
        return {key: entry or learned[key] for key, entry in found.items()}

    def save(self, connection: Any, now_ms: int) -> None:
        """Write the prices first used, and which models wait for theirs, inside the writer's transaction."""
        late = frozenset(self._late)
        if late != self._late_saved:
            # Another process may have noted its own in the meantime.
            kept = (_pending(connection) | late) - (self._late_saved - late)
            text = json.dumps(sorted(kept, key=str))
            connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (PENDING, text))
        self._writing = (self._book.save(connection, now_ms), late)

    def saved(self) -> None:
        """The transaction of the last `save` is committed."""
        keys, self._late_saved = self._writing
        self._book.saved(keys)

    def recall_late(self) -> None:
        """Take up what another run or process left unpriced because the list had not answered it."""
        with self._database.reading() as connection:
            noted = _pending(connection)
        self._late |= noted - (self._late_saved - self._late)
        self._late_saved = noted
        if unknown := {key for key in self._late if key not in self._entries}:
            self._learn(unknown, patient=True)

    def wait_late(self, timeout_s: float) -> frozenset[Key]:
        """Wait until the list has answered for models that have rows waiting; returns these models."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._answered_late(), timeout_s)
            return self._answered_late()

    def forget_late(self, keys: Iterable[Key]) -> None:
        """These models' waiting rows are priced."""
        self._late.difference_update(keys)

    def ask_again(self) -> None:
        """Ask once more for what the list has not answered."""
        if open_keys := [key for key in tuple(self._late) if not self._entries.get(key, _NOTHING).known]:
            self._pipe.ask(open_keys)

    def stop(self, deadline_s: float = 1.0) -> None:
        """End the child; nobody waits for it any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._pipe.stop(deadline_s)

    def _answered_late(self) -> frozenset[Key]:
        return frozenset(key for key in tuple(self._late) if self._entries.get(key, _NOTHING).known)

    def _learn(self, keys: set[Key], *, patient: bool = False) -> dict[Key, Entry]:
        """Entries for keys that have none: from the settings, the kept prices, or the list."""
        with self._changed:
            if len(self._entries) + len(keys) > MOST_MODELS:
                self._entries = {}
                self._book.forget()
            found = {key: self._begin(key) for key in keys}
            self._entries.update(found)
        unknown = [key for key, entry in found.items() if not entry.known]
        if unknown and not self._stopped and (patient or time.monotonic() >= self._no_wait_until):
            failures = self._failures
            self._pipe.ask(unknown)
            self._await(unknown, failures, patient)
        return {key: self._entries.get(key, found[key]) for key in keys}

    def _begin(self, key: Key) -> Entry:
        model, provider = key
        own = tuple(self._own_priced(price, key) for price in match(self._own, model, provider))
        if any(since_ms < 0 for since_ms, _ in own) or is_local(model, provider) or not lookups(model, provider):
            return Entry(own, None, True)
        page = self._book.find(self.version, model, provider)
        return Entry(own, priced(page), page is not None)

    def _own_priced(self, price: OwnPrice, key: Key) -> tuple[int, Priced]:
        quote = price.quote()
        text = quote_text(quote)
        edition = f"settings {hashlib.sha256(text.encode()).hexdigest()[:16]}"
        page = self._book.keep(edition, *key, "settings", price.since and price.since.isoformat(), text)
        since_ms = -1 if price.since is None else _day_ms(price)
        return since_ms, Priced(quote, page.price_id)

    def _await(self, keys: list[Key], failures: int, patient: bool) -> None:
        """Wait for the list's answer; where it is in vain, nobody asks or waits for a minute."""

        def done() -> bool:
            answered = all(self._entries[key].known for key in keys if key in self._entries)
            return answered or self._failures > failures or self._stopped

        with self._changed:
            if not self._changed.wait_for(done, self._wait_s * (5 if patient else 1)) or self._failures > failures:
                self._no_wait_until = time.monotonic() + PAUSE_S

    def _told(self, answer: Answer | str) -> None:
        """On the child's thread: keep what it answered, or that it cannot."""
        with self._changed:
            if isinstance(answer, str):
                self._failures += 1
                if not self._stopped and self.problem != answer:
                    log.warning("prices: %s; new models stay unpriced until it can be asked again", answer)
                self.problem = answer
            else:
                self.problem = None
                self.source_date = answer.date
                self._no_wait_until = 0.0
                for key, text in zip(answer.keys, answer.texts, strict=True):
                    self._keep(key, text, answer)
            self._changed.notify_all()

    def _keep(self, key: Key, text: str, answer: Answer) -> None:
        read_quote(text)  # raises for what is no price, before it is kept
        edition = f"{LIST} {answer.version}"
        page = self._book.keep(edition, *key, edition, answer.date, text)
        entry = self._entries.get(key, _NOTHING)
        self._entries[key] = Entry(entry.own, priced(page), True)


_NOTHING = Entry((), None, False)


def _pending(connection: Any) -> frozenset[Key]:
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (PENDING,)).fetchone()
    return frozenset((str(model), provider) for model, provider in json.loads(row[0])) if row else frozenset()


def _day_ms(price: OwnPrice) -> int:
    day = price.since
    assert day is not None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _version() -> str:
    try:
        return f"{LIST} {version(LIST)}"
    except PackageNotFoundError:
        return LIST

"""A mapping that somebody handed in (HTTP, Python, a CSV or JSONL line) to an `Invocation`, or the reason why not.

One row in the usual shape costs a few microseconds: `_quick` recognises it by one long condition. Everything else,
good or bad, goes through `_careful`, field by field, which is the definition; `_quick` may only be quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from llm_service.core.invocations.fields import (
    AHEAD_MS,
    COUNTS,
    EARLIEST_MS,
    FIELDS,
    MOST_LATENCY_MS,
    MOST_TOKENS,
    MOST_USD,
    TEXTS,
    RowRefused,
    cost_of,
    count_of,
    latency_of,
    nano_dollars,
    status_of,
    text_of,
    unknown_field,
)
from llm_service.core.invocations.ids import time_ordered_id
from llm_service.core.invocations.texts import NAME_CHARS, error_text, shown, text_problem
from llm_service.core.invocations.usage import STATUSES, Door, Invocation

__all__ = ["FIELDS", "Refusal", "RowReader", "RowRefused", "named_id", "nano_dollars", "wire_row"]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refusal(NamedTuple):
    """Which row was not taken (its place in what was handed in, from 0; the id it named, if any), and why."""

    place: int
    invocation_id: str | None
    reason: str


class RowReader:
    """Reads rows that came through one door at one time.

    `tool` is who made the call where the row does not say. `chance` gives as many random bits as it is asked for;
    with `now_ms` they make the id of a row that has none.
    """

    def __init__(self, *, now_ms: int, tool: str, chance: Callable[[int], int], door: Door = Door.API) -> None:
        self._now_ms = now_ms
        self._latest_ms = now_ms + AHEAD_MS
        self._tool = tool
        self._door = door
        self._chance = chance

    def read(self, raw: object) -> Invocation:
        """The row; raises `RowRefused`."""
        if type(raw) is dict and raw.keys() <= FIELDS:
            row = self._quick(raw)
            if row is not None:
                return row
        return self._careful(raw)

    def read_all(self, raws: list[Any]) -> tuple[list[Invocation], list[Refusal]]:
        """Those that can be taken and those that cannot, each in their order."""
        rows: list[Invocation] = []
        refused: list[Refusal] = []
        read, keep = self.read, rows.append
        for index, raw in enumerate(raws):
            try:
                keep(read(raw))
            except RowRefused as error:
                refused.append(Refusal(index, named_id(raw), str(error)))
        return rows, refused

    def _quick(self, raw: dict[str, Any]) -> Invocation | None:
        """The row when each field is of its plainest type and in its range; None: it needs a closer look.

        A text that is >= "!" is not empty and does not begin with a blank.
        """
        get = raw.get
        model, tool = get("model"), get("tool") or self._tool
        texts = (get("provider"), get("agent"), get("task"), get("session"), get("project"), get("node"), get("tier"))
        given, stamp, latency_ms, cost = get("invocation_id"), get("timestamp"), get("latency_ms"), get("cost_usd")
        status = get("status", "success")
        taken, made, thought = get("input_tokens", 0), get("output_tokens", 0), get("reasoning_tokens", 0)
        hit, wrote = get("cache_read_tokens", 0), get("cache_write_tokens", 0)
        wrote_5m, wrote_1h, searches = get("cache_write_5m_tokens", 0), get("cache_write_1h_tokens", 0), 0
        if not (
            type(model) is str
            and model >= "!"
            and len(model) <= NAME_CHARS
            and model.isprintable()
            and type(tool) is str
            and tool >= "!"
            and len(tool) <= NAME_CHARS
            and tool.isprintable()
            and (given is None or (type(given) is str and given >= "!" and given.isprintable()))
            and (given is None or len(given) <= NAME_CHARS)
            and type(taken) is int
            and type(made) is int
            and type(thought) is int
            and type(hit) is int
            and type(wrote) is int
            and type(wrote_5m) is int
            and type(wrote_1h) is int
            and 0 <= taken <= MOST_TOKENS
            and 0 <= thought <= made <= MOST_TOKENS
            and 0 <= hit <= MOST_TOKENS
            and 0 <= wrote <= MOST_TOKENS
            and 0 <= wrote_5m <= MOST_TOKENS
            and 0 <= wrote_1h <= MOST_TOKENS
            and (latency_ms is None or (type(latency_ms) is int and 0 <= latency_ms <= MOST_LATENCY_MS))
            and (cost is None or (type(cost) is float and 0.0 <= cost <= MOST_USD))
            and type(status) is str
            and status in STATUSES
            and "error" not in raw
            and "web_searches" not in raw
        ):
            return None
        for text in texts:
            if text is not None and not (
                type(text) is str and text >= "!" and len(text) <= NAME_CHARS and text.isprintable()
            ):
                return None
        if stamp is None:
            at_ms = self._now_ms
        else:
            at_ms = _plain_ms(stamp)
            if not EARLIEST_MS <= at_ms <= self._latest_ms:
                return None
        nano = None if cost is None else nano_dollars(cost)
        if given is None:
            given = time_ordered_id(self._now_ms, self._chance(74))
        *names, tier = texts
        used = (taken, made, thought, hit, wrote, wrote_5m, wrote_1h, searches)
        rest = (latency_ms, status, None, tier, nano, 0)
        return tuple.__new__(Invocation, (given, at_ms, model, tool, self._door, *names, *used, *rest))

    def _careful(self, raw: object) -> Invocation:
        """The row, read field by field; raises `RowRefused`."""
        if not isinstance(raw, Mapping):
            raise RowRefused(f"this is {shown(raw)}; a row is an object with at least a model")
        for name in raw:
            if name not in FIELDS:
                raise RowRefused(unknown_field(name))
        texts = {name: text_of(raw, name) for name in TEXTS}
        if texts["model"] is None:
            raise RowRefused("model is missing; it is the one field that every row needs")
        counts = {name: count_of(raw, name) for name in COUNTS}
        if counts["reasoning_tokens"] > counts["output_tokens"]:
            raise RowRefused(
                f"reasoning_tokens is {counts['reasoning_tokens']}, more than the output_tokens, which are"
                f" {counts['output_tokens']}: reasoning is a part of the output, so add it to output_tokens too"
            )
        known: dict[str, Any] = {
            **texts,
            **counts,
            "invocation_id": texts["invocation_id"] or time_ordered_id(self._now_ms, self._chance(74)),
            "at_ms": self._at_ms(raw.get("timestamp")),
            "tool": texts["tool"] or self._tool,
            "door": self._door,
            "latency_ms": latency_of(raw.get("latency_ms")),
            "status": status_of(raw.get("status")),
            "error": error_text(raw.get("error")),
            "reported_nano": cost_of(raw.get("cost_usd")),
        }
        return Invocation(**known)

    def _at_ms(self, stamp: object) -> int:
        if stamp is None:
            return self._now_ms
        how = "write it as ISO-8601 with a zone, as in 2026-01-31T09:00:00Z"
        moment = stamp
        if isinstance(stamp, str):
            try:
                moment = datetime.fromisoformat(stamp.strip())
            except ValueError:
                raise RowRefused(f"timestamp is {shown(stamp)}, which is no time; {how}") from None
        if not isinstance(moment, datetime):
            raise RowRefused(f"timestamp is {shown(stamp)}; {how}")
        if moment.utcoffset() is None:
            raise RowRefused(f"timestamp is {shown(stamp)}, without a zone; {how}")
        at_ms = _ms(moment)
        if at_ms > self._latest_ms:
            raise RowRefused(f"timestamp is {shown(stamp)}, more than 24 hours in the future")
        if at_ms < EARLIEST_MS:
            raise RowRefused(f"timestamp is {shown(stamp)}, before 2015")
        return at_ms


def wire_row(row: Invocation) -> dict[str, Any]:
    """The mapping that reads back as `row`, without what is not given; JSON-able. Door and rank do not travel."""
    found: dict[str, Any] = {"invocation_id": row.invocation_id, "timestamp": _stamp(row.at_ms)}
    for name in (*TEXTS, *COUNTS, "latency_ms", "error"):
        value = getattr(row, name)
        if value not in (None, 0) or (name == "latency_ms" and value is not None):
            found[name] = value
    if row.status != "success":
        found["status"] = row.status
    if row.reported_nano is not None:
        found["cost_usd"] = row.reported_nano / 10**9
    return found


def named_id(raw: object) -> str | None:
    """The id that a refused row names, as far as it can be told again."""
    given = raw.get("invocation_id") if isinstance(raw, Mapping) else None
    return given if isinstance(given, str) and not text_problem(given, NAME_CHARS) else None


def _plain_ms(stamp: object) -> int:
    """The time of a plain text with a zone, in ms; -1: it needs a closer look."""
    if type(stamp) is not str:
        return -1
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return -1
    return -1 if moment.tzinfo is None else _ms(moment)


def _ms(moment: datetime) -> int:
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1000 + passed.microseconds // 1000


def _stamp(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

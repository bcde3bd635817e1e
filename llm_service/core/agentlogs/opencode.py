"""OpenCode's messages to invocations. O1 to O17 are the rules of docs/agent-logs.md, with their proofs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llm_service.core.agentlogs.opencode_tokens import SEPARATE, Kept, Spent, habit_of, separated, spent_in
from llm_service.core.agentlogs.projects import last_part
from llm_service.core.agentlogs.values import at_ms, count, nano_dollars, text
from llm_service.core.invocations.usage import Door, Invocation

TOOL = "opencode"
UNKNOWN_MODEL = "unknown"
COPIED = "copied by a fork"
BAD_COST = "impossible cost"

_IDENTIFIER = re.compile(r"msg_([0-9a-f]{12})[0-9A-Za-z]{14}")
_TICKS = 0x1000
_WRAP_MS = 2**36
"""An id holds the last 48 bits of milliseconds times 4096, so its milliseconds begin anew every two years."""
_FREE_PROVIDERS = frozenset(("opencode", "ollama", "lmstudio", "llama.cpp", "llamacpp"))
_FREE_ENDINGS = ("-free", ":free")


class Session(NamedTuple):
    """What the store says of the session a message is in."""

    id: str | None = None
    version: str | None = None
    directory: str | None = None


class Message(NamedTuple):
    """An assistant's message that used tokens.

    `fingerprint` is what a fork's copy has in common with its original (O5): everything but the two ids.
    """

    row: Invocation
    fingerprint: tuple[Any, ...]
    created_ms: int
    final: bool
    bad_cost: bool


def document_of(data: object) -> dict[str, Any] | None:
    """The JSON object in a cell or a file; None where it is none."""
    if not isinstance(data, (str, bytes)):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_answer(document: Mapping[str, Any], kept: Kept, kind: object = None) -> bool:
    """Whether a model wrote this. O17: the summary of a long session is a call like any other."""
    if kept is Kept.SESSION_MESSAGE:
        return kind == "assistant" or (kind == "compaction" and isinstance(document.get("tokens"), Mapping))
    return document.get("role") == "assistant"


def is_final(document: Mapping[str, Any]) -> bool:
    """Whether nothing more will be added: it ended, well or not."""
    time = document.get("time")
    return document.get("error") is not None or (isinstance(time, Mapping) and time.get("completed") is not None)


def read_message(
    identifier: str, document: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], session: Session, kept: Kept
) -> Message | None:
    """A message with its `step-finish` parts; None where it used nothing (O11) or has no usable time.

    Raises `ImpossibleCountError`.
    """
    provider, model = _model(document)
    habit = habit_of(kept, session.version, provider or "", document.get("finish") is not None)
    spent = spent_in(document.get("tokens"), steps, habit)
    created, completed = _times(document)
    if not spent or created is None:
        return None
    cost = document.get("cost")
    nano = _cost(cost, steps)
    reported = nano if nano or _is_free(provider, model) else None
    row = Invocation(
        invocation_id=f"opencode:{identifier}",
        at_ms=created,
        model=model,
        tool=TOOL,
        door=Door.LOG,
        provider=provider,
        agent=text(document.get("agent")) or text(document.get("mode")),
        session=session.id,
        project=_project(document, session),
        latency_ms=_latency(document, created, completed),
        status="success" if document.get("error") is None else "error",
        error=_error(document.get("error")),
        reported_nano=reported,
        rank=_rank(kept, spent, reported),
    )
    return Message(
        row=_with(row, spent),
        fingerprint=(created, completed, provider, model, json.dumps(document.get("tokens"), sort_keys=True), nano),
        created_ms=created,
        final=is_final(document),
        bad_cost=cost is not None and nano_dollars(cost) is None,
    )


def is_original(identifier: str, created_ms: int) -> bool:
    """Whether an id was made in the millisecond its message was: a copy's is made later, at the fork.

    Exact on real stores of 1.0.0, 1.1.65, 1.2.1 and 1.18.33. An id of another make says nothing: False.
    """
    found = _IDENTIFIER.fullmatch(identifier)
    return found is not None and int(found[1], 16) // _TICKS == created_ms % _WRAP_MS


def made_at(created_ms: int) -> str:
    """How the ids of messages made in this millisecond begin."""
    return f"msg_{created_ms % _WRAP_MS:09x}"


def is_own_make(identifier: str) -> bool:
    """Whether an id is one of OpenCode's own, with the time inside."""
    return _IDENTIFIER.fullmatch(identifier) is not None


def read_session(session: Session, columns: Mapping[str, Any]) -> Invocation | None:
    """O10: what a session's own columns say, for one whose messages all lost their tokens; None where they are zero.

    Here reasoning is not in the output. Raises `ImpossibleCountError`.
    """
    given = Spent(
        count(columns.get("tokens_input")),
        count(columns.get("tokens_output")),
        count(columns.get("tokens_reasoning")),
        count(columns.get("tokens_cache_read")),
        count(columns.get("tokens_cache_write")),
    )
    spent = separated(given, 0, SEPARATE)
    moment = at_ms(columns.get("time_updated")) or at_ms(columns.get("time_created"))
    if not spent or moment is None or session.id is None:
        return None
    named = document_of(columns.get("model")) or {}
    provider, model = _model({"model": named})
    nano = nano_dollars(columns.get("cost"))
    reported = nano if nano or _is_free(provider, model) else None
    row = Invocation(
        invocation_id=f"opencode:session:{session.id}",
        at_ms=moment,
        model=model,
        tool=TOOL,
        door=Door.LOG,
        provider=provider,
        agent=text(columns.get("agent")),
        session=session.id,
        project=_project({}, session),
        reported_nano=reported,
        rank=_rank(Kept.MESSAGE, spent, reported),
    )
    return _with(row, spent)


def _with(row: Invocation, spent: Spent) -> Invocation:
    return row._replace(
        input_tokens=spent.input,
        output_tokens=spent.output,
        reasoning_tokens=spent.reasoning,
        cache_read_tokens=spent.cache_read,
        cache_write_tokens=spent.cache_write,
    )


def _rank(kept: Kept, spent: Spent, reported: int | None) -> int:
    """Of one message kept in several places: the database's before the folder's (O6), then the one further on, then
    the one that names its cost, then the newer table's (O8)."""
    place = (kept is not Kept.FOLDER) << 48 | min(spent.total, 2**48 - 1)
    return place << 2 | (reported is not None) << 1 | (kept is Kept.SESSION_MESSAGE)


def _model(document: Mapping[str, Any]) -> tuple[str | None, str]:
    named = document.get("model")
    named = named if isinstance(named, Mapping) else {}
    provider = text(document.get("providerID")) or text(named.get("providerID"))
    model = text(document.get("modelID")) or text(named.get("id")) or text(named.get("modelID"))
    return provider, model or UNKNOWN_MODEL


def _times(document: Mapping[str, Any]) -> tuple[int | None, int | None]:
    time = document.get("time")
    time = time if isinstance(time, Mapping) else {}
    return at_ms(time.get("created")), at_ms(time.get("completed"))


def _cost(cost: object, steps: Sequence[Mapping[str, Any]]) -> int | None:
    """A message's cost is the sum over its steps; after a crash only they have it."""
    own = nano_dollars(cost)
    parts = [nano_dollars(step.get("cost")) for step in steps]
    added = sum(part for part in parts if part is not None)
    return max(own or 0, added) if own is not None or added else None


def _is_free(provider: str | None, model: str) -> bool:
    """Whether a cost of 0 means free; elsewhere it means that OpenCode knew no price, or that a plan paid."""
    return (provider or "").lower() in _FREE_PROVIDERS or model.lower().endswith(_FREE_ENDINGS)


def _latency(document: Mapping[str, Any], created: int, completed: int | None) -> int | None:
    """How long the model took; a message that called tools also waited for these."""
    if completed is None or completed < created or document.get("finish") != "stop":
        return None
    return completed - created


def _error(error: object) -> str | None:
    if error is None:
        return None
    return (text(error.get("name")) if isinstance(error, Mapping) else text(error)) or "error"


def _project(document: Mapping[str, Any], session: Session) -> str | None:
    path = document.get("path")
    path = path if isinstance(path, Mapping) else {}
    for where in (path.get("root"), path.get("cwd"), session.directory):
        # Outside a repository the root is that of the disk.
        name = text(last_part(where)) if isinstance(where, str) else None
        if name:
            return name
    return None

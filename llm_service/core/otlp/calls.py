"""One record of a log or one span that tells of a model's call, to an invocation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from llm_service.core.invocations.usage import Door, Invocation
from llm_service.core.otlp import names
from llm_service.core.otlp.reading import Attributes, first, real, text, whole

MOST_TOKENS = 10**12
MOST_DOLLARS = 1_000_000
MOST_TEXT = 200


class Unusable(ValueError):
    """A record that is about usage and cannot be used; the text says why."""


def like_claude(tool: str, found: Attributes, at_ms: int, *, failed: bool) -> Invocation:
    """Claude Code's ``api_request`` and ``api_error``, and OpenCode's of the same names; input holds no cache there."""
    session = named(first(found, *names.SESSION))
    return Invocation(
        invocation_id=_id(tool, session, found, at_ms),
        at_ms=at_ms,
        model=_model(found.get("model")),
        tool=tool,
        door=Door.OTLP_LOGS,
        agent=_agent(found),
        session=session,
        project=named(first(found, "project", "project.name")),
        node=named(found.get(names.NODE)),
        input_tokens=_count(found, "input_tokens"),
        output_tokens=_count(found, "output_tokens"),
        cache_read_tokens=_count(found, "cache_read_tokens"),
        cache_write_tokens=_count(found, "cache_creation_tokens"),
        latency_ms=_latency(found.get("duration_ms")),
        status="error" if failed else "success",
        error=_error(found) if failed else None,
        tier="fast" if found.get("speed") == "fast" else None,
        reported_nano=dollars_to_nano(found.get("cost_usd")),
    )


def like_codex(found: Attributes, at_ms: int, *, failed: bool) -> Invocation:
    """Codex's ``response.completed``, whose input holds what was cached, and its failed requests."""
    session = named(first(found, *names.SESSION))
    given = _count(found, "input_token_count")
    cached = min(_count(found, "cached_token_count"), given)
    output = _count(found, "output_token_count")
    return Invocation(
        invocation_id=_id(names.CODEX, session, found, at_ms),
        at_ms=at_ms,
        model=_model(first(found, "model", "slug")),
        tool=names.CODEX,
        door=Door.OTLP_LOGS,
        session=session,
        node=named(found.get(names.NODE)),
        input_tokens=given - cached,
        output_tokens=output,
        reasoning_tokens=min(_count(found, "reasoning_token_count"), output),
        cache_read_tokens=cached,
        latency_ms=_latency(found.get("duration_ms")),
        status="error" if failed else "success",
        error=_error(found) if failed else None,
    )


def like_gen_ai(
    found: Attributes, at_ms: int, *, span: str | None, latency_ms: int | None, error: str | None
) -> Invocation:
    """The GenAI conventions, in which input holds what was cached. `span` names the call where no response id does."""
    tool = named(found.get("service.name")) or "otlp"
    session = named(first(found, *names.SESSION))
    given = _count(found, *names.INPUT)
    read, written = _count(found, *names.CACHE_READ), _count(found, *names.CACHE_WRITE)
    # Some instrumentations leave the cache out of input; then it is larger than what would be left.
    plain = given - read - written if read + written <= given else given
    output = _count(found, *names.OUTPUT)
    response = named(first(found, *names.RESPONSE)) or span
    return Invocation(
        invocation_id=f"otlp:{tool}:{response}" if response else _id(tool, session, found, at_ms),
        at_ms=at_ms,
        model=_model(first(found, *names.MODEL)),
        tool=tool,
        door=Door.OTLP_LOGS,
        provider=named(first(found, *names.PROVIDER)),
        agent=_agent(found),
        session=session,
        project=named(found.get("service.namespace")),
        node=named(found.get(names.NODE)),
        input_tokens=plain,
        output_tokens=output,
        reasoning_tokens=min(_count(found, *names.REASONING), output),
        cache_read_tokens=read,
        cache_write_tokens=written,
        latency_ms=latency_ms,
        status="success" if error is None else "error",
        error=error,
    )


def named(value: Any) -> str | None:
    """A short text without control characters, as names are kept."""
    found = text(value)
    if found is None:
        return None
    return "".join(char if char.isprintable() else " " for char in found)[:MOST_TEXT].strip() or None


def dollars_to_nano(value: Any) -> int | None:
    """A reported cost; None where there is none. Raises `Unusable` for one that cannot be."""
    if value is None:
        return None
    dollars = real(value)
    if dollars is None or not 0 <= dollars <= MOST_DOLLARS:
        raise Unusable("the cost is not a number of dollars from 0 to a million")
    return round(dollars * 1_000_000_000)


def digest(*parts: Any) -> str:
    """The same name for the same content: exporters send a batch again when its answer was lost."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def _id(tool: str, session: str | None, found: Mapping[str, Any], at_ms: int) -> str:
    request = named(found.get("request_id"))
    if request:
        return f"otlp:{tool}:{request}"
    return f"otlp:{tool}:{digest(session, at_ms, found)}"


def _model(value: Any) -> str:
    found = named(value)
    if found is None:
        raise Unusable("no model is named")
    return found


def _agent(found: Attributes) -> str | None:
    agent = named(first(found, *names.AGENT))
    return None if agent in ("main", "repl_main_thread") else agent


def _count(found: Attributes, *keys: str) -> int:
    value = first(found, *keys)
    if value is None:
        return 0
    number = whole(value)
    if number is None or not 0 <= number <= MOST_TOKENS:
        raise Unusable(f"{keys[0]} is not a whole number from 0 to 10^12")
    return number


def _latency(value: Any) -> int | None:
    number = real(value)
    return round(number) if number is not None and 0 <= number <= 1e9 else None


def _error(found: Attributes) -> str:
    what = named(first(found, "error", "error.message", "error.type"))
    code = whole(first(found, "status_code", "http.response.status_code"))
    return what or (f"HTTP {code}" if code else "failed")

"""Claude Code's session files to invocations. C0 to C15 are the rules of docs/agent-logs.md, with their proofs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llm_service.core.agentlogs.fold import BAD_COUNT, MALFORMED, NO_TIME, Found
from llm_service.core.agentlogs.jsonlines import looks_whole, read_object, salvage
from llm_service.core.agentlogs.projects import project_of
from llm_service.core.agentlogs.values import ImpossibleCountError, at_ms, count, nano_dollars, text
from llm_service.core.usage import Door, Invocation

TOOL = "claude-code"
SUBAGENT = "subagent"
ADVISOR = "advisor"
SYNTHETIC = "<synthetic>"

KNOWN_TYPES = frozenset(
    (
        "user",
        "assistant",
        "system",
        "summary",
        "progress",
        "attachment",
        "file-history-snapshot",
        "queue-operation",
        "last-prompt",
        "mode",
        "permission-mode",
        "worktree-state",
        "pr-link",
        "ai-title",
        "custom-title",
        "agent-name",
        "agent-color",
        "agent-setting",
        "tag",
        "atis-latch",
        "task-summary",
        "content-replacement",
    )
)
"""Types of line seen in public logs and readers. Others are counted and shown: a new version may hide usage in one."""
INSIDE = frozenset(("message", "compaction"))
"""Types of `usage.iterations` whose tokens the top level holds already."""

_USAGE = b'"usage"'
_USER = b'"type":"user"'
_KNOWN = re.compile(rb'"type":\s*"(?:' + "|".join(sorted(KNOWN_TYPES)).encode() + rb')"')

_NESTED, _SIDECHAIN, _MAIN = 0, 1, 2


class _Line(NamedTuple):
    """Where a message was written: what its line says around it."""

    at_ms: int
    standing: int
    copied: bool
    session: str | None
    agent: str | None
    project: str | None
    reported_nano: int | None


class ClaudeFold:
    """One file. `folder` is the name of the project folder it lies in, `agent` the sub-agent whose file it is."""

    def __init__(self, folder: str, agent: str | None, state: Mapping[str, Any] | None) -> None:
        self._folder = folder
        self._agent = agent
        self._last_id: str | None = (state or {}).get("id")
        self._projects: dict[str, str | None] = {}
        self._best: dict[str, Invocation] = {}
        self._skipped: dict[str, int] = {}

    def state(self) -> dict[str, Any]:
        return {"id": self._last_id}

    def feed(self, lines: Sequence[bytes]) -> Found:
        self._best, self._skipped = {}, {}
        before = self._last_id
        for line in lines:
            # C0: inside a quoted line these bytes would be \"usage\".
            if _USAGE in line:
                self._read(line)
            elif line.endswith(b"}") and _USER in line:
                continue
            elif line and not line.isspace():
                self._look_at_other(line)
        messages = sum(1 for key in self._best if key != before)
        if self._best:
            self._last_id = next(reversed(self._best))
        return Found(list(self._best.values()), self._skipped, messages)

    def _look_at_other(self, line: bytes) -> None:
        if not looks_whole(line.rstrip()):
            self._skip(MALFORMED)
        elif _KNOWN.search(line) is None:
            self._read(line)

    def _read(self, line: bytes) -> None:
        entry = read_object(line)
        if entry is not None:
            self._take(entry, line)
            return
        # C11: a torn line costs that line only, also where the next one was written right behind it.
        self._skip(MALFORMED)
        for entry in salvage(line):
            self._take(entry, line)

    def _take(self, entry: dict[str, Any], line: bytes) -> None:
        kind = entry.get("type")
        if kind == "assistant":
            standing = _SIDECHAIN if entry.get("isSidechain") is True else _MAIN
            self._call(entry, entry, standing, line)
        elif kind == "progress":
            # C8a, C8b: a copy of a sub-agent's line. Its own file wins, and where that is gone this is all there is.
            data = entry.get("data")
            data = data if isinstance(data, dict) else {}
            nested = data.get("message")
            if isinstance(nested, dict) and nested.get("type") == "assistant":
                self._call({**entry, **nested, "agentName": data.get("agentType")}, nested, _NESTED, line)
        elif kind not in KNOWN_TYPES:
            self._skip(f"unknown type: {(text(kind) or 'none')[:40]}")

    def _call(self, entry: dict[str, Any], holder: dict[str, Any], standing: int, line: bytes) -> None:
        message = holder.get("message")
        usage = message.get("usage") if isinstance(message, dict) else None
        if not isinstance(usage, dict) or not isinstance(message, dict):
            return
        model = text(message.get("model")) or "unknown"
        if model == SYNTHETIC:  # C7: written by the program itself.
            return
        moment = at_ms(entry.get("timestamp"))
        if moment is None:
            self._skip(NO_TIME)
            return
        around = self._around(entry, standing, moment)
        try:
            key = _key(message, entry, line)
            rows = [_row(key, model, usage, around), *self._advisors(key, model, usage, around)]
        except ImpossibleCountError:
            self._skip(BAD_COUNT)
            return
        for row in rows:
            known = self._best.get(row.invocation_id)
            if known is None or row.rank > known.rank:
                self._best[row.invocation_id] = row

    def _advisors(self, key: str, model: str, usage: dict[str, Any], around: _Line) -> list[Invocation]:
        """C9: an adviser's tokens are not in the top level, and another model's."""
        steps = usage.get("iterations")
        rows: list[Invocation] = []
        for step in steps if isinstance(steps, list) else ():
            kind = step.get("type") if isinstance(step, dict) else None
            if kind == "advisor_message":
                apart = around._replace(agent=ADVISOR, reported_nano=None)
                rows.append(_row(f"{key}:advisor:{len(rows)}", text(step.get("model")) or model, step, apart))
            elif kind not in INSIDE:
                self._skip(f"unknown iteration: {(text(kind) or 'none')[:40]}")
        return rows

    def _around(self, entry: dict[str, Any], standing: int, moment: int) -> _Line:
        agent = text(entry.get("agentName"))
        if agent is None and standing != _MAIN:
            agent = self._agent or SUBAGENT
        return _Line(
            at_ms=moment,
            standing=standing,
            copied="forkedFrom" in entry,
            session=text(entry.get("sessionId")),
            agent=agent,
            project=self._project(entry.get("cwd")),
            reported_nano=nano_dollars(entry.get("costUSD")),
        )

    def _project(self, cwd: object) -> str | None:
        where = cwd if isinstance(cwd, str) else ""
        if where not in self._projects:
            self._projects[where] = text(project_of(where, self._folder))
        return self._projects[where]

    def _skip(self, reason: str) -> None:
        self._skipped[reason] = self._skipped.get(reason, 0) + 1


def _key(message: dict[str, Any], entry: dict[str, Any], line: bytes) -> str:
    """C2, C3: one `message.id` is one call, whatever its requestId; without it, the next best thing copies share."""
    own = text(message.get("id"))
    if own:
        return f"claude:{own}"
    for name in ("requestId", "uuid"):
        other = text(entry.get(name))
        if other:
            return f"claude:{name}:{other}"
    return f"claude:line:{hashlib.blake2b(line.strip(), digest_size=12).hexdigest()}"


def _row(key: str, model: str, usage: dict[str, Any], around: _Line) -> Invocation:
    output = count(usage.get("output_tokens"))
    details = usage.get("output_tokens_details")
    five, hour = _cache_writes(usage)
    reported = around.reported_nano
    row = Invocation(
        invocation_id=key,
        at_ms=around.at_ms,
        model=model,
        tool=TOOL,
        door=Door.LOG,
        provider="anthropic" if model.startswith("claude") else None,
        agent=around.agent,
        session=around.session,
        project=around.project,
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=output,
        reasoning_tokens=min(output, count(details.get("thinking_tokens"))) if isinstance(details, dict) else 0,
        cache_read_tokens=count(usage.get("cache_read_input_tokens")),
        cache_write_5m_tokens=five,
        cache_write_1h_tokens=hour,
        web_searches=_web_searches(usage),
        tier=_tier(usage),
    )
    if reported == 0 and row.total_tokens:
        # A version that did not know its model's price wrote 0; that is no price.
        reported = None
    return row._replace(reported_nano=reported, rank=_rank(row, around, reported))


def _cache_writes(usage: dict[str, Any]) -> tuple[int, int]:
    """C6, C6a: tokens kept for 5 minutes and for an hour; what the split does not name of the total is 5 minutes."""
    total = count(usage.get("cache_creation_input_tokens"))
    split = usage.get("cache_creation")
    if not isinstance(split, dict):
        return total, 0
    five, hour = count(split.get("ephemeral_5m_input_tokens")), count(split.get("ephemeral_1h_input_tokens"))
    return five + max(0, total - five - hour), hour


def _web_searches(usage: dict[str, Any]) -> int:
    used = usage.get("server_tool_use")
    return count(used.get("web_search_requests")) if isinstance(used, dict) else 0


def _tier(usage: dict[str, Any]) -> str | None:
    """C13: how it was served where that has a price of its own."""
    if usage.get("speed") == "fast":
        return "fast"
    tier = usage.get("service_tier")
    return tier if tier in ("batch", "priority", "flex") else None


def _rank(row: Invocation, around: _Line, reported: int | None) -> int:
    """Which copy of a call stays, in any order of reading: C4, C5, C8a its own conversation's before a sidechain's
    before a nested one; C1 then the one with the most output, as streamed copies grow; then the most tokens of any
    kind; then the one that names its cost; then the one that is not marked as copied by a fork.
    """
    output, total = min(row.output_tokens, 2**26 - 1), min(row.total_tokens, 2**30 - 1)
    first = around.standing << 26 | output
    return (first << 30 | total) << 2 | (reported is not None) << 1 | (not around.copied)


def agent_type(sidecar: bytes) -> str | None:
    """The name of a sub-agent from the `agent-….meta.json` beside its file, None where it does not say."""
    try:
        value = json.loads(sidecar)
    except (ValueError, RecursionError):
        return None
    return text(value.get("agentType")) if isinstance(value, dict) else None

"""Claude Code's session files to invocations. C0 to C15 are the rules of docs/agent-logs.md, with their proofs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from llm_service.core.agentlogs.claude_usage import MAIN, NESTED, SIDECHAIN, Around, row_of
from llm_service.core.agentlogs.fold import BAD_COUNT, MALFORMED, NO_TIME, Found
from llm_service.core.agentlogs.jsonlines import looks_whole, read_object, salvage
from llm_service.core.agentlogs.projects import project_of
from llm_service.core.agentlogs.values import ImpossibleCountError, at_ms, nano_dollars, text
from llm_service.core.invocations.usage import Invocation

SUBAGENT = "subagent"
ADVISOR = "advisor"
SYNTHETIC = "<synthetic>"
LONGEST_TYPE = 40
NAMELESS_COPY = "nested copy without an id"

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
        kind = text(entry.get("type")) or "none"
        if kind == "assistant":
            standing = SIDECHAIN if entry.get("isSidechain") is True else MAIN
            self._call(entry, entry, standing, line)
        elif kind == "progress":
            self._nested(entry, line)
        elif kind not in KNOWN_TYPES:
            self._skip(f"unknown type: {kind[:LONGEST_TYPE]}")

    def _nested(self, entry: dict[str, Any], line: bytes) -> None:
        """C8a, C8b: a copy of a sub-agent's line. Its own file wins, and where that is gone this is all there is."""
        data = _mapping(entry.get("data"))
        copy = _mapping(data.get("message"))
        message = _mapping(copy.get("message"))
        if copy.get("type", "assistant") != "assistant" or not isinstance(message.get("usage"), dict):
            return
        if text(message.get("id")) or text(copy.get("requestId")):
            self._call({**entry, **copy, "agentName": data.get("agentType")}, copy, NESTED, line)
        else:
            # Nothing says whether the line it copies was counted.
            self._skip(NAMELESS_COPY)

    def _call(self, entry: dict[str, Any], holder: dict[str, Any], standing: int, line: bytes) -> None:
        message = _mapping(holder.get("message"))
        usage = message.get("usage")
        if not isinstance(usage, dict):
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
            rows = [row_of(key, model, usage, around), *self._advisors(key, model, usage, around)]
        except ImpossibleCountError:
            self._skip(BAD_COUNT)
            return
        for row in rows:
            known = self._best.get(row.invocation_id)
            if known is None or row.rank > known.rank:
                self._best[row.invocation_id] = row

    def _advisors(self, key: str, model: str, usage: dict[str, Any], around: Around) -> list[Invocation]:
        """C9: an adviser's tokens are not in the top level, and another model's."""
        steps = usage.get("iterations")
        rows: list[Invocation] = []
        for step in steps if isinstance(steps, list) else ():
            kind = text(_mapping(step).get("type")) or "none"
            if kind == "advisor_message":
                apart = around._replace(agent=ADVISOR, reported_nano=None)
                rows.append(row_of(f"{key}:advisor:{len(rows)}", text(step.get("model")) or model, step, apart))
            elif kind not in INSIDE:
                self._skip(f"unknown iteration: {kind[:LONGEST_TYPE]}")
        return rows

    def _around(self, entry: dict[str, Any], standing: int, moment: int) -> Around:
        agent = text(entry.get("agentName"))
        if agent is None and standing != MAIN:
            agent = self._agent or SUBAGENT
        return Around(
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


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


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


def agent_type(sidecar: bytes) -> str | None:
    """The name of a sub-agent from the `agent-….meta.json` beside its file, None where it does not say."""
    try:
        value = json.loads(sidecar)
    except (ValueError, RecursionError):
        return None
    return text(value.get("agentType")) if isinstance(value, dict) else None

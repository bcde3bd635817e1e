"""Codex's rollout files to invocations. X0 to X15 are the rules of docs/agent-logs.md, with their proofs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llm_service.core.agentlogs.codex_replay import Replay
from llm_service.core.agentlogs.codex_totals import Meter, Usage, usage_of
from llm_service.core.agentlogs.fold import BAD_COUNT, MALFORMED, NO_TIME, Found
from llm_service.core.agentlogs.jsonlines import looks_whole, read_object, salvage
from llm_service.core.agentlogs.projects import last_part
from llm_service.core.agentlogs.values import ImpossibleCountError, at_ms, text
from llm_service.core.invocations.usage import Door, Invocation

TOOL = "codex"
UNKNOWN_MODEL = "unknown"
SUBAGENT = "subagent"
MOST_HELD = 32
OLD_FORMAT = "old file without token counts"
NO_TOTAL = "token count without a total"
COPIED = "copied from the parent session"

KNOWN_TYPES = frozenset(
    (
        "session_meta",
        "turn_context",
        "event_msg",
        "response_item",
        "compacted",
        "token_usage_record",
        "world_state",
        "retained_context",
        "inter_agent_communication",
        "realtime_item",
        "configuration_update",
    )
)
"""Types of line seen in public logs and readers. Others are counted and shown: a new version may hide usage in one."""

_START = b'{"timestamp"'
"""How a line begins; once more within one, where a writer was killed and the next went on behind it."""
_HEAD = 400
_TYPE = re.compile(rb'"type"\s*:\s*"([^"\\]{1,60})"')
_TEXT_ONLY = frozenset((b"response_item", b"world_state", b"retained_context", b"inter_agent_communication"))
_EVENTS = (b'"token_count"', b'"task_started"', b'"thread_settings_applied"')
_TIERS = {"fast": "priority", "priority": "priority", "flex": "flex"}
"""Codex's names of how it asks to be served, to those of price lists; it says "fast" of what is billed as priority."""


class CodexFold:
    """One rollout file. `name` is its name without the endings, for files that do not say which session they are.

    A call's id is `codex:<session>:<era>:<input>-<output>`, the totals of the session after it. They are the same in
    every copy of the file (archived, compressed, read again from the start or on from where it grew), and unlike a
    running number they stay so where a damaged line was lost from one of the copies. Totals that begin anew could
    repeat, hence the era. A compaction's call has its response's id, as the totals do not move with it.
    """

    def __init__(self, name: str, state: Mapping[str, Any] | None = None) -> None:
        kept = state or {}
        self._session: str = kept.get("session") or name
        self._known: bool = kept.get("known", False)
        self._agent: str | None = kept.get("agent")
        self._provider: str | None = kept.get("provider")
        self._model: str | None = kept.get("model")
        self._project: str | None = kept.get("project")
        self._tier: str | None = kept.get("tier")
        self._last_ms: int | None = kept.get("at_ms")
        self._held: dict[str, list[int]] = dict(kept.get("held", {}))
        self._awaited: list[str] = list(kept.get("awaited", ()))
        self._old: bool = kept.get("old", False)
        self._meter = Meter(kept.get("meter"))
        self._replay = Replay(kept.get("replay"))
        self._rows: list[Invocation] = []
        self._skipped: dict[str, int] = {}

    def state(self) -> dict[str, Any]:
        return {
            "session": self._session,
            "known": self._known,
            "agent": self._agent,
            "provider": self._provider,
            "model": self._model,
            "project": self._project,
            "tier": self._tier,
            "at_ms": self._last_ms,
            "held": self._held,
            "awaited": self._awaited,
            "old": self._old,
            "meter": self._meter.state(),
            "replay": self._replay.state(),
        }

    def feed(self, lines: Sequence[bytes]) -> Found:
        self._rows, self._skipped = [], {}
        for line in lines:
            if line and not line.isspace():
                self._look(line)
        return Found(self._rows, self._skipped, len(self._rows))

    def _look(self, line: bytes) -> None:
        """Most bytes are texts and outputs of tools, so a line is only taken apart where it may tell something."""
        kind = _TYPE.search(line, 0, _HEAD)
        head = kind[1] if kind else b""
        quick = head in _TEXT_ONLY or (head == b"event_msg" and not any(word in line for word in _EVENTS))
        if quick and looks_whole(line.rstrip()) and line.find(_START, 1) < 0:
            return
        entry = read_object(line)
        if entry is not None:
            self._try(entry)
            return
        # X14: a torn line costs itself, also where the next one was written right behind it.
        self._skip(MALFORMED)
        for entry in salvage(line):
            self._try(entry)

    def _try(self, entry: dict[str, Any]) -> None:
        try:
            self._take(entry)
        except ImpossibleCountError:
            self._skip(BAD_COUNT)

    def _take(self, entry: dict[str, Any]) -> None:
        payload = entry.get("payload")
        if not isinstance(payload, dict):
            self._take_old(entry)
            return
        kind = text(entry.get("type"))
        moment = at_ms(entry.get("timestamp"))
        self._last_ms = moment or self._last_ms
        if kind == "session_meta":
            self._meta(payload, moment)
        elif kind == "turn_context":
            self._replay.turn(payload.get("turn_id"), moment)
            self._settle(payload, text(payload.get("model")) or self._model)  # X6
        elif kind == "event_msg":
            self._event(payload, moment, entry.get("ordinal"))
        elif kind == "token_usage_record":
            self._record(payload, entry.get("ordinal"))
        elif kind == "compacted":
            self._compacted(payload, entry.get("ordinal"))
        elif kind not in KNOWN_TYPES:
            self._skip(f"unknown type: {(kind or 'none')[:40]}")

    def _take_old(self, entry: Mapping[str, Any]) -> None:
        """X0a: until September 2025 lines had no payload, and there were no counts of tokens."""
        if "record_type" in entry or ("id" in entry and "timestamp" in entry):
            if not self._old and not self._known:
                self._skip(OLD_FORMAT)
            self._old = True
        elif not self._old:
            kind = text(entry.get("type"))
            self._skip(MALFORMED if kind in KNOWN_TYPES else f"unknown type: {(kind or 'none')[:40]}")

    def _meta(self, meta: Mapping[str, Any], moment: int | None) -> None:
        if self._known:
            self._replay.other_meta(meta, moment)
            return
        # X8: the first one is the file's own; `session_id` may be the parent's.
        self._known = True
        self._session = text(meta.get("id")) or self._session
        self._agent = _agent(meta)
        self._provider = text(meta.get("model_provider"))
        self._project = _project(meta)
        self._last_ms = self._last_ms or at_ms(meta.get("timestamp"))
        self._replay.own_meta(meta, moment)

    def _event(self, event: Mapping[str, Any], moment: int | None, ordinal: object) -> None:
        kind = event.get("type")
        if kind == "task_started":
            self._replay.turn(event.get("turn_id"), moment, event.get("started_at"), begins=True)
        elif kind == "thread_settings_applied":
            settings = event.get("thread_settings")
            if isinstance(settings, dict):
                self._settle(settings, self._model or text(settings.get("model")))
        elif kind == "token_count":
            info = event.get("info")
            if isinstance(info, dict):  # X1: null tells of limits only
                self._count(info, ordinal)

    def _settle(self, settings: Mapping[str, Any], model: str | None) -> None:
        """How the calls from here on are made. The tier is what was asked for: nothing says what was served."""
        self._model = model
        self._project = _project(settings) or self._project
        if "service_tier" in settings:
            self._tier = _TIERS.get(text(settings["service_tier"]) or "")

    def _count(self, info: Mapping[str, Any], ordinal: object) -> None:
        total, last = usage_of(info.get("total_token_usage")), usage_of(info.get("last_token_usage"))
        if total is None:
            self._skip(NO_TOTAL)
            return
        used = self._meter.used(total, last, self._replay.inherited)
        if used is None:
            return
        if self._replay.is_copy(ordinal):
            self._skip(COPIED)
            return
        # A response that moved the totals has been counted, whatever its own record is claimed for later.
        self._held = {key: usage for key, usage in self._held.items() if usage != list(used)}
        self._tell(f"{self._meter.era}:{total.input}-{total.output}", used, text(info.get("model")))

    def _record(self, record: Mapping[str, Any], ordinal: object) -> None:
        self._hold(record)
        response = text(record.get("response_id"))
        if response is not None and response in self._awaited:
            self._awaited.remove(response)
            self._compaction(response, ordinal)

    def _hold(self, record: Mapping[str, Any]) -> None:
        """X9: a response's own record; the totals tell of it too, unless it turns out to be a compaction's."""
        usage, response = usage_of(record.get("usage")), text(record.get("response_id"))
        if usage is not None and response is not None:
            self._held[response] = list(usage)
            while len(self._held) > MOST_HELD:
                del self._held[next(iter(self._held))]

    def _compacted(self, payload: Mapping[str, Any], ordinal: object) -> None:
        """X9: the call that summed up a long session is told of by its record alone."""
        response = text(payload.get("compaction_response_id"))
        if response is None:
            return
        inside = payload.get("latest_token_usage_record")
        if response not in self._held and isinstance(inside, dict) and inside.get("response_id") == response:
            self._hold(inside)
        if response in self._held:
            self._compaction(response, ordinal)
        else:
            # Its record is written before it as far as is known, but nothing depends on that.
            self._awaited = [*self._awaited, response][-MOST_HELD:]

    def _compaction(self, response: str, ordinal: object) -> None:
        usage = self._held.pop(response, None)
        if usage is None:
            return
        if self._replay.is_copy(ordinal):
            self._skip(COPIED)
        elif Usage(*usage).is_call:
            self._tell(f"response:{response}", Usage(*usage), None)

    def _tell(self, name: str, used: Usage, model: str | None) -> None:
        if self._last_ms is None:
            self._skip(NO_TIME)
            return
        row = Invocation(
            invocation_id=f"codex:{self._session}:{name}",
            at_ms=self._last_ms,
            model=self._model or model or UNKNOWN_MODEL,
            tool=TOOL,
            door=Door.LOG,
            provider=self._provider,
            agent=self._agent,
            session=self._session,
            project=self._project,
            tier=self._tier,
        )
        self._rows.append(used.put_into(row))

    def _skip(self, reason: str) -> None:
        self._skipped[reason] = self._skipped.get(reason, 0) + 1


def _project(payload: Mapping[str, Any]) -> str | None:
    where = text(payload.get("cwd"))
    return text(last_part(where)) if where else None


def _agent(meta: Mapping[str, Any]) -> str | None:
    """What a spawned session works as: its role, else its nickname, else its kind; None for a session of a person."""
    source = meta.get("source")
    inside = source.get("subagent") if isinstance(source, dict) else None
    if isinstance(inside, str):
        return text(inside)
    if isinstance(inside, dict):
        spawn = inside.get("thread_spawn")
        spawn = spawn if isinstance(spawn, dict) else {}
        return _name(spawn) or text(inside.get("other")) or SUBAGENT
    return _name(meta) or (SUBAGENT if text(meta.get("parent_thread_id")) else None)


def _name(agent: Mapping[str, Any]) -> str | None:
    return text(agent.get("agent_role")) or text(agent.get("agent_nickname"))

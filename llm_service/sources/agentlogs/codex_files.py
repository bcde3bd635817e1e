"""Where Codex keeps its sessions, and which of its files are sessions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from llm_service.core.agentlogs.codex import TOOL, CodexFold
from llm_service.core.agentlogs.fold import Lookup
from llm_service.sources.agentlogs.tool import State, Tool

GAPS = (
    "Codex before 0.154 does not log the calls that compact a long session; they cannot be counted.",
    "Codex files from before September 2025 hold no token counts.",
    "Codex logs which service tier was asked for, not which one served a call.",
    "Replies of Codex that were cut off before they ended are not logged with their tokens.",
)
_ENDINGS = (".jsonl", ".jsonl.zst")
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


def roots(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """X10: sessions in use and archived ones, below CODEX_HOME or ~/.codex."""
    named = environ.get("CODEX_HOME", "").strip()
    top = home / named[2:] if named.startswith("~/") else Path(named) if named else home / ".codex"
    return [top / "sessions", top / "archived_sessions"] if top.is_absolute() else []


def wanted(path: Path, root: Path) -> bool:  # noqa: ARG001 - the plug's shape
    """X11: rollouts, packed or not. One that lies there in both forms tells the same ids twice."""
    return path.name.startswith("rollout-") and path.name.endswith(_ENDINGS)


def make_fold(path: Path, root: Path, state: State | None, lookup: Lookup) -> CodexFold:  # noqa: ARG001 - the plug's shape
    return CodexFold(session_of(path.name), state)


def session_of(name: str) -> str:
    """The session that a file is named after: the UUID at its end (X15: the time before it is local, so unused)."""
    stem = name.split(".jsonl")[0]
    found = _IDENTIFIER.search(stem)
    return found[0] if found else stem


CODEX = Tool(TOOL, roots, wanted, make_fold=make_fold, gaps=GAPS)

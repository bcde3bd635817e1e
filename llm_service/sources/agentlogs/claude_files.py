"""Where Claude Code keeps its sessions, and which of its files are sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from llm_service.core.agentlogs.claude import ClaudeFold, agent_type
from llm_service.core.agentlogs.claude_usage import TOOL
from llm_service.core.agentlogs.fold import Lookup
from llm_service.sources.agentlogs.tool import State, Tool

GAPS = (
    "A Claude Code reply that was interrupted is counted as far as it was logged; its true output is not in the log.",
    "Sessions that Claude Code deleted (after 30 days unless its cleanupPeriodDays says otherwise) before this "
    "dashboard first ran cannot be counted.",
)
_NOT_SESSIONS = frozenset(
    f"{name}.jsonl" for name in ("history", "journal", "stats", "stats-cache", "index", "sessions-index", "meta")
)
SIDECAR_BYTES = 65_536


def roots(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """C14: both homes are read, and every folder that CLAUDE_CONFIG_DIR names, several with commas between."""
    found = [home / ".claude", home / ".config/claude"]
    if config := environ.get("XDG_CONFIG_HOME"):
        found.append(Path(config) / "claude")
    for name in environ.get("CLAUDE_CONFIG_DIR", "").split(","):
        name = name.strip()
        if name:
            found.append(home / name[2:] if name.startswith("~/") else Path(name))
    return [path if path.name == "projects" else path / "projects" for path in found if path.is_absolute()]


def wanted(path: Path, root: Path) -> bool:  # noqa: ARG001 - the plug's shape
    """C14a: sessions end in .jsonl; history, journal, index and stats files are none."""
    return path.suffix == ".jsonl" and path.name not in _NOT_SESSIONS


def make_fold(path: Path, root: Path, state: State | None, lookup: Lookup) -> ClaudeFold:  # noqa: ARG001 - the plug's shape
    folders = path.relative_to(root).parts[:-1]
    return ClaudeFold(folders[0] if folders else "", _agent(path), state)


def _agent(path: Path) -> str | None:
    """The name of the sub-agent whose file this is: `agent-<id>.meta.json` beside it says it in newer versions."""
    if not path.name.startswith("agent-"):
        return None
    try:
        with open(path.with_suffix(".meta.json"), "rb") as sidecar:
            return agent_type(sidecar.read(SIDECAR_BYTES))
    except OSError:
        return None


CLAUDE = Tool(TOOL, roots, wanted, make_fold=make_fold, gaps=GAPS, order=lambda _path: 0)

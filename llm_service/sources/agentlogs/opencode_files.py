"""Where OpenCode keeps its sessions: databases since 1.2, a folder of JSON files before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from llm_service.core.agentlogs.fold import Found, Lookup
from llm_service.core.agentlogs.opencode import TOOL
from llm_service.sources.agentlogs import opencode_database, opencode_folder, opencode_store
from llm_service.sources.agentlogs.tool import State, Tool

STORAGE = "storage"
GAPS = (
    "OpenCode does not keep the tokens of the calls that name a session, nor, in old versions, of those that sum up "
    "each message; they cannot be counted.",
    "An OpenCode reply that was interrupted has no tokens in its store.",
    "OpenCode before 1.14 names costs that charge reasoning, and before 1.0.98 cached input, twice; a named cost is "
    "shown as it is.",
)


def roots(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The data folder, below XDG_DATA_HOME where that is set."""
    data = environ.get("XDG_DATA_HOME", "")
    return [(Path(data) if data.startswith("/") else home / ".local" / "share") / "opencode"]


def wanted(path: Path, root: Path) -> bool:
    """O16: opencode.db and its siblings opencode-<channel>.db; the folder of JSON files is one log by itself."""
    if path.parent != root:
        return False
    return path.name == STORAGE or (path.name.startswith("opencode") and path.name.endswith(".db"))


def listed(root: Path) -> list[Path]:
    """The stores that are there. Beside them lie snapshots of whole repositories, which nobody should walk through."""
    found = [path for path in root.iterdir() if wanted(path, root)]
    return sorted(path for path in found if path.name != STORAGE or (path / "message").is_dir())


class OpenCodeStore:
    """Reads either kind. JSON comes after databases by name, and of one message the database's word counts."""

    def stamp(self, path: Path) -> tuple[int, ...] | None:
        return opencode_folder.stamp(path) if path.name == STORAGE else opencode_database.stamp(path)

    def poll(self, path: Path, root: Path, state: State | None, lookup: Lookup) -> Iterator[tuple[Found, State]]:  # noqa: ARG002 - the plug's shape
        return opencode_folder.poll(path, state) if path.name == STORAGE else opencode_store.poll(path, state)


OPENCODE = Tool(TOOL, roots, wanted, store=OpenCodeStore(), gaps=GAPS, listed=listed)

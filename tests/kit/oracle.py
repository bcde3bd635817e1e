"""What the board must show, read from the disk without a line of the product: DESIGN's rules, written twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 262_144
NOT_A_TASK = "cannot be read"


class Expected(NamedTuple):
    """One card; `id` None stands for a file that is no readable task, of which only the column is known."""

    column: str
    agent: str | None
    id: str | None
    title: str


class Oracle:
    """Scans `root`; files that did not change are not parsed again, so asking often is cheap."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._parsed: dict[tuple[int, ...], Any] = {}

    def scan(self) -> dict[str, Expected]:
        """The cards by path, in posix form under the root."""
        found: dict[str, Expected] = {}
        for column in ("inbox", "assigned", "done"):
            top = self.root / column
            if top.is_symlink():
                found[column] = _unreadable(column, column)
                continue
            for folder, folders, names in os.walk(top):
                folders[:] = [name for name in folders if not name.startswith(".")]
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                for name in [*links, *(name for name in names if _is_task_name(name))]:
                    path = Path(folder, name).relative_to(self.root).as_posix()
                    expected = self._expect(column, path)
                    if expected is not None:
                        found[path] = expected
        return found

    def _expect(self, column: str, path: str) -> Expected | None:
        try:
            status = os.lstat(self.root / path)
            key = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if key not in self._parsed:
                self._parsed[key] = _parse(self.root / path)
        except FileNotFoundError:
            return None
        document = self._parsed[key]
        task_id = str(document.get("id") or "").strip() if isinstance(document, dict) else ""
        if not task_id:
            return _unreadable(column, path)
        below = path.split("/")[1:-1]
        agent = document.get("agent") if column == "inbox" else below[0] if below else "unassigned"
        title = " ".join(str(document.get("title") or "").split()) or path.rpartition("/")[2]
        return Expected(column, agent, task_id, title)


def differences(expected: Mapping[str, Expected], cards: Mapping[str, Any], besides: Iterable[str] = ()) -> list[str]:
    """In words, where the cards are not what the disk holds; paths in `besides` may be anything."""
    wrong = [f"missing: {path}" for path in expected if path not in cards]
    wrong += [f"ghost: {path} {cards[path]['state']}" for path in cards if path not in expected]
    for path, want in expected.items():
        if path in cards:
            wrong += _difference(path, want, cards[path])
    return [line for line in wrong if not any(line.split(": ")[1].split(" ")[0] == path for path in besides)]


def _difference(path: str, want: Expected, card: Mapping[str, Any]) -> list[str]:
    if want.id is None:
        right = card["column"] == want.column and card["state"] in ("invalid", "settling")
        return [] if right else [f"unlike: {path} is {card['state']} in {card['column']}, but it {NOT_A_TASK}"]
    got = Expected(card["column"], card["agent"], card["id"], card["title"])
    if got != want:
        return [f"unlike: {path} shows {tuple(got)}, the disk says {tuple(want)}"]
    return [] if card["state"] == "ok" else [f"unlike: {path} is readable and shown as {card['state']}"]


def _is_task_name(name: str) -> bool:
    usual = name.lower().endswith((".yaml", ".yml"))
    return usual and not name.startswith(".") and ".sync-conflict-" not in name


def _unreadable(column: str, path: str) -> Expected:
    return Expected(column, None, None, path.rpartition("/")[2])


def _parse(path: Path) -> Any:
    """The document of a regular file within the limits, None where there is none to be had."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return None
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, OSError):
        return None

"""A board's folder with verbs."""

from __future__ import annotations

import os
from pathlib import Path


class WorkDir:
    """`root` with inbox/, assigned/ and done/; paths are posix and relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for column in ("inbox", "assigned", "done"):
            (root / column).mkdir(parents=True, exist_ok=True)

    def add(self, folder: str, task_id: str, text: str | None = None, **fields: object) -> str:
        """Put a whole file there at once, as an agent should; return its path."""
        path = f"{folder}/{task_id}.yaml"
        if text is None:
            lines = {"id": task_id, "title": f"Task {task_id}", **fields}
            text = "".join(f"{name}: {value}\n" for name, value in lines.items())
        self.replace(path, text)
        return path

    def replace(self, path: str, text: str | bytes) -> None:
        """Write to a temporary name, then rename over `path`."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.tmp")
        draft.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.replace(draft, target)

    def write(self, path: str, text: str | bytes) -> None:
        """Write in place, as `>` in a shell does."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def move(self, name: str, old: str, new: str) -> str:
        """Move a task (its id or its file's name) between folders; return the new path."""
        file = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
        (self.root / new).mkdir(parents=True, exist_ok=True)
        os.rename(self.root / old / file, self.root / new / file)
        return f"{new}/{file}"

    def remove(self, path: str) -> None:
        """Delete a file."""
        (self.root / path).unlink()

    def read(self, path: str) -> str:
        """A file's text."""
        return (self.root / path).read_text(encoding="utf-8")

    def paths(self) -> list[str]:
        """Every file of the board, hidden ones too."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if not path.is_dir())
        return sorted(path.as_posix() for path in found)

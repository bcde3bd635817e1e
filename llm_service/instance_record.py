"""``instance.json``: how `dashboard stop`, `open` and a second start find the server that runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from llm_service.private_files import read_private, write_private


@dataclass(frozen=True, slots=True)
class Record:
    """What a running server says about itself; no ``token_file`` where the environment gave the token."""

    pid: int
    port: int
    url: str
    root: str
    version: str
    started_at: str
    state_dir: str
    token_file: str | None


def write_record(state_dir: Path, record: Record) -> None:
    """Publish `record` as a whole."""
    write_private(state_dir / "instance.json", json.dumps(asdict(record)) + "\n")


def read_record(state_dir: Path) -> Record | None:
    """The record of `state_dir`; None where there is none or it cannot be understood."""
    text = read_private(state_dir / "instance.json")
    try:
        fields = json.loads(text or "null")
        record = Record(**{name: fields.get(name) for name in Record.__dataclass_fields__})
        return record if isinstance(record.pid, int) and record.pid > 1 and isinstance(record.url, str) else None
    except (ValueError, AttributeError, TypeError):
        return None

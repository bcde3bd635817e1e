"""Which dashboard a program's telemetry belongs to, and the secret that lets it in.

`LLM_SERVICE_URL` names one, with its secret in `LLM_SERVICE_TOKEN_FILE` or `LLM_SERVICE_TOKEN`. Else it is the running
one of the project that the working directory lies in, else the only one that runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from llm_service.instance import all_running, find_token, running_in
from llm_service.instance_record import Record
from llm_service.private_files import read_private
from llm_service.telemetry.spool import Address

WATCHED = Path("work/collaboration")
"""The default of the setting `watch_dir`, below a project."""
FILE_NAME = "llm-service.toml"


class Target(NamedTuple):
    """Where to send, and with which token (None: none is known)."""

    url: str
    token: str | None


def address_of(environ: Mapping[str, str], cwd: str) -> Address:
    """For whom rows of this process are."""
    return Address(cwd, environ.get("LLM_SERVICE_URL", "").strip() or None)


def find(address: Address, environ: Mapping[str, str]) -> Target | None:
    """The dashboard that runs for `address`; None where none does."""
    records = _running(environ)
    if address.url is not None:
        return Target(address.url, _named_token(address.url, records, environ))
    record = chosen(address.cwd, records)
    return Target(record.url, find_token(record, environ)) if record else None


def chosen(cwd: str, records: Iterable[Record]) -> Record | None:
    """Of the running dashboards the one of the innermost project around `cwd`, else the only one."""
    by_root = {record.root: record for record in records}
    for folder in (Path(cwd), *Path(cwd).parents):
        for root in _roots_at(folder):
            if found := by_root.get(str(root)):
                return found
    return next(iter(by_root.values())) if len(by_root) == 1 else None


def serves(url: str, record: Record) -> bool:
    """Whether `url` is the address of `record`'s server on this machine."""
    asked, own = urlsplit(url), urlsplit(record.url)
    names = {own.hostname, "localhost", "127.0.0.1", "::1"}
    return asked.scheme == own.scheme and asked.hostname in names and (asked.port or 80) == record.port


def _roots_at(folder: Path) -> list[Path]:
    """What may be watched by a project at `folder`: itself, what its settings file names, or the default below it."""
    found = [folder, folder / WATCHED]
    file = folder / FILE_NAME
    if file.is_file():
        try:
            watched = tomllib.loads(file.read_text(encoding="utf-8")).get("watch_dir")
        except (OSError, ValueError):
            watched = None
        if isinstance(watched, str):
            found.insert(1, folder / watched)
    return [path.resolve() for path in found]


def _running(environ: Mapping[str, str]) -> list[Record]:
    records = all_running()
    if named := environ.get("LLM_SERVICE_STATE_DIR", "").strip():
        record = running_in(Path(named).resolve())
        if record is not None and record not in records:
            records.append(record)
    return records


def _named_token(url: str, records: Iterable[Record], environ: Mapping[str, str]) -> str | None:
    """The token for an address that was named. A kept one is sent only to the server whose own it is."""
    if file := environ.get("LLM_SERVICE_TOKEN_FILE", "").strip():
        return read_private(Path(file).resolve())
    if given := environ.get("LLM_SERVICE_TOKEN", "").strip():
        return given
    return next((find_token(record, environ) for record in records if serves(url, record)), None)

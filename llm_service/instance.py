"""One running server: its state directory, its secrets and the record by which others find it.

A lock on a file of the state directory is held for the life of the process, so the kernel itself tells
whether the instance lives, even after ``kill -9``. A record without the lock is stale.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from llm_service import __version__
from llm_service.errors import AlreadyRunning, LlmServiceError, SettingsError
from llm_service.instance_record import Record, read_record, write_record
from llm_service.logs import register_secret
from llm_service.private_files import make_private_dir, open_private, read_private, write_private
from llm_service.settings import Settings

LOCK_WAIT_S = 10.0
TOKEN_CHARS = re.compile(r"[!-~]{16,512}")


class Busy(AlreadyRunning):
    """The folder is served already; `record` says where."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"a board of {record.root} is already running at {record.url} (pid {record.pid})")
        self.record = record


@dataclass(frozen=True, slots=True)
class Home:
    """Where the state of one watched folder is kept, whether or not a server runs."""

    root: Path
    state_dir: Path

    @classmethod
    def of(cls, settings: Settings) -> Home:
        """The home of the folder that `settings` watch. Creates nothing."""
        root = settings.watch_dir.resolve()
        if root.exists() and not root.is_dir():
            raise SettingsError(f"watch_dir: {root} is a file; allowed: a folder, which may not exist yet")
        state_dir = settings.state_dir.resolve() if settings.state_dir else homes_dir() / _folder_name(root)
        if state_dir.is_relative_to(root):
            raise SettingsError(f"state_dir: {state_dir} lies in the watched folder {root}; choose one outside it")
        return cls(root, state_dir)

    def running(self) -> Record | None:
        """The record of the server that lives here; a stale record is removed."""
        return running_in(self.state_dir)


class Instance:
    """The server this process is: made by `open`, which holds the lock until `close`."""

    def __init__(self, home: Home, lock: int, identity: str, token: str | None, token_file: Path | None) -> None:
        self.root = home.root
        self.state_dir = home.state_dir
        self.id = identity
        self.token = token
        self.token_file = token_file
        if token is not None:
            register_secret(token)
        self._lock = lock

    @classmethod
    def open(cls, settings: Settings, environ: Mapping[str, str]) -> Instance:
        """Become the one server of the watched folder. Raises `Busy` when there is one, `LlmServiceError`."""
        home = Home.of(settings)
        make_private_dir(home.state_dir)
        lock = _take_lock(home)
        try:
            (home.state_dir / "instance.json").unlink(missing_ok=True)
            token, token_file = _token(settings, environ, home.state_dir)
            identity = _kept(home.state_dir / "instance-id", lambda: secrets.token_hex(6))
        except BaseException:
            os.close(lock)
            raise
        return cls(home, lock, identity, token, token_file)

    @property
    def cookie_name(self) -> str:
        """Cookies do not tell ports apart, so each instance has a name of its own."""
        return f"llm_service_{self.id}"

    def announce(self, url: str, port: int) -> Record:
        """Let others find this server; to be called once it answers."""
        record = Record(
            pid=os.getpid(),
            port=port,
            url=url,
            root=str(self.root),
            version=__version__,
            started_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            state_dir=str(self.state_dir),
            token_file=str(self.token_file) if self.token_file else None,
        )
        write_record(self.state_dir, record)
        return record

    def rotate_token(self) -> str:
        """Make and keep a new token. The caller tells `Auth`, which ends every login."""
        if self.token is None:
            raise LlmServiceError("this board asks for no token (--no-token), so there is none to rotate")
        if self.token_file != self.state_dir / "token":
            raise LlmServiceError("the token was given by the environment; change it there and start again")
        self.token = secrets.token_urlsafe(32)
        register_secret(self.token)
        write_private(self.token_file, self.token + "\n")
        return self.token

    def close(self) -> None:
        """Withdraw the record and give the folder free; harmless when done twice."""
        if self._lock >= 0:
            (self.state_dir / "instance.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = -1


def homes_dir() -> Path:
    """The folder below which every watched folder's state is kept by default."""
    return Path(platformdirs.user_state_dir("llm-service", appauthor=False))


def running_in(state_dir: Path) -> Record | None:
    """The record of the server that lives in `state_dir`; a stale record is removed."""
    record = read_record(state_dir)
    if record is None:
        return None
    try:
        lock = open_private(state_dir / "lock", os.O_RDWR)
    except FileNotFoundError:
        lock = -1
    try:
        if lock >= 0 and not _try_lock(lock):
            return record
        (state_dir / "instance.json").unlink(missing_ok=True)
        return None
    finally:
        if lock >= 0:
            os.close(lock)


def all_running() -> list[Record]:
    """Every running server whose state is kept at the default place, by watched folder."""
    found = [running_in(path.parent) for path in homes_dir().glob("*/instance.json")]
    return sorted((record for record in found if record), key=lambda record: record.root)


def find_token(record: Record, environ: Mapping[str, str]) -> str | None:
    """The token that `record`'s server asks for, as far as this process may know it."""
    if record.token_file:
        return read_private(Path(record.token_file))
    return environ.get("LLM_SERVICE_TOKEN", "").strip() or None


def _folder_name(root: Path) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(root.parts[-2:]).lower()).strip("-")[:40] or "root"
    return f"{slug}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"


def _take_lock(home: Home) -> int:
    """Hold the lock, or raise `Busy` once the holder says where it listens.

    Someone who only looks (`running_in`) holds it for an instant, and a server that starts has no record yet,
    so a taken lock is asked again until one of the two is clear.
    """
    lock = open_private(home.state_dir / "lock", os.O_RDWR | os.O_CREAT)
    deadline_s = time.monotonic() + LOCK_WAIT_S
    while not _try_lock(lock):
        record = read_record(home.state_dir)
        if record is not None and _alive(record.pid):
            os.close(lock)
            raise Busy(record)
        if time.monotonic() > deadline_s:
            os.close(lock)
            raise AlreadyRunning(f"another process holds {home.state_dir / 'lock'} but serves no board")
        time.sleep(0.05)
    return lock


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _token(settings: Settings, environ: Mapping[str, str], state_dir: Path) -> tuple[str | None, Path | None]:
    """The token and the file it can be read from: the environment's, a named file's, or the kept one."""
    if not settings.token:
        return None, None
    if given := environ.get("LLM_SERVICE_TOKEN", "").strip():
        return _checked(given, "LLM_SERVICE_TOKEN"), None
    if named := environ.get("LLM_SERVICE_TOKEN_FILE", "").strip():
        path = Path(named).resolve()
        try:
            return _checked(path.read_text(encoding="ascii").strip(), f"LLM_SERVICE_TOKEN_FILE={named}"), path
        except OSError as error:
            raise SettingsError(
                f"LLM_SERVICE_TOKEN_FILE: cannot read {named} ({error.strerror}); name a file that holds the token"
            ) from error
        except UnicodeError as error:
            raise SettingsError(f"LLM_SERVICE_TOKEN_FILE: {named} holds more than ASCII text") from error
    path = state_dir / "token"
    return _checked(_kept(path, lambda: secrets.token_urlsafe(32)), str(path)), path


def _checked(token: str, origin: str) -> str:
    if not TOKEN_CHARS.fullmatch(token):
        raise SettingsError(f"token: allowed are 16 to 512 visible ASCII characters without blanks (from {origin})")
    return token


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What `path` holds; where it holds nothing, what `make` returns, kept there."""
    text = read_private(path)
    if not text:
        text = make()
        write_private(path, text + "\n")
    return text

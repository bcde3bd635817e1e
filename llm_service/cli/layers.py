"""Where settings come from: flags, the environment, the project's file, the user's file."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import platformdirs

from llm_service.errors import SettingsError
from llm_service.settings import TABLE, Given, Resolved, Row, resolve

FILE_NAME = "llm-service.toml"
# Names that share the prefix and are no settings: the token itself stays out of flags and files.
OTHER_VARIABLES = ("LLM_SERVICE_TOKEN", "LLM_SERVICE_TOKEN_FILE")


def gather(flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path, home: Path) -> Resolved:
    """Settle all settings: flag, then environment, then project file, then user file, then default."""
    layers = [
        {name: Given(value, TABLE[name].flag) for name, value in flags.items()},
        _from_environ(environ),
    ]
    if project := find_project_file(cwd, home):
        layers.append(from_file(project, project=True))
    user = Path(platformdirs.user_config_dir("llm-service", appauthor=False)) / FILE_NAME
    if _is_there(user):
        layers.append(from_file(user, project=False))
    return resolve(layers, home)


def find_project_file(cwd: Path, home: Path) -> Path | None:
    """The nearest file in `cwd` or above it, not further than the repository's top or the home directory."""
    for folder in (cwd, *cwd.parents):
        if _is_there(folder / FILE_NAME):
            return folder / FILE_NAME
        if (folder / ".git").exists() or folder == home:
            return None
    return None


def _is_there(path: Path) -> bool:
    """Also as a folder or a link to nothing: who put it there expects it to be read, and is told why it cannot be."""
    return path.exists() or path.is_symlink()


def from_file(path: Path, *, project: bool) -> dict[str, Given]:
    """The settings a file gives. Raises `SettingsError` naming the line."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text (at byte {error.start + 1}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    found = {}
    for name, value in values.items():
        origin = f"{path}:{_line_of(name, text)}, key {name}"
        row = TABLE.get(name)
        if row is None:
            raise SettingsError(f"{name} is no setting{_hint(name, TABLE)} (from {origin})")
        if project and row.not_in_project:
            raise SettingsError(
                f"{name} cannot be set by a project's file, which may come from someone else;"
                f" use {_elsewhere(row)} (from {origin})"
            )
        found[name] = Given(value, origin, path.parent)
    return found


def _elsewhere(row: Row) -> str:
    if row.file_only:
        return "the user's file"
    flag = "" if row.flagless else "--no-token, " if row.name == "token" else f"{row.flag}, "
    return f"{flag}{row.env} or the user's file"


def _from_environ(environ: Mapping[str, str]) -> dict[str, Given]:
    by_variable = {row.env: row for row in TABLE.values() if not row.file_only}
    found = {}
    for variable, text in environ.items():
        row = by_variable.get(variable)
        if row is not None and text.strip():
            found[row.name] = Given(_turned(row, text), variable)
            continue
        # Only what looks like a slip of the pen is refused: other programs may use the prefix.
        foreign = row is not None or variable in OTHER_VARIABLES or not variable.startswith("LLM_SERVICE_")
        if not foreign and (hint := _hint(variable, by_variable, likeness=0.9)):
            raise SettingsError(f"{variable} is no setting{hint} (from the environment)")
    return found


def _turned(row: Row, text: str) -> object:
    if not row.env_negates:
        return text
    try:
        return not row.kind.read(text)
    except ValueError:
        raise SettingsError(
            f"{row.name}: {text!r} is not allowed; allowed: {row.kind.allowed} (from {row.env})"
        ) from None


def _hint(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    close = difflib.get_close_matches(name.replace("-", "_"), list(known), n=1, cutoff=likeness)
    return f"; did you mean {close[0]}" if close else ""


def _line_of(key: str, text: str) -> int:
    """The line a top-level key (or the table of that name) stands on; 1 where it is written some other way."""
    pattern = re.compile(rf"""^\s*(\[+\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""", re.MULTILINE)
    found = pattern.search(text)
    return text.count("\n", 0, found.start(0)) + 1 + found[0][: -len(found[0].lstrip())].count("\n") if found else 1

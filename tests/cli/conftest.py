"""Commands run in this process, away from the settings of whoever runs the tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from llm_service.cli import run
from llm_service.cli.session import Session


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory: a repository without a settings file, below a home without one."""
    folder = tmp_path / "home" / "project"
    folder.mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in list(os.environ):
        if name.startswith("LLM_SERVICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home/state"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def command(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command as `main` does: command("task", "list", LLM_SERVICE_…="…")."""

    def invoke(*arguments: str, **environ: str) -> Said:
        capsys.readouterr()
        code = run(arguments, Session(environ={**os.environ, **environ}))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return invoke

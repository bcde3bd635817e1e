"""No traceback reaches a user who did not ask for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llm_service.cli import cli
from tests.kit.server import clean_environ


@pytest.fixture
def broken():
    @cli.command("break-down")
    def break_down() -> None:
        raise KeyError("deep inside")

    yield
    cli.commands.pop("break-down")


@pytest.fixture
def interrupted():
    @cli.command("wait-for-it")
    def wait_for_it() -> None:
        raise KeyboardInterrupt

    yield
    cli.commands.pop("wait-for-it")


def test_an_unexpected_error_is_one_line(broken, command) -> None:
    said = command("break-down")
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "KeyError" in said.err
    assert "--log-level debug" in said.err


@pytest.mark.parametrize("arguments", [("--log-level", "debug", "break-down")])
def test_the_traceback_is_there_for_who_asks(broken, command, arguments) -> None:
    assert "Traceback" in command(*arguments).err
    assert "Traceback" in command("break-down", LLM_SERVICE_LOG_LEVEL="debug").err


def test_a_mistyped_option_is_one_line_with_exit_2(command) -> None:
    said = command("dashboard", "start", "--prot", "1")
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "--port" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("spend",), "No such command 'spend'; see: llm-service --help"),
        (("dashboard", "strat"), "No such command 'strat'. (Did you mean one of: 'start', 'status'?)"),
        (("task", "new"), "Missing argument 'TITLE'; see: llm-service task new --help"),
        (("config", "show", "all"), "Got unexpected extra argument (all); see: llm-service config show --help"),
    ],
)
def test_a_command_line_that_is_not_understood_names_what_to_write_or_to_read(command, arguments, said) -> None:
    assert command(*arguments).err == f"llm-service: {said}\n"


def test_without_a_verb_the_help_is_shown(command) -> None:
    assert "start" in command("dashboard").err
    assert command("--version").out.startswith("llm-service, version ")


def test_the_module_runs_as_the_console_script_does(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "llm_service", "task", "list", "--watch-dir", "nowhere"],
        capture_output=True, text=True, env=clean_environ(tmp_path), cwd=tmp_path,
    )  # fmt: skip
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("llm-service: the folder nowhere does not exist")


def test_an_interrupt_is_no_error_message(interrupted, command) -> None:
    said = command("wait-for-it")
    assert said.code == 130
    assert said.err.strip() == ""

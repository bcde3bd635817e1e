"""FI-21: kill -9 while telemetry is written. What was answered is there, and the sums equal a recount."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llm_service.telemetry.integrity import check
from tests.kit.server import REPO
from tests.kit.store import ask, open_database, recording, row


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=[pytest.mark.faults, pytest.mark.timeout(300)])])
def test_what_was_answered_survives_a_kill_and_the_sums_hold(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    answered: set[str] = set()
    for number in range(kills):
        answered |= killed_while_writing(tmp_path, number, chance.randrange(1, 40))
        database = open_database(tmp_path)
        assert database.notices == ()
        report = check(database)
        assert report.ok, report
        assert answered <= {name for (name,) in ask(database, "SELECT invocation_id FROM invocations")}
    with recording(database) as recorder:
        assert recorder.record([row("afterwards")]).accepted == 1
    assert len(answered) > 100


def killed_while_writing(folder: Path, seed: int, answers: int) -> set[str]:
    """Start a writer, kill it after so many answers, at whatever it does then; return the ids it was told of."""
    command = [sys.executable, "-m", "tests.kit.store_writer", str(folder), str(seed)]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(answers)]
        process.send_signal(signal.SIGKILL)
        told += [line for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return {name for line in told for name in line.split()}

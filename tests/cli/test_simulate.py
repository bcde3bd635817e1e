"""`llm-service simulate`: the simulators as processes, and the document that names their faults."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llm_service.simulators.faults import KNOWN
from tests.kit.server import REPO, clean_environ
from tests.kit.simulator import ask


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "llm_service", "simulate", *arguments]


@pytest.mark.parametrize(
    ("arguments", "path", "key"),
    [
        (["bobspark", "--dialect", "b", "--past-runs", "3"], "/api/runs", "runs"),
        (["skills", "--past"], "/api/training/adapters", "adapters"),
    ],
)
def test_a_simulator_says_where_it_is_and_ends_on_a_signal(
    tmp_path: Path, arguments: list[str], path: str, key: str
) -> None:
    environ = clean_environ(tmp_path)
    with subprocess.Popen(
        [*command(*arguments), "--port", "0", "--json"], stdout=subprocess.PIPE, env=environ
    ) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert len(ask(said["url"] + path)[key]) >= 3
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bobspark", "--fault", "dorp"], "fault 'dorp' is not known"),
        (["bobspark", "--fault", "skew:soon"], "takes a number"),
        (["skills", "--fault", "dorp"], "fault 'dorp' is not known"),
    ],
)
def test_a_fault_nobody_knows_is_refused_in_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = subprocess.run(command(*arguments), env=clean_environ(tmp_path), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_faults_are_listed(tmp_path: Path) -> None:
    listing = command("bobspark", "--fault", "list")
    done = subprocess.run(listing, env=clean_environ(tmp_path), capture_output=True, text=True, timeout=60)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(KNOWN)


def test_a_port_that_is_taken_is_named(tmp_path: Path, bobspark) -> None:
    taken = command("bobspark", "--port", str(bobspark.port))
    done = subprocess.run(taken, env=clean_environ(tmp_path), capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert done.stderr == (
        f"llm-service: cannot listen on port {bobspark.port} (Address already in use);"
        " choose another with --port, or --port 0 for any\n"
    )


def test_every_fault_is_documented_in_its_own_words() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", (REPO / "docs/simulator.md").read_text(), re.M)
    assert {name: what for name, what in rows if name in KNOWN} == KNOWN

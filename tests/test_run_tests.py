"""`make test` looks at a few failures once more, alone, and never hides them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import run_tests

UNSTEADY = """
from pathlib import Path
def test_unsteady():
    seen = Path(__file__).with_name("seen")
    was_there = seen.exists()
    seen.touch()
    assert was_there
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose tests are run as ours are, without other processes."""
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    monkeypatch.setattr(run_tests, "HOW", ())
    return tmp_path


def test_what_passes_alone_passes_and_is_named(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "test_it.py").write_text(UNSTEADY + "def test_good(): pass\n")
    assert run_tests.run_python([]) == (True, ["test_it.py::test_unsteady"])
    assert "1 failed beside the others" in capfd.readouterr().out


def test_what_fails_again_fails(project: Path) -> None:
    (project / "test_it.py").write_text("def test_bad(): assert False\n")
    assert run_tests.run_python([])[0] is False


def test_many_failures_are_no_accident(project: Path) -> None:
    many = "".join(UNSTEADY.replace("unsteady", f"u{n}").replace("seen", f"seen{n}") for n in range(run_tests.FEW + 1))
    (project / "test_it.py").write_text(many)
    assert run_tests.run_python([]) == (False, [])


def test_a_file_that_cannot_be_read_is_no_accident(project: Path) -> None:
    (project / "test_it.py").write_text("import nothing_of_that_name\n")
    assert run_tests.run_python([]) == (False, [])


def test_an_earlier_run_does_not_count(project: Path) -> None:
    (project / "test_it.py").write_text("def test_bad(): assert False\n")
    run_tests.run_python([])
    (project / "test_it.py").write_text("def test_good(): pass\n")
    assert run_tests.run_python([]) == (True, [])

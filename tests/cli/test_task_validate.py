"""`task validate`: every oddity the board would mark, with its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from llm_service.cli.task_schema import schema
from tests.kit.server import REPO
from tests.kit.yaml_horrors import HORRORS

BAD = [
    ("title: x\n", 1, 1, "'id' is missing"),
    ("id: t\ntitle: a: b\n", 2, 9, "not valid YAML"),
    ("id: t\npriority: urgnt\n", 2, 1, "unknown priority"),
    ("id: t\n\nstatus: sleeping\n", 3, 1, "unknown status"),
    ("id: t\ncreated_at: tomorrow\n", 2, 1, "not a date or time"),
    ("id: t\ndescription: [a]\n", 2, 1, "description:"),
    ("id: t\ndependencies: 3\n", 2, 1, "dependencies: should be a list"),
    ("id: t\ntags: {a: b}\n", 2, 1, "tags:"),
    ("id: t\nid: u\n", 2, 1, "twice"),
    ("- a\n", 1, 1, "one YAML mapping"),
    ("", 1, 1, "empty"),
]


@pytest.mark.parametrize(("text", "line", "char", "reason"), BAD)
def test_a_finding_has_path_line_and_character(command, tmp_path: Path, text, line, char, reason) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    said = command("task", "validate", str(path))
    assert (said.code, said.err) == (1, "")
    (only,) = said.out.splitlines()
    assert only.startswith(f"{path}:{line}:{char}: ")
    assert reason in only


def test_good_files_say_nothing(command, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("id: t\npriority: HIGH\nstatus: In-Progress\ncreated: 2026-11-21\nmore: {x: 1}\n")
    said = command("task", "validate", str(tmp_path / "t.yaml"))
    assert (said.code, said.out, said.err) == (0, "", "")


def test_json_tells_the_same(command, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("id: t\npriority: urgnt\n")
    said = command("task", "validate", "--json", str(tmp_path / "t.yaml"), str(tmp_path / "nowhere.yaml"))
    answer = json.loads(said.out)
    assert (said.code, answer["valid"]) == (1, False)
    assert [(Path(f["path"]).name, f["line"]) for f in answer["findings"]] == [("t.yaml", 2), ("nowhere.yaml", 1)]


def test_the_standard_input_can_be_checked(command, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("id: t\npriority: urgnt\n")
    with (tmp_path / "in").open() as text:
        monkeypatch.setattr("sys.stdin", text)
        assert command("task", "validate", "-").out.startswith("-:2:1: priority:")


def test_a_name_the_board_does_not_read_is_a_finding(command, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("id: t\n")
    assert "only files that end in" in command("task", "validate", str(tmp_path / "t.txt")).out


def test_a_file_over_the_limit_is_told_with_its_own_size(command, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("id: t\nnotes: " + "x" * 300_000)
    assert "the file is 293 KiB, more than the limit of 256 KiB" in command("task", "validate", str(path)).out


def test_a_folder_is_a_finding_that_says_what_to_name(command, tmp_path: Path) -> None:
    said = command("task", "validate", str(tmp_path))
    assert (said.code, said.out) == (1, f"{tmp_path}:1:1: is a folder; name the files in it, as in inbox/*.yaml\n")


def test_a_pipe_or_an_endless_file_does_not_hang(command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.yaml")
    assert "not a regular file" in command("task", "validate", str(tmp_path / "p.yaml")).out
    assert command("task", "validate", "/dev/zero").code == 1


@pytest.mark.parametrize("name", sorted(HORRORS))
def test_no_hostile_file_breaks_the_check(command, tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(HORRORS[name], encoding="utf-8", newline="")
    said = command("task", "validate", str(path))
    assert said.code in (0, 1)
    assert (said.code == 0) == (said.out == "")
    assert said.err == ""


def test_the_example_tasks_are_good_and_the_broken_one_is_not(command) -> None:
    files = sorted(str(path) for path in (REPO / "work/collaboration").rglob("*.y*ml"))
    said = command("task", "validate", *files)
    assert len(files) >= 12
    assert {line.partition(":")[0] for line in said.out.splitlines()} == {
        name for name in files if "broken-on-purpose" in name
    }


def test_the_schema_names_every_field_and_only_the_id_is_required() -> None:
    fields = schema()["properties"]
    assert schema()["required"] == ["id"]
    assert {"id", "title", "agent", "status", "priority", "created_at", "dependencies", "result"} <= set(fields)

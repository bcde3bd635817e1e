"""`task new | list | show`: files that read back as meant, and foreign text that cannot steer a terminal."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_service.cli.task_text import slug, task_yaml
from llm_service.core.taskfile import read_document
from tests.cli.conftest import Said
from tests.kit.work_dir import WorkDir


@pytest.fixture
def task(command: Callable[..., Said], work_dir: WorkDir) -> Callable[..., Said]:
    """Runs `llm-service task …` on `work_dir`."""
    return lambda *arguments: command("task", *arguments, LLM_SERVICE_WATCH_DIR=str(work_dir.root))


def made(task, work_dir: WorkDir, *arguments: str) -> dict:
    said = task("new", *arguments, "--json")
    assert said.code == 0, said.err
    return yaml.safe_load(work_dir.read(json.loads(said.out)["path"]))


def test_a_new_task_lies_in_the_inbox_with_everything_it_needs(task, work_dir) -> None:
    said = task("new", "Compare the two prompts", "--agent", "eval-erin", "--by", "lead")
    path = said.out.strip()
    assert work_dir.paths() == [path]
    fields = yaml.safe_load(work_dir.read(path))
    assert path == f"inbox/{fields['id']}.yaml"
    assert fields["id"].endswith("-eval-erin-compare-the-two-prompts")
    assert (fields["title"], fields["agent"], fields["status"]) == ("Compare the two prompts", "eval-erin", "new")
    assert (fields["priority"], fields["created_by"]) == ("normal", "lead")
    assert fields["created_at"].endswith("Z")


def test_every_option_of_a_new_task_is_in_its_file(task, work_dir) -> None:
    fields = made(
        task, work_dir, "T", "--priority", "HIGH", "--tag", "a", "--tag", "b", "--description", "# H\n\n- x\n",
        "--artefact", "docs/a.md", "--depends-on", "other", "--agent", "py", "--assign",
    )  # fmt: skip
    assert fields["priority"] == "high"
    assert fields["tags"] == ["a", "b"]
    assert fields["description"] == "# H\n\n- x\n"
    assert (fields["artefacts"], fields["dependencies"]) == (["docs/a.md"], ["other"])
    assert fields["status"] == "assigned"
    assert fields["assigned_at"] == fields["created_at"]
    assert work_dir.paths()[0].startswith("assigned/py/")


def test_a_description_may_come_from_the_standard_input(task, work_dir, monkeypatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe\n"))
    assert made(task, work_dir, "T", "--description", "-")["description"] == "From a pipe\n"


def test_a_taken_name_gets_a_number_and_nothing_is_overwritten(task, work_dir) -> None:
    ids = [made(task, work_dir, "Same")["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert len(work_dir.paths()) == 3


def test_a_new_task_validates_and_is_listed_and_shown(task, work_dir) -> None:
    path = task("new", "Plan: it", "--agent", "py", "--tag", "1.10").out.strip()
    assert task("validate", str(work_dir.root / path)) == Said(0, "", "")
    assert "Plan: it" in task("list").out
    assert "Plan: it" in task("show", path).out


@pytest.mark.parametrize("agent", ["../x", "a/b", ".hidden", "", "a\nb", "x" * 101])
def test_an_agent_that_is_no_folder_name_is_refused(task, work_dir, agent) -> None:
    assert task("new", "T", "--agent", agent, "--assign").code == 1
    assert work_dir.paths() == []


@pytest.mark.parametrize("title", ["", "  \n"])
def test_a_task_without_a_title_is_not_made(task, work_dir, title) -> None:
    said = task("new", title)
    assert (said.code, said.err.startswith("llm-service: the title is empty")) == (2, True)
    assert work_dir.paths() == []


def test_assign_without_an_agent_is_refused(task, work_dir) -> None:
    said = task("new", "T", "--assign")
    assert (said.code, work_dir.paths()) == (1, [])
    assert "--agent" in said.err


def test_a_folder_that_does_not_exist_is_not_made(command, tmp_path: Path) -> None:
    said = command("task", "new", "T", "--watch-dir", str(tmp_path / "typo"))
    assert said.code == 1
    assert not (tmp_path / "typo").exists()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=60)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(title=TEXT, description=TEXT, tags=st.lists(TEXT, max_size=3))
def test_whatever_is_written_reads_back_the_same(title: str, description: str, tags: list[str]) -> None:
    fields = {"id": "x", "title": title, "description": description, "tags": tags}
    wanted = {name: value for name, value in fields.items() if value not in ("", [])}
    assert read_document(task_yaml(fields)).values == wanted


@pytest.mark.parametrize("text", ["yes", "no", "1.10", "0x1f", "12:30:45", "~", "null", "2026-11-21", "a: b", "# x"])
def test_words_that_yaml_takes_for_something_else_stay_words(text: str) -> None:
    document = read_document(task_yaml({"id": "x", "title": text}))
    assert document.values["title"] == text
    assert document.marks == ()


def test_arguments_that_are_not_utf8_are_refused(task, work_dir) -> None:
    said = task("new", "T", "--description", "caf\udce9")
    assert (said.code, len(said.err.splitlines()), work_dir.paths()) == (1, 1, [])


def test_a_description_over_the_limit_is_refused(task, work_dir) -> None:
    said = task("new", "T", "--description", "x" * 300_000)
    assert (said.code, len(said.err.splitlines()), work_dir.paths()) == (1, 1, [])
    assert "more than the limit" in said.err


def test_a_slug_is_safe_in_any_file_name() -> None:
    assert slug("Évaluate: the /../ Prompts #1!") == "evaluate-the-prompts-1"
    assert slug("日本") == ""
    assert len(slug("x" * 500)) <= 60


def test_the_list_is_the_board_in_order_with_filters(task, work_dir) -> None:
    work_dir.add("inbox", "old", created_at="2026-11-01T00:00:00Z", priority="LOW")
    work_dir.add("inbox", "new", created_at="2026-11-02T00:00:00Z")
    work_dir.add("assigned/py", "busy", status="blocked", priority="high")
    work_dir.add("done/dora", "over")
    work_dir.add("archive", "gone")
    work_dir.write("inbox/README.md", "no card")
    work_dir.write("inbox/bad.yaml", "a: b: c")

    def ids(*filters: str) -> list[str]:
        return [card["id"] for card in json.loads(task("list", "--json", *filters).out)["tasks"]]

    assert ids() == ["new", "old", "busy", "over"]
    assert ids("--column", "inbox") == ["new", "old"]
    assert ids("--agent", "py") == ["busy"]
    assert ids("--priority", "low", "--priority", "high") == ["old", "busy"]
    assert ids("--status", "blocked") == ["busy"]
    assert ids("--status", "blocked", "--agent", "dora") == []
    problems = json.loads(task("list", "--json").out)["problems"]
    assert [(problem["path"], problem["line"]) for problem in problems] == [("inbox/bad.yaml", 1)]
    assert "inbox/bad.yaml:1" in task("list").out


def test_an_empty_board_says_so(task) -> None:
    assert task("list").out == "No tasks.\n"


def test_a_folder_that_is_a_link_is_listed_as_what_cannot_be_read(task, work_dir, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.yaml").write_text("id: a\n")
    work_dir.root.joinpath("assigned").mkdir(parents=True, exist_ok=True)
    work_dir.root.joinpath("assigned/ann").symlink_to(tmp_path / "elsewhere")
    assert "Not readable: assigned/ann: a symbolic link" in task("list").out


def test_a_folder_that_cannot_be_listed_is_no_empty_one(task, work_dir, monkeypatch) -> None:
    (work_dir.root / "done").mkdir(parents=True, exist_ok=True)
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("done"):  # whoever may do everything, as root may, can list any folder
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "Not readable: done: this folder cannot be listed; check its mode and owner" in task("list").out


def test_text_of_a_file_cannot_steer_the_terminal(task, work_dir) -> None:
    work_dir.write("inbox/t.yaml", 'id: t\ntitle: "\\e[2J\\e]0;owned\\a\\u202e"\n')
    work_dir.write("inbox/raw.yaml", b"id: raw\ntitle: '\xc2\x9b2J'\n")
    for said in (
        task("list"),
        task("show", "t"),
        task("show", "inbox/raw.yaml"),
        task("validate", str(work_dir.root / "inbox/raw.yaml")),
    ):
        assert [char for char in said.out if not char.isprintable() and char != "\n"] == []


def test_show_tells_what_is_odd(task, work_dir) -> None:
    work_dir.add("assigned/py", "t", status="done", agent="other")
    said = task("show", "t")
    assert "mark: status: done" in said.out
    assert "mark: agent: other" in said.out
    card = json.loads(task("show", "t", "--json").out)
    assert (card["fields"]["status"], card["card"]["status"]) == ("done", "assigned")


def test_an_id_of_two_files_asks_for_the_path(task, work_dir) -> None:
    work_dir.add("inbox", "t")
    work_dir.add("done/py", "t")
    said = task("show", "t")
    assert said.code == 1
    assert "inbox/t.yaml, done/py/t.yaml" in said.err
    assert task("show", "done/py/t.yaml").code == 0


def test_an_unknown_id_is_one_line(task) -> None:
    said = task("show", "nobody")
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)

"""`task move`: one rename, never over another file, never outside the folder, the rest of the file untouched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_service.cli.status_line import with_status
from llm_service.core.taskfile import MAX_BYTES, read_document
from llm_service.errors import TaskFileError
from tests.cli.conftest import Said
from tests.kit.work_dir import WorkDir


@pytest.fixture
def move(command: Callable[..., Said], work_dir: WorkDir) -> Callable[..., Said]:
    """Runs `llm-service task move …` on `work_dir`."""
    return lambda *arguments: command("task", "move", *arguments, LLM_SERVICE_WATCH_DIR=str(work_dir.root))


def test_a_task_moves_by_its_id_and_the_file_is_the_same_one(move, work_dir) -> None:
    before = (work_dir.root / work_dir.add("inbox", "t", agent="py")).stat()
    said = move("t", "assigned")
    assert said == Said(0, "inbox/t.yaml -> assigned/py/t.yaml\n", "")
    after = (work_dir.root / "assigned/py/t.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert work_dir.paths() == ["assigned/py/t.yaml"]


def test_the_agent_is_the_asked_one_then_the_folders_then_the_files(move, work_dir) -> None:
    work_dir.add("inbox", "t", agent="file")
    assert move("t", "assigned", "--agent", "asked").out.endswith("assigned/asked/t.yaml\n")
    assert move("t", "done").out.endswith("done/asked/t.yaml\n")
    assert move("t", "inbox").out.endswith("-> inbox/t.yaml\n")
    work_dir.add("assigned", "straight", agent="file")
    assert move("straight", "done").out.endswith("done/file/straight.yaml\n")


def test_without_any_agent_nothing_moves(move, work_dir) -> None:
    work_dir.add("inbox", "t")
    said = move("t", "assigned")
    assert said.code == 1
    assert "--agent" in said.err
    assert work_dir.paths() == ["inbox/t.yaml"]


def test_a_file_of_the_same_name_is_never_replaced(move, work_dir) -> None:
    work_dir.add("inbox", "t", "id: new\n")
    work_dir.add("done/py", "t", "id: old\n")
    said = move("inbox/t.yaml", "done", "--agent", "py")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "exists already" in said.err
    assert (work_dir.read("inbox/t.yaml"), work_dir.read("done/py/t.yaml")) == ("id: new\n", "id: old\n")


def test_a_file_that_cannot_be_read_can_still_be_moved_by_its_path(move, work_dir) -> None:
    work_dir.write("inbox/bad.yaml", "a: b: c")
    assert move("inbox/bad.yaml", "assigned", "--agent", "py").code == 0
    assert work_dir.read("assigned/py/bad.yaml") == "a: b: c"
    assert move("assigned/py/bad.yaml", "done", "--set-status").code == 1
    assert work_dir.paths() == ["assigned/py/bad.yaml"]


@pytest.mark.parametrize("how", ["from the root", "from here", "absolute"])
def test_a_path_may_start_at_the_root_or_here(move, work_dir, monkeypatch, how: str) -> None:
    work_dir.add("inbox", "t")
    monkeypatch.chdir(work_dir.root.parent)
    names = {
        "from the root": "inbox/t.yaml",
        "from here": f"{work_dir.root.name}/inbox/t.yaml",
        "absolute": str(work_dir.root / "inbox/t.yaml"),
    }
    assert move(names[how], "done", "--agent", "py").code == 0


@pytest.mark.parametrize(
    "wanted", ["../outside.yaml", "inbox/../../outside.yaml", "/etc/hosts.yaml", "archive/t.yaml", "inbox/no.yaml"]
)
def test_a_path_outside_the_board_is_refused(move, work_dir, wanted: str) -> None:
    (work_dir.root.parent / "outside.yaml").write_text("id: x\n")
    work_dir.add("archive", "t")
    said = move(wanted, "done", "--agent", "py")
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert work_dir.paths() == ["archive/t.yaml"]
    assert (work_dir.root.parent / "outside.yaml").exists()


def test_a_link_in_place_of_the_file_is_not_moved(move, work_dir, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("id: s\n")
    (work_dir.root / "inbox/t.yaml").symlink_to(tmp_path / "secret.yaml")
    assert move("inbox/t.yaml", "done", "--agent", "py").code == 1
    assert (work_dir.root / "inbox/t.yaml").is_symlink()


def test_a_link_in_place_of_a_folder_is_not_followed(move, work_dir, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (work_dir.root / "done/py").symlink_to(tmp_path / "elsewhere")
    work_dir.add("inbox", "t")
    said = move("t", "done", "--agent", "py")
    assert said.code == 1
    assert "symbolic link" in said.err
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_named_pipe_is_refused_and_does_not_hang(move, work_dir) -> None:
    os.mkfifo(work_dir.root / "inbox/p.yaml")
    assert move("inbox/p.yaml", "done", "--agent", "py").code == 1


def test_moving_to_where_it_is_is_refused(move, work_dir) -> None:
    work_dir.add("done/py", "t")
    assert "is there already" in move("t", "done").err


def test_the_status_goes_along_when_asked(move, work_dir) -> None:
    work_dir.write("inbox/t.yaml", "id: t\r\nstatus: new   # by hand\r\ntitle: 'T'\r\n")
    os.chmod(work_dir.root / "inbox/t.yaml", 0o640)
    assert move("t", "assigned", "--agent", "py", "--set-status").code == 0
    moved = work_dir.root / "assigned/py/t.yaml"
    assert moved.read_bytes() == b"id: t\r\nstatus: assigned   # by hand\r\ntitle: 'T'\r\n"
    assert moved.stat().st_mode & 0o777 == 0o640
    assert move("t", "assigned", "--agent", "other", "--set-status", "blocked").code == 0
    assert b"status: blocked" in (work_dir.root / "assigned/other/t.yaml").read_bytes()
    assert move("t", "done", "--set-status", "finishd").code == 2
    assert work_dir.paths() == ["assigned/other/t.yaml"]


UNTOUCHED = [
    (b"id: t\nstatus: new\nx: 1\n", b"id: t\nstatus: done\nx: 1\n"),
    (b'status: "new"\nid: t\n', b'status: "done"\nid: t\n'),
    (b"id: t\nstatus:\n", b"id: t\nstatus: done\n"),
    (b"id: t\n'status' : new\n", b"id: t\n'status' : done\n"),
    (b"id: t", b"id: t\nstatus: done\n"),
    (b"id: t\r\n", b"id: t\r\nstatus: done\r\n"),
    (b"id: t\nd: |\n  status: new\n", b"id: t\nd: |\n  status: new\nstatus: done\n"),
    (b"# head\n\n\nid: t\nresult:\n  status: ok\nstatus: in progress\n", None),
    (b"\xef\xbb\xbfid: t\nstatus: new\n", b"\xef\xbb\xbfid: t\nstatus: done\n"),
]


@pytest.mark.parametrize(("before", "after"), UNTOUCHED)
def test_only_the_value_of_the_status_changes(before: bytes, after: bytes | None) -> None:
    changed = with_status(before, "done", MAX_BYTES)
    assert changed == (after or before.replace(b"in progress", b"done"))
    assert read_document(changed).values["status"] == "done"


@pytest.mark.parametrize(
    "text",
    [
        b"{id: t, status: new}\n",
        b"id: t\nstatus: >\n  new\n",
        b"id: t\nstatus: &s new\nother: *s\n",
        b"id: t\nstatus: new\nstatus: newer\n...\n",
        b"id: t\n...\n",
        b"a: b: c\n",
    ],
)
def test_a_status_that_cannot_be_changed_safely_is_left_alone(text: bytes) -> None:
    try:
        changed = with_status(text, "done", MAX_BYTES)
    except TaskFileError:
        return
    assert read_document(changed).values == {**read_document(text).values, "status": "done"}


def test_the_board_sees_a_move_as_one_event(server, live, work_dir, command) -> None:
    work_dir.add("inbox", "t", agent="py")
    live.wait_for("task.created")
    (work_dir.root / "assigned/py").mkdir()
    command("task", "move", "t", "assigned", LLM_SERVICE_WATCH_DIR=str(work_dir.root))
    assert live.wait_for("task.assigned")["old_path"] == "inbox/t.yaml"
    assert live.seen("task.removed") == []

"""FI-08: how editors and tools save. Each save of a task is one update of its card, and nothing else is ever shown.

Without their fsync: on a busy disk it takes longer than a card waits before it says that its file is being written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.boards import Board, task_text
from tests.kit.follower import Follower

A = "assigned/pedro/a.yaml"
OLD, NEW = task_text("a", "old"), task_text("a", "new")


def vim_save(file: Path) -> None:
    """The calls Vim 9 makes with its default settings: a probe, a rename to the backup, a new file, the end of it."""
    probe = file.with_name("4913")
    os.close(os.open(probe, os.O_CREAT | os.O_WRONLY | os.O_EXCL))
    probe.unlink()
    backup = file.with_name(file.name + "~")
    file.rename(backup)
    with file.open("w") as new:
        new.write(NEW)
    file.chmod(0o644)
    backup.unlink()


def real_vim(file: Path) -> None:
    """Vim itself, where the machine has it; else the calls it makes."""
    vim = shutil.which("vim")
    if vim is None:
        vim_save(file)
        return
    command = [
        vim,
        "-u",
        "NONE",
        "-es",
        "-N",
        "--cmd",
        "set backup swapfile",
        "-c",
        "%s/old/new/",
        "-c",
        "wq",
        str(file),
    ]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, "TERM": "dumb"})


def vs_code_save(file: Path) -> None:
    """Opened without truncation, truncated, written in one piece, closed: in place."""
    descriptor = os.open(file, os.O_WRONLY)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, NEW.encode())
    os.close(descriptor)


def emacs_save(file: Path) -> None:
    """A lock (a dangling link), a backup, an auto-save, the write in place, and the lock goes."""
    lock, auto = file.with_name(f".#{file.name}"), file.with_name(f"#{file.name}#")
    lock.symlink_to("somebody@somewhere.123:456")
    auto.write_text(NEW[:10])
    shutil.copy2(file, file.with_name(file.name + "~"))
    file.write_text(NEW)
    auto.unlink()
    lock.unlink()


def sed_in_place(file: Path) -> None:
    subprocess.run(["sed", "-i", "s/old/new/", str(file)], check=True)


def cp_p(file: Path) -> None:
    """A copy of equal size whose older mtime is kept: only the content and ctime tell."""
    source = file.parents[3] / "elsewhere.yaml"
    source.write_text(NEW)
    os.utime(source, ns=(1_600_000_000_000_000_000, 1_600_000_000_000_000_000))
    subprocess.run(["cp", "-p", str(source), str(file)], check=True)


def rsync_t(file: Path) -> None:
    """rsync itself, where the machine has it; else the calls it makes: hidden temporary name, times, rename."""
    source = file.parents[3] / "elsewhere.yaml"
    source.write_text(NEW)
    before = file.stat()
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    if shutil.which("rsync"):
        subprocess.run(["rsync", "-t", "--checksum", str(source), str(file)], check=True)
        return
    draft = file.with_name(f".{file.name}.Xy12ab")
    draft.write_text(NEW)
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    draft.rename(file)


def tar_over(file: Path) -> None:
    """Unlinked and made anew under the same name with the old time."""
    before = file.stat()
    file.unlink()
    with file.open("w") as new:
        new.write(NEW)
        new.flush()
        os.utime(new.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("save", [vim_save, real_vim, vs_code_save, emacs_save, sed_in_place, cp_p, rsync_t, tar_over])
def test_a_save_is_one_update_and_no_other_card(board: Board, follower: Follower, save: Callable[[Path], None]) -> None:
    board.put(A, OLD)
    board.settled()
    mark = follower.mark()
    save(board.root / A)
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == [("task.updated", A)]
    assert follower.cards[A]["title"] == "new"
    assert board.runtime.source.status().missed == 0


def test_touching_and_permissions_do_not_make_a_card_blink(board: Board, follower: Follower) -> None:
    board.put(A, OLD)
    board.settled()
    mark = follower.mark()
    (board.root / A).chmod(0o600)
    os.link(board.root / A, board.root / "kept-elsewhere")
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == []


def test_of_two_writes_ten_milliseconds_apart_the_last_always_counts(board: Board, follower: Follower) -> None:
    for number in range(20):
        board.put(A, task_text("a", f"first {number}"))
        board.put(A, task_text("a", f"last {number}"))
        board.converged(follower)


def test_a_file_that_becomes_unreadable_keeps_its_last_content_beside_the_reason(
    board: Board, follower: Follower
) -> None:
    board.put(A, OLD)
    board.settled()
    mark = follower.mark()
    board.put(A, "id: a\ntitle: [broken\n")
    told = follower.wait_for("task.invalid", A)
    assert (told["task"]["title"], told["task"]["state"]) == ("old", "invalid")
    assert told["task"]["problem"]["line"] in (2, 3)
    board.put(A, NEW)
    board.settled()
    board.converged(follower)
    assert follower.about_tasks(mark) == [("task.invalid", A), ("task.updated", A)]

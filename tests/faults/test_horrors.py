"""FI-35: everything hostile at once. Each is a card without a look at the folder, and a neighbour updates meanwhile."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest

from tests.kit.boards import Board, task_text
from tests.kit.follower import Follower
from tests.kit.yaml_horrors import HORRORS

NEIGHBOUR = "assigned/pedro/neighbour.yaml"
VALID = {"honest-alias", "sexagesimal", "bad-date", "date", "nan-inf", "binary", "set", "norway", "duplicate-keys"}
VALID |= {"non-string-keys", "int-5000-digits"}
ODD_NAMES = (
    "..a.yaml",
    "...yaml",
    "a b.yaml",
    "%2e%2e%2f.yaml",
    "-rf.yaml",
    "a\nb.yaml",
    "<img src=x>.yaml",
    "é\u202e.yaml",
)


def drop(folder_path: str, name: str, make: Callable[[str], object]) -> str:
    make(os.path.join(folder_path, f"{name}.yaml"))
    return f"inbox/{name}.yaml"


def write(text: str | bytes) -> Callable[[str], None]:
    def make(path: str) -> None:
        with open(path, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    return make


def make_socket(path: str) -> None:
    here = os.open(os.path.dirname(path), os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/{os.path.basename(path)}")
    os.close(here)


SPECIAL: dict[str, Callable[[str], object]] = {
    "fifo": os.mkfifo,
    "socket": make_socket,
    "link-to-zero": lambda path: os.symlink("/dev/zero", path),
    "link-to-passwd": lambda path: os.symlink("/etc/passwd", path),
    "link-to-folder": lambda path: os.symlink("/etc", path),
    "link-to-itself": lambda path: os.symlink(os.path.basename(path), path),
    "link-to-nothing": lambda path: os.symlink("/nowhere/at/all", path),
    "folder": os.mkdir,
    "ten-megabytes": write(b"id: x\n" + b"#" * 10_000_000),
    "sparse": lambda path: (write("id: x\n")(path), os.truncate(path, 2**40)),
    "latin-1": write("id: x\ntitle: café".encode("latin-1")),
    "utf-16": write("id: x\n".encode("utf-16")),
    "nul": write(b"id: x\ntitle: \x00"),
}


def test_every_horror_at_once_is_a_card_by_its_hint_while_a_neighbour_is_edited(
    board: Board, follower: Follower
) -> None:
    board.put(NEIGHBOUR)
    board.converged(follower)
    inbox = str(board.only_hints().root / "inbox")
    made = [drop(inbox, name, write(text)) for name, text in HORRORS.items()]
    made += [drop(inbox, name, make) for name, make in SPECIAL.items()]
    for name in ODD_NAMES:
        write(task_text("odd"))(os.path.join(inbox, name))
    for number in range(10):
        board.put(NEIGHBOUR, task_text("neighbour", f"edit {number}"))
        follower.until(lambda n=number: follower.cards[NEIGHBOUR]["title"] == f"edit {n}", "the edit")
    wanted = set(made) - {"inbox/folder.yaml"}
    follower.until(lambda: wanted <= follower.cards.keys(), "a card for each")
    follower.until(lambda: all(follower.cards[path]["state"] != "writing" for path in wanted), "all read")
    shown = {path[6:-5]: follower.cards[path] for path in wanted}
    assert {name for name, card in shown.items() if card["state"] == "ok"} == VALID
    assert shown.pop("empty")["state"] == "settling"
    broken = [card for card in shown.values() if card["state"] == "invalid"]
    assert len(broken) == len(shown) - len(VALID)
    assert all(card["problem"]["reason"] for card in broken)
    assert board.runtime.source.failures == board.runtime.hub.failures == 0
    assert board.get("/api/tasks")[0] == 200


@pytest.mark.parametrize("name", [*HORRORS, *SPECIAL])
def test_each_horror_alone_is_told_of_by_its_hint(board: Board, follower: Follower, name: str) -> None:
    path = drop(str(board.only_hints().root / "inbox"), name, SPECIAL.get(name) or write(HORRORS.get(name, "")))
    if name != "folder":
        follower.until(lambda: path in follower.cards and follower.cards[path]["state"] != "writing", name)
    board.put(NEIGHBOUR)
    follower.wait_for("task.created", NEIGHBOUR)
    assert board.get("/api/file?path=" + path)[0] == (404 if name == "folder" else 200)
    assert board.runtime.source.failures == board.runtime.hub.failures == 0


def test_a_name_that_is_no_utf_8_is_a_problem_card_and_harms_no_cache(board: Board, follower: Follower) -> None:
    raw = os.fsencode(board.only_hints().root / "inbox") + b"/\xff\xfe.yaml"
    with open(raw, "w") as file:
        file.write(task_text("a"))
    told = follower.wait_for("task.invalid")
    assert "not UTF-8" in told["task"]["problem"]["reason"]
    board.runtime.source._intake.save()
    board.put("inbox/b.yaml")
    follower.wait_for("task.created", "inbox/b.yaml")
    os.unlink(raw)
    follower.until(lambda: list(follower.cards) == ["inbox/b.yaml"], "its end")
    board.settled()
    assert board.runtime.source.failures == 0


def test_a_clock_far_off_in_a_files_stamp_does_not_stop_the_board(board: Board, follower: Follower) -> None:
    board.put("inbox/a.yaml")
    for moment_s in (0, -(2**31), 2**33, 2**31):
        os.utime(board.root / "inbox/a.yaml", (moment_s, moment_s))
        board.settled()
    board.put("inbox/b.yaml")
    board.converged(follower)
    assert board.runtime.hub.failures == 0

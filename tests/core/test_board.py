import stat

import pytest

from llm_service.core.board import GRACE_S, Board
from llm_service.core.observations import FilesChanged, FileSeen
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import FileStamp, FileState, Problem, Status

GONE_S = GRACE_S * 1.01


def seen(path, text="", ino=1, mtime=1, **more):
    stamp = FileStamp(1, ino, 10, mtime * 10**9, mtime * 10**9, stat.S_IFREG)
    return FileSeen(path, stamp, read_content(text.encode()) if text else None, **more)


def told(changes):
    return [(change.event, change.card.path) for change in changes]


@pytest.fixture
def board():
    return Board()


def put(board, *files, gone=(), at=0.0):
    return board.apply(FilesChanged(tuple(files), tuple(gone)), at)


@pytest.mark.parametrize("path", ["inbox/a.yaml", "assigned/ann/a.yml", "done/ann/deep/a.yaml"])
def test_first_sight_anywhere_is_created(board, path):
    assert told(put(board, seen(path, "id: a"))) == [("task.created", path)]


@pytest.mark.parametrize("path", ["archive/a.yaml", "inbox/a.txt", "inbox/.a.yaml", "a.yaml", "done/.git/a.yaml"])
def test_what_is_not_on_the_board_makes_no_card(board, path):
    assert put(board, seen(path, "id: a")) == []
    assert board.cards == {}


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ("inbox/a.yaml", "assigned/ann/a.yaml", "task.assigned"),
        ("assigned/ann/a.yaml", "assigned/bob/a.yaml", "task.assigned"),
        ("assigned/ann/a.yaml", "done/ann/a.yaml", "task.completed"),
        ("inbox/a.yaml", "done/ann/a.yaml", "task.completed"),
        ("done/ann/a.yaml", "assigned/ann/a.yaml", "task.returned"),
        ("assigned/ann/a.yaml", "inbox/a.yaml", "task.returned"),
        ("inbox/a.yaml", "inbox/b.yaml", "task.updated"),
        ("done/ann/a.yaml", "done/bob/a.yaml", "task.updated"),
    ],
)
def test_a_move_is_one_event_named_by_its_direction(board, before, after, event):
    put(board, seen(before, "id: a"))
    changes = put(board, seen(after, "id: a", ino=2), gone=[before])
    assert told(changes) == [(event, after)]
    assert changes[0].old.path == before
    assert board.expire(10.0) == []
    assert list(board.cards) == [after]


def test_a_move_seen_in_two_looks_within_the_grace_is_still_one(board):
    put(board, seen("inbox/a.yaml", "id: a"))
    assert put(board, gone=["inbox/a.yaml"], at=1.0) == []
    assert told(put(board, seen("done/x/a.yaml", "id: a", ino=9), at=1.0 + GRACE_S / 2)) == [
        ("task.completed", "done/x/a.yaml")
    ]


def test_a_file_that_stays_away_is_removed_after_the_grace(board):
    put(board, seen("inbox/a.yaml", "id: a"))
    put(board, gone=["inbox/a.yaml"], at=1.0)
    assert board.expire(1.0 + GRACE_S / 2) == []
    assert "inbox/a.yaml" in board.cards
    assert told(board.expire(1.0 + GONE_S)) == [("task.removed", "inbox/a.yaml")]
    assert board.counts() == {"inbox": 0, "assigned": 0, "done": 0, "problems": 0}


def test_a_save_by_delete_and_create_is_one_update(board):
    put(board, seen("inbox/a.yaml", "id: a\ntitle: old"))
    put(board, gone=["inbox/a.yaml"], at=1.0)
    changes = put(board, seen("inbox/a.yaml", "id: a\ntitle: new", ino=7, mtime=2), at=1.1)
    assert told(changes) == [("task.updated", "inbox/a.yaml")]
    assert board.expire(9.0) == []


def test_a_reused_inode_does_not_make_another_task_a_move(board):
    put(board, seen("inbox/a.yaml", "id: a", ino=5))
    changes = put(board, seen("inbox/b.yaml", "id: b", ino=5), gone=["inbox/a.yaml"])
    assert told(changes) == [("task.created", "inbox/b.yaml")]


def test_a_new_file_on_a_reused_inode_does_not_inherit_what_lay_there(board):
    put(board, seen("inbox/old.yaml", "id: old\ntitle: secret", ino=5, mtime=1))
    put(board, seen("inbox/new.yaml", ino=5, mtime=2, state=FileState.SETTLING), gone=["inbox/old.yaml"])
    assert board.cards["inbox/new.yaml"].content is None


def test_an_unreadable_file_that_moves_is_followed_by_its_inode(board):
    broken = Problem("no", 1, 1)
    put(board, seen("inbox/a.yaml", ino=5, state=FileState.INVALID, problem=broken))
    changes = put(board, seen("done/x/a.yaml", ino=5, state=FileState.INVALID, problem=broken), gone=["inbox/a.yaml"])
    assert told(changes) == [("task.invalid", "done/x/a.yaml")]
    assert board.expire(9.0) == []


def test_a_broken_file_keeps_its_last_good_content(board):
    put(board, seen("inbox/a.yaml", "id: a\ntitle: good"))
    [change] = put(board, seen("inbox/a.yaml", mtime=2, state=FileState.INVALID, problem=Problem("bad", 3, 1)))
    assert change.event == "task.invalid"
    assert (change.card.title, change.card.problem.line) == ("good", 3)
    assert board.counts() == {"inbox": 1, "assigned": 0, "done": 0, "problems": 1}
    [change] = put(board, seen("inbox/a.yaml", "id: a\ntitle: mended", mtime=3))
    assert (change.event, change.card.problem) == ("task.updated", None)
    assert board.counts()["problems"] == 0


def test_a_shared_id_marks_every_file_and_unmarks_the_last(board):
    put(board, seen("inbox/a.yaml", "id: same"))
    changes = put(board, seen("done/x/b.yaml", "id: same", ino=2, mtime=5))
    assert told(changes) == [("task.created", "done/x/b.yaml"), ("task.updated", "inbox/a.yaml")]
    assert all(any(mark.field == "id" for mark in card.marks) for card in board.cards.values())
    assert [card.path for card in board.with_id("same")] == ["done/x/b.yaml", "inbox/a.yaml"]
    put(board, gone=["inbox/a.yaml"], at=1.0)
    assert told(board.expire(1.0 + GONE_S)) == [("task.removed", "inbox/a.yaml"), ("task.updated", "done/x/b.yaml")]
    assert board.cards["done/x/b.yaml"].marks == ()


def test_among_many_files_with_one_id_a_newcomer_changes_no_other_card(board):
    put(board, *[seen(f"inbox/{n}.yaml", "id: same", ino=n) for n in range(5)])
    assert told(put(board, seen("inbox/6.yaml", "id: same", ino=6))) == [("task.created", "inbox/6.yaml")]
    assert all([mark.field for mark in card.marks] == ["id"] for card in board.cards.values())


def test_a_twin_that_comes_back_in_time_marks_the_one_that_came_meanwhile(board):
    put(board, seen("inbox/a.yaml", "id: same"))
    put(board, gone=["inbox/a.yaml"], at=1.0)
    board.apply(FilesChanged((seen("done/x/b.yaml", "id: other", ino=2),)), 1.1)
    put(board, seen("inbox/a.yaml", "id: same", mtime=3), at=1.2)
    put(board, seen("done/x/b.yaml", "id: same", ino=2, mtime=4), at=1.3)
    assert all([mark.field for mark in card.marks] == ["id"] for card in board.cards.values())


@pytest.mark.parametrize(
    ("path", "text", "status", "marked"),
    [
        ("inbox/a.yaml", "status: new", Status.NEW, []),
        ("inbox/a.yaml", "status: done", Status.NEW, ["status"]),
        ("assigned/ann/a.yaml", "status: in-progress", Status.IN_PROGRESS, []),
        ("assigned/ann/a.yaml", "status: BLOCKED", Status.BLOCKED, []),
        ("assigned/ann/a.yaml", "status: error", Status.ERROR, []),
        ("assigned/ann/a.yaml", "status: inbox", Status.ASSIGNED, ["status"]),
        ("assigned/ann/a.yaml", "status: dreaming", Status.ASSIGNED, ["status"]),
        ("assigned/ann/a.yaml", "agent: bob", Status.ASSIGNED, ["agent"]),
        ("done/ann/a.yaml", "status: completed\nagent: ann", Status.DONE, []),
        ("done/ann/a.yaml", "status: error", Status.ERROR, []),
    ],
)
def test_the_folder_counts_and_what_disagrees_is_marked(board, path, text, status, marked):
    [change] = put(board, seen(path, f"id: a\n{text}"))
    assert change.card.status is status
    assert [mark.field for mark in change.card.marks] == marked


def test_a_file_straight_in_assigned_has_no_agent_yet(board):
    [change] = put(board, seen("assigned/a.yaml", "id: a"))
    assert change.card.agent == "unassigned"


def test_seeing_the_same_again_is_no_event(board):
    put(board, seen("inbox/a.yaml", "id: a"))
    assert put(board, seen("inbox/a.yaml", "id: a", ino=3)) == []


def test_many_departures_of_one_moment_end_together(board):
    put(board, *[seen(f"inbox/{n}.yaml", f"id: t{n}", ino=n) for n in range(50)])
    for n in range(50):
        put(board, gone=[f"inbox/{n}.yaml"], at=1.0 + n / 1000)
    assert len(board.expire(board.next_deadline_s())) == 50


def test_departures_without_end_are_told_while_they_go_on(board):
    put(board, *[seen(f"inbox/{n}.yaml", f"id: t{n}", ino=n) for n in range(50)])
    removed = 0
    for n in range(50):
        now = 1.0 + n * 0.09
        put(board, gone=[f"inbox/{n}.yaml"], at=now)
        removed += len(board.expire(now))
    assert removed > 25

"""One look over the folders: which files count, and nothing through links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from llm_service.sources.scanning import SLICE, scan
from tests.kit.boards import Folder


def test_only_task_files_in_the_three_columns_count(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    counted = {"inbox/a.yaml", "inbox/b.yml", "inbox/C.YAML", "inbox/sub/d.yaml", "assigned/p/q/e.yaml", "done/f.yaml"}
    ignored = (
        ".a.yaml",
        "a.yaml~",
        "a.yaml.swp",
        "4913",
        "a.yaml.tmp",
        "x.sync-conflict-1.yaml",
        "README.md",
        "a.json",
    )
    beside = ("top.yaml", "archive/a.yaml", "fridge/b.yaml", "inbox/.git/c.yaml", "inboxes/d.yaml")
    for path in [*counted, *beside, *(f"inbox/{name}" for name in ignored)]:
        folder.put(path, "id: x\n")
    assert scan(tmp_path).keys() == counted


def test_a_look_below_one_folder_sees_only_that(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for path in ("inbox/a.yaml", "assigned/p/b.yaml", "assigned/pq/c.yaml"):
        folder.put(path, "id: x\n")
    assert scan(tmp_path, "assigned/p").keys() == {"assigned/p/b.yaml"}
    assert scan(tmp_path, "done") == {}


def test_a_link_to_a_folder_is_found_as_itself_from_anywhere(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "board")
    outside = Folder(tmp_path / "outside")
    outside.put("deep/a.yaml", "id: x\n")
    folder.put("assigned/b.yaml", "id: b\n")
    (folder.root / "assigned/p").symlink_to(outside.root)
    (folder.root / "done").symlink_to(outside.root)
    assert scan(folder.root).keys() == {"assigned/b.yaml", "assigned/p", "done"}
    for below in ("assigned/p", "assigned/p/deep"):
        found = scan(folder.root, below)
        assert list(found) == ["assigned/p"]
        assert stat.S_ISLNK(found["assigned/p"].kind)


def test_a_link_that_leads_in_circles_ends(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("inbox/a.yaml", "id: a\n")
    (tmp_path / "inbox/loop").symlink_to(tmp_path / "inbox")
    assert scan(tmp_path).keys() == {"inbox/a.yaml", "inbox/loop"}


def test_a_stamp_tells_a_change_that_restores_size_and_time(tmp_path: Path) -> None:
    file = Folder(tmp_path).put("inbox/a.yaml", "id: a\n")
    before = scan(tmp_path)["inbox/a.yaml"]
    file.write_text("id: b\n")
    os.utime(file, ns=(before.mtime_ns, before.mtime_ns))
    after = scan(tmp_path)["inbox/a.yaml"]
    assert (before.size, before.mtime_ns) == (after.size, after.mtime_ns)
    assert before != after


def test_others_get_their_turn_between_slices(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for number in range(SLICE * 2 + 1):
        folder.put(f"inbox/{number}.yaml", "")
    turns: list[int] = []
    assert len(scan(tmp_path, between=lambda: turns.append(1))) == SLICE * 2 + 1
    assert len(turns) == 2

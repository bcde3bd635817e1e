"""The parse cache saves time and is never the truth: whatever is wrong with it, the board is right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_service.core.observations import FilesChanged
from llm_service.sources.filedoor import FileDoor
from llm_service.sources.parse_cache import ParseCache
from llm_service.sources.reader import Reader, Reading
from llm_service.sources.taskfiles import TaskFiles
from tests.kit.boards import Folder, task_text
from tests.kit.waiting import wait_until

LIMIT = 10_000


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def readings(folder: Folder, *texts: str) -> list[Reading]:
    found = []
    for number, text in enumerate(texts):
        folder.put(f"inbox/{number}.yaml", text)
        reading = Reader(FileDoor(folder.root, LIMIT)).read(f"inbox/{number}.yaml")
        assert reading is not None
        found.append(reading)
    return found


def test_what_was_saved_is_loaded_as_it_was(tmp_path: Path, cache_file: Path) -> None:
    rich = "id: a\ntitle: Ä\nagent: p\npriority: HIGH\nstatus: blocked\ncreated: 2026-01-02\ntags: [x, y]\nno: no\n"
    kept = readings(Folder(tmp_path / "work"), rich, "id: [", "", "id: b")
    ParseCache(cache_file, LIMIT).save(kept, [])
    loaded = ParseCache(cache_file, LIMIT).load()
    assert loaded == {reading.seen.path: reading for reading in kept}


def test_what_is_gone_leaves_the_cache(tmp_path: Path, cache_file: Path) -> None:
    cache = ParseCache(cache_file, LIMIT)
    cache.save(readings(Folder(tmp_path / "work"), "id: a", "id: b"), [])
    cache.save([], ["inbox/0.yaml"])
    assert list(cache.load()) == ["inbox/1.yaml"]


def test_another_versions_cache_counts_for_nothing_and_is_replaced(tmp_path: Path, cache_file: Path) -> None:
    (reading,) = readings(Folder(tmp_path / "work"), "id: a")
    ParseCache(cache_file, LIMIT).save([reading], [])
    other = ParseCache(cache_file, LIMIT * 2)
    assert other.load() == {}
    other.save([reading], [])
    assert (len(other.load()), ParseCache(cache_file, LIMIT).load()) == (1, {})


def garbage(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def folder_in_its_place(file: Path) -> None:
    file.mkdir()


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:3000])


def spoil(column: str, value: object) -> Callable[[Path], None]:
    def spoiled(file: Path) -> None:
        with sqlite3.connect(file) as db:
            db.execute(f"UPDATE parsed SET {column} = ?", (value,))
        db.close()

    spoiled.__name__ = f"{column} is {value!r}"
    return spoiled


SPOILED = [garbage, empty, folder_in_its_place, cut_short]
SPOILED += [spoil("content", value) for value in ("", "[]", "{}", "null", "[1,2,3]", '"x"', '{"state":"x"}', None)]
SPOILED += [spoil("stamp", value) for value in ("", "[]", "7", None)]


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda how: how.__name__)
def test_a_spoiled_cache_costs_time_and_nothing_else(tmp_path: Path, cache_file: Path, spoiled: Callable) -> None:
    folder = Folder(tmp_path / "work")
    ParseCache(cache_file, LIMIT).save(readings(folder, "id: a", "id: b"), [])
    if spoiled is folder_in_its_place:
        cache_file.unlink()
    spoiled(cache_file)
    assert cards(folder, cache_file) == {"inbox/0.yaml": "a", "inbox/1.yaml": "b"}


def test_a_row_whose_file_changed_meanwhile_is_not_believed(tmp_path: Path, cache_file: Path) -> None:
    folder = Folder(tmp_path / "work")
    ParseCache(cache_file, LIMIT).save(readings(folder, "id: a", "id: b", "id: c"), [])
    folder.put("inbox/1.yaml", "id: B")
    folder.remove("inbox/2.yaml")
    assert cards(folder, cache_file) == {"inbox/0.yaml": "a", "inbox/1.yaml": "B"}
    kept = {path: reading.seen.content.id for path, reading in ParseCache(cache_file, LIMIT).load().items()}
    assert kept == {"inbox/0.yaml": "a", "inbox/1.yaml": "B"}


def test_a_restart_reads_no_file_that_did_not_change(tmp_path: Path, cache_file: Path) -> None:
    folder = Folder(tmp_path / "work")
    for number in range(20):
        folder.put(f"inbox/{number}.yaml", task_text(f"t{number}"))
    first = cards(folder, cache_file)
    read: list[str] = []
    assert cards(folder, cache_file, read) == first
    assert read == []


def cards(folder: Folder, cache_file: Path, read: list[str] | None = None) -> dict[str, str | None]:
    """What a source over `folder` publishes from its start to the end of its first look."""
    published: list[object] = []
    source = TaskFiles(folder.root, published.append, max_bytes=LIMIT, cache=ParseCache(cache_file, LIMIT))
    if read is not None:
        real = source.door.read
        source.door.read = lambda path: (read.append(path), real(path))[1]  # type: ignore[method-assign]
    source.start()
    try:
        wait_until(lambda: not getattr(published[-1], "loading", True) if published else False, "a first look")
    finally:
        source.stop()
    assert source.failures == 0
    batches = [batch for batch in published if isinstance(batch, FilesChanged)]
    return {seen.path: seen.content.id if seen.content else None for batch in batches for seen in batch.seen}

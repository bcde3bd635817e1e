"""One board for a file's tests that only ask; the tests of what happens start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.board_fixtures import board, folder, follower, start_board  # noqa: F401
from tests.kit.boards import Board, Folder, running_board, task_text


@pytest.fixture(scope="module")
def small_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A running board with a task of every kind in it."""
    base = tmp_path_factory.mktemp("small")
    files = Folder(base / "work")
    rich = {"priority": "HIGH", "tags": "[ui, urgent]", "created": "2026-01-02", "created_by": "me"}
    files.put("inbox/a.yaml", task_text("a", "Alpha beta", agent="anna", description="'**bold** <b>x</b>'", **rich))
    files.put("inbox/b.yaml", task_text("b", "Beta", priority="low", depends_on="[a, nowhere]"))
    files.put("assigned/pedro/c.yaml", task_text("c", "Gamma", status="blocked", priority="critical"))
    files.put("assigned/d.yaml", task_text("d", "Delta", status="in_progress", tags="[ui]"))
    files.put("done/anna/e.yaml", task_text("e", "Epsilon", result="{artefacts: [out/x.txt]}", completed="2026-02-03"))
    files.put("done/anna/twin.yaml", task_text("twin"))
    files.put("done/pedro/twin.yaml", task_text("twin"))
    files.put("inbox/broken.yaml", "id: x\ntitle: [\n")
    files.put("inbox/empty.yaml", "")
    files.put("done/anna/odd.yaml", task_text("odd", n=".nan", when="2026-13-45", big="9" * 400))
    with running_board(files.root, base / "state") as running:
        yield running

"""The REST routes over a running board: what is where, what a query selects, what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kit.boards import Board, Folder, task_text


def ids(page: dict, column: str) -> list[str | None]:
    return [card["id"] for card in page["columns"][column]["cards"]]


def test_health_is_three_fields_and_says_so_to_anybody(small_board: Board) -> None:
    status, health = small_board.get("/health")
    assert (status, list(health)) == (200, ["status", "service", "timestamp"])
    assert (health["status"], health["service"]) == ("healthy", "llm-service-dashboard")


def test_tasks_are_their_files_own_fields_by_column_and_agent(small_board: Board) -> None:
    lists = small_board.get("/api/tasks")[1]
    inbox = {task["id"]: task for task in lists["inbox"]}
    assert sorted(inbox) == ["a", "b"]
    assert {agent: [task["id"] for task in tasks] for agent, tasks in lists["assigned"].items()} == {
        "pedro": ["c"],
        "unassigned": ["d"],
    }
    alpha = inbox["a"]
    assert (alpha["created_by"], alpha["description"]) == ("me", "**bold** <b>x</b>")
    assert (alpha["priority"], alpha["created_at"]) == ("high", "2026-01-02T00:00:00.000Z")
    assert sorted(lists["done"]) == ["anna", "pedro"]
    assert [(row["path"], row["line"]) for row in lists["problems"]] == [("inbox/broken.yaml", 3)]


def test_done_can_be_left_out(small_board: Board) -> None:
    lists = small_board.get("/api/tasks?include_done=false")[1]
    assert len(lists["inbox"]) == 2
    assert not lists.get("done")


def test_slim_tasks_are_exactly_the_cards(small_board: Board) -> None:
    slim = small_board.get("/api/tasks?fields=card")[1]
    cards = small_board.get("/api/board")[1]["columns"]
    by_path = {card["path"]: card for column in cards.values() for card in column["cards"]}
    tasks = [
        *slim["inbox"],
        *(task for agents in (slim["assigned"], slim["done"]) for a in agents.values() for task in a),
    ]
    assert all(by_path[task["path"]] == task for task in tasks)
    assert len(tasks) == 8


def test_a_task_is_found_by_its_id_with_everything_its_dialog_shows(small_board: Board) -> None:
    detail = small_board.get("/api/tasks/a")[1]
    assert detail["card"]["path"] == "inbox/a.yaml"
    assert detail["html"]["description"].startswith("<p><strong>bold</strong> &lt;b&gt;")
    assert detail["raw"].startswith("id: a\n")
    assert detail["absolute_path"] == str(small_board.root / "inbox/a.yaml")
    assert detail["move_command"].startswith("llm-service task move ")
    assert detail["move_command"].endswith(" inbox/a.yaml assigned --agent anna")
    assert [(stamp["what"], stamp["by"]) for stamp in detail["history"]] == [("created", "me")]


def test_dependencies_are_linked_to_their_cards_where_there_are_any(small_board: Board) -> None:
    first, second = small_board.get("/api/tasks/b")[1]["dependencies"]
    assert (first["id"], first["path"], first["column"], first["title"]) == ("a", "inbox/a.yaml", "inbox", "Alpha beta")
    assert (second["id"], second["path"]) == ("nowhere", None)


def test_of_two_files_with_one_id_the_one_changed_last_answers_and_names_the_other(board: Board) -> None:
    follower = board.follow()
    board.put("done/anna/one.yaml", task_text("same", "one"))
    board.converged()
    board.put("done/pedro/two.yaml", task_text("same", "two"))
    board.converged()
    detail = board.get("/api/tasks/same")[1]
    assert (detail["card"]["title"], detail["also_at"]) == ("two", ["done/anna/one.yaml"])
    board.put("done/anna/one.yaml", task_text("same", "one again"))
    follower.until(lambda: board.get("/api/tasks/same")[1]["card"]["title"] == "one again", "the other one")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "inbox/../../x", "/etc/passwd", "inbox/none.yaml", "inbox", "%00", "inbox/a.yaml%00"]
)
def test_a_file_that_is_no_card_is_not_served(small_board: Board, path: str) -> None:
    assert small_board.get(f"/api/file?path={path}")[0] == 404
    assert small_board.get(f"/api/tasks/{path.lstrip('/')}")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/portfolio", 404),
        ("PATCH", "/api/tasks/a", 404),
        ("PATCH", "/api/tasks/a/status", 404),
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/nothing", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_what_this_version_does_not_have_is_not_found(small_board: Board, method: str, path: str, status: int) -> None:
    got, body = small_board.get(path, method=method)
    assert (got, list(body)) == (status, ["error"])


def test_a_method_that_an_address_does_not_take_is_named_with_those_it_does(small_board: Board) -> None:
    said = {"error": "DELETE is not taken at this address; allowed: GET"}
    assert small_board.get("/api/stats", method="DELETE") == (405, said)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=beta", {"a", "b"}),
        ("q=ALPHA beta", {"a"}),
        ("q=pedro", {"c", "twin"}),
        ("q=urgent", {"a"}),
        ("q=zeta", set()),
        ("agent=anna", {"a", "e", "twin", "odd"}),
        ("agent=pedro,unassigned", {"c", "d", "twin"}),
        ("priority=critical", {"c"}),
        ("priority=high,low", {"a", "b"}),
        ("status=blocked,in_progress", {"c", "d"}),
        ("tag=ui", {"a", "d"}),
        ("tag=ui&priority=high", {"a"}),
    ],
)
def test_a_query_selects_the_cards_that_match(small_board: Board, query: str, expected: set[str]) -> None:
    page = small_board.get("/api/board?" + query.replace(" ", "%20"))[1]
    found = {task_id for column in page["columns"] for task_id in ids(page, column) if task_id}
    assert found == expected
    unfiltered = small_board.get("/api/board")[1]
    assert page["counts"] == unfiltered["counts"]
    for column, answer in page["columns"].items():
        assert answer["total"] == len([task_id for task_id in ids(page, column) if task_id])


def test_facets_say_what_each_filter_would_show(small_board: Board) -> None:
    facets = small_board.get("/api/board?priority=high,low")[1]["facets"]
    assert facets["priorities"]["critical"] == 1, "its own filter does not count against a value"
    assert facets["tags"] == {"ui": 1, "urgent": 1}
    assert "facets" not in small_board.get("/api/board?column=inbox")[1]


@pytest.mark.parametrize(
    "query",
    [
        "column=x",
        "sort=x",
        "priority=urgnt",
        "status=x",
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=abc",
        "column=inbox&cursor=%00",
    ],
)
def test_a_query_that_cannot_be_used_says_what_is_allowed(small_board: Board, query: str) -> None:
    status, body = small_board.get("/api/board?" + query)
    assert (status, list(body)) == (400, ["error"])


@pytest.mark.parametrize("sort", ["age", "priority", "updated"])
def test_cursors_walk_a_column_once_from_end_to_end(
    folder: Folder, start_board: Callable[..., Board], sort: str
) -> None:
    for number in range(25):
        priority = ("critical", "high", "low")[number % 3]
        folder.put(
            f"inbox/t{number}.yaml", task_text(f"t{number}", priority=priority, created=f"2026-01-{number % 5 + 1:02}")
        )
    board = start_board()
    seen: list[str] = []
    cursor = ""
    while True:
        page = board.get(f"/api/board?column=inbox&sort={sort}&limit=7{cursor}")[1]["columns"]["inbox"]
        assert page["total"] == 25
        seen += [card["path"] for card in page["cards"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    whole = board.get(f"/api/board?column=inbox&sort={sort}")[1]["columns"]["inbox"]["cards"]
    assert seen == [card["path"] for card in whole]
    assert len(set(seen)) == 25
    key = {"age": "created_at", "updated": "updated_at"}.get(sort)
    if key:
        assert [card[key] for card in whole] == sorted((card[key] for card in whole), reverse=True)
    else:
        assert [card["priority"] for card in whole] == ["critical"] * 9 + ["high"] * 8 + ["low"] * 8


def test_a_cursor_stays_good_when_its_card_is_gone(board: Board) -> None:
    follower = board.follow()
    for number in range(5):
        board.put(f"inbox/t{number}.yaml", task_text(f"t{number}", created=f"2026-01-0{number + 1}"))
    board.converged()
    page = board.get("/api/board?column=inbox&limit=2")[1]["columns"]["inbox"]
    board.remove("inbox/t3.yaml")
    follower.wait_for("task.removed")
    rest = board.get(f"/api/board?column=inbox&limit=9&cursor={page['next']}")[1]["columns"]["inbox"]["cards"]
    assert [card["id"] for card in rest] == ["t2", "t1", "t0"]


def test_stats_count_what_lies_where(small_board: Board) -> None:
    small_board.runtime.telemetry.opened()
    stats = small_board.get("/api/stats")[1]
    assert stats["tasks"] == {"inbox": 2, "assigned": 2, "done": 4, "total": 8}
    assert stats["costs"] == {"today": 0.0, "month": 0.0, "total": 0.0}
    assert stats["unpriced"] == {"invocations": 0, "tokens": 0}


def test_a_file_broken_after_it_was_read_is_a_task_and_a_problem(board: Board) -> None:
    follower = board.follow()
    board.put("inbox/a.yaml", task_text("a", "good"))
    follower.wait_for("task.created")
    board.put("inbox/a.yaml", "id: [")
    follower.wait_for("task.invalid")
    lists = board.get("/api/tasks")[1]
    assert [(task["title"], task["state"]) for task in lists["inbox"]] == [("good", "invalid")]
    assert [row["path"] for row in lists["problems"]] == ["inbox/a.yaml"]
    assert board.get("/api/stats")[1]["tasks"]["inbox"] == 1


def test_answers_are_points_of_the_stream(board: Board) -> None:
    follower = board.follow()
    board.put("inbox/a.yaml")
    event = follower.wait_for("task.created")
    for path in ("/api/board", "/api/tasks", "/api/tasks/a", "/api/file?path=inbox/a.yaml"):
        body = board.get(path)[1]
        assert (body["epoch"], body["seq"]) == (event["epoch"], event["seq"])
    assert board.get("/api/activity")[1]["entries"][0]["path"] == "inbox/a.yaml"

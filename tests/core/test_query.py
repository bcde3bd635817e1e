import stat

import pytest

from llm_service.core.board import Board
from llm_service.core.observations import FilesChanged, FileSeen
from llm_service.core.query import BadQuery, Query, Sort, decode_cursor, select
from llm_service.core.taskfile import read_content
from llm_service.core.tasks import Column, FileStamp, FileState, Problem


def board_of(*rows):
    board = Board()
    seen = []
    for number, (path, text) in enumerate(rows):
        stamp = FileStamp(1, number, 5, number * 10**9, 0, stat.S_IFREG)
        content = read_content(text.encode()) if text else None
        problem = None if text else Problem("not valid YAML", 1, 1)
        state = FileState.OK if text else FileState.INVALID
        seen.append(FileSeen(path, stamp, content, state, problem))
    board.apply(FilesChanged(tuple(seen)), 0.0)
    return list(board.cards.values())


CARDS = board_of(
    ("inbox/a.yaml", "id: a\ntitle: Alpha Größe\npriority: low\ncreated_at: 2026-01-01\ntags: [red]\nagent: ann"),
    ("inbox/b.yaml", "id: b\ntitle: Beta\npriority: critical\ncreated_at: 2026-01-02\ntags: [red, blue]"),
    ("assigned/ann/c.yaml", "id: c\ntitle: Gamma\npriority: high\ncreated_at: 2026-01-03\nstatus: blocked"),
    ("done/bob/d.yaml", "id: d\ntitle: Delta\npriority: high\ncreated_at: 2026-01-04"),
)


def ids(query):
    pages, _ = select(CARDS, query)
    return [card["id"] for column in pages.values() for card in column["cards"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), ["b", "a", "c", "d"]),
        (Query(words=("alpha",)), ["a"]),
        (Query(words=("größe".casefold(),)), ["a"]),
        (Query(words=("red", "beta")), ["b"]),
        (Query(words=("bob",)), ["d"]),
        (Query(agents=frozenset({"ann"})), ["a", "c"]),
        (Query(priorities=frozenset({"high"})), ["c", "d"]),
        (Query(statuses=frozenset({"blocked", "done"})), ["c", "d"]),
        (Query(tags=frozenset({"blue"})), ["b"]),
        (Query(columns=(Column.DONE,)), ["d"]),
        (Query(agents=frozenset({"nobody"})), []),
        (Query(columns=(Column.INBOX,), sort=Sort.PRIORITY), ["b", "a"]),
        (Query(columns=(Column.INBOX,), sort=Sort.UPDATED), ["b", "a"]),
    ],
)
def test_search_filters_and_sorts(query, found):
    assert ids(query) == found


def test_a_filter_offers_what_would_be_found_with_it_alone_changed():
    _, facets = select(CARDS, Query(priorities=frozenset({"high"})))
    assert facets["priorities"] == {"low": 1, "critical": 1, "high": 2}
    assert facets["agents"] == {"ann": 1, "bob": 1}
    assert facets["statuses"] == {"blocked": 1, "done": 1}


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_each_other_without_gap_or_repeat(sort):
    cards = board_of(
        *[
            (f"inbox/{n}.yaml", f"id: t{n}\ncreated_at: 2026-01-{n % 9 + 1:02}\npriority: {'high' if n % 2 else 'low'}")
            for n in range(57)
        ]
    )
    whole = select(cards, Query(columns=(Column.INBOX,), sort=sort))[0]["inbox"]["cards"]
    paged, after = [], None
    while True:
        page = select(cards, Query(columns=(Column.INBOX,), sort=sort, after=after, limit=10))[0]["inbox"]
        paged += page["cards"]
        if page["next"] is None:
            break
        after = decode_cursor(page["next"], sort)
    assert paged == whole
    assert page["total"] == 57


@pytest.mark.parametrize("text", ["", "x", "W10", "ImEi", "WzEsMl0", "W1tb" * 1000, "A" * 9000])
def test_a_foreign_cursor_is_refused_with_a_sentence(text):
    with pytest.raises(BadQuery, match="cursor"):
        decode_cursor(text, Sort.AGE)


def test_only_files_with_a_problem_are_asked_for():
    cards = board_of(
        ("inbox/a.yaml", "id: a\ntitle: Alpha"),
        ("inbox/bad.yaml", None),
        ("done/bob/worse.yaml", None),
    )
    pages, _ = select(cards, Query(problem=True))
    assert [card["path"] for page in pages.values() for card in page["cards"]] == [
        "inbox/bad.yaml",
        "done/bob/worse.yaml",
    ]
    assert (pages["inbox"]["total"], pages["inbox"]["problems"]) == (0, 1)

"""A name is a key, or an id while only one server gave it; wherever the thing lies."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from llm_service.core.named import Place, SeveralKeys, named


def place(things: Mapping[str, str]) -> Place[str]:
    return Place(things.get, lambda bare_id: [key for key in things if key.partition(":")[2] == bare_id])


LIVE = place({"a:1": "live 1", "a:2": "live 2", "a:b:1": "live, with a colon in its id"})
KEPT = place({"a:1": "kept 1", "b:2": "kept 2", "a:3": "kept 3", "b:a:1": "kept, called like a key"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a:1", "live 1"),
        ("1", "live 1"),
        ("a:3", "kept 3"),
        ("3", "kept 3"),
        ("b:1", "live, with a colon in its id"),
        ("b:a:1", "kept, called like a key"),
        ("4", None),
        ("", None),
        ("a:", None),
    ],
)
def test_the_thing_that_a_name_means(name: str, found: str | None) -> None:
    assert named("run", name, [LIVE, KEPT]) == found


def test_an_id_of_two_servers_needs_its_key() -> None:
    with pytest.raises(SeveralKeys) as refused:
        named("run", "2", [LIVE, KEPT])
    assert refused.value.keys == ["a:2", "b:2"]
    assert str(refused.value) == "2 servers have a run 2; ask by one of the keys a:2, b:2"

"""Addresses of things whose names come from elsewhere."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from llm_service.core.page_links import job_link, run_link


@pytest.mark.parametrize("key", ["spark:run_1", "spark:a&b=c#d?e", "spark:50 %", "spark:ü/\u202e", "spark:\ud800"])
def test_a_key_is_one_part_of_the_address_whatever_it_holds(key: str) -> None:
    for link, head in ((run_link(key), "#run="), (job_link(key), "#job=")):
        assert link.startswith(head)
        tail = link.removeprefix(head)
        assert not set(tail) & set("&#?= /")
        assert unquote(tail, errors="replace") == key.encode("utf-8", "replace").decode()


def test_a_plain_key_stays_readable() -> None:
    assert run_link("spark:run_8f3a1c20") == "#run=spark:run_8f3a1c20"

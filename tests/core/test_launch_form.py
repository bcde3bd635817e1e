"""A launch is judged whole before anything is sent (form facts: PROTOCOLS 1.2)."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.runs.launch_form import LaunchRefused, read_launch

LEAST = {"batch": "b1", "model": "gpt-4o", "domain": "AWS IAM"}


def wrong(form: Any, sources: tuple[str, ...] = ("spark",)) -> dict[str, str]:
    with pytest.raises(LaunchRefused) as refused:
        read_launch(form, sources)
    return refused.value.fields


def test_the_least_form_has_the_servers_own_defaults() -> None:
    launching = read_launch(LEAST, ("spark",))
    assert (launching.source, launching.workers, launching.batch) == ("spark", 1, "b1")
    assert launching.body == {
        "task": "Generate 100 Q&A Pairs examples for domain: AWS IAM",
        "model": "gpt-4o",
        "max_iter": 20,
        "queued": False,
        "config": {"temperature": 0.8, "domain": "AWS IAM", "count": 100},
    }


def test_everything_given_is_sent() -> None:
    form = {
        **LEAST,
        "source": "b",
        "task": "  Do this ",
        "type": "code",
        "count": 5,
        "node": "linux",
        "workers": 18,
        "max_iter": 7,
        "temperature": 0,
        "queued": True,
        "system_prompt": "Be brief.\nAnd kind.",
    }
    launching = read_launch(form, ("a", "b"))
    assert (launching.source, launching.workers) == ("b", 18)
    assert launching.body == {
        "task": "Do this",
        "model": "gpt-4o",
        "max_iter": 7,
        "queued": True,
        "config": {
            "temperature": 0.0,
            "domain": "AWS IAM",
            "type": "code",
            "count": 5,
            "node": "linux",
            "system_prompt": "Be brief.\nAnd kind.",
        },
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch", ""),
        ("batch", None),
        ("batch", 7),
        ("batch", "x" * 101),
        ("batch", "a\nb"),
        ("model", "  "),
        ("model", ["gpt-4o"]),
        ("source", "nobody"),
        ("type", "poem"),
        ("type", 3),
        ("domain", ""),
        ("domain", {}),
        ("count", 0),
        ("count", 10_001),
        ("count", 1.5),
        ("count", "ten"),
        ("count", True),
        ("workers", 0),
        ("workers", 19),
        ("workers", float("nan")),
        ("max_iter", 201),
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", "hot"),
        ("queued", "yes"),
        ("system_prompt", "x" * 20_001),
        ("system_prompt", "\x00"),
        ("task", "x" * 4_001),
        ("color", "red"),
    ],
)
def test_each_wrong_field_has_a_sentence_that_names_it(field: str, value: object) -> None:
    fields = wrong({**LEAST, field: value})
    assert list(fields) == [field]
    assert field in fields[field]


def test_all_wrong_fields_are_told_at_once() -> None:
    assert set(wrong({"workers": 99, "temperature": "x"})) == {"workers", "temperature", "batch", "model", "domain"}


@pytest.mark.parametrize("form", [None, [], "x", 7])
def test_what_is_no_form_is_refused_with_an_example(form: object) -> None:
    assert "batch" in wrong(form)


def test_the_server_must_be_named_only_where_there_are_several() -> None:
    assert "a, b" in wrong(LEAST, ("a", "b"))["source"]
    assert "--bobspark" in wrong(LEAST, ())["source"]
    assert read_launch({**LEAST, "source": ""}, ("a",)).source == "a"


def test_a_task_of_its_own_needs_no_domain() -> None:
    assert read_launch({"batch": "b", "model": "m", "task": "Do it"}, ("s",)).task == "Do it"

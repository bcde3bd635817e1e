import subprocess
import sys
import time

import pytest

from llm_service.core.yamltext import MAX_DEPTH, MAX_NODES, Unreadable, read_mapping
from tests.kit.yaml_horrors import HORRORS


def refused(text):
    with pytest.raises(Unreadable) as caught:
        read_mapping(text)
    return caught.value.problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("hello", "hello"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("2026-02-05", "2026-02-05"),
        ("2026-02-05 10:11:12+01:00", "2026-02-05 10:11:12+01:00"),
        ("2-3", "2-3"),
        ("2026-06-24T0755-ann-362", "2026-06-24T0755-ann-362"),
        ("2026-06-24 by noon", "2026-06-24 by noon"),
        ("v1.10", "v1.10"),
        (".", "."),
    ],
)
def test_a_scalar_that_survives_the_round_trip_is_typed_and_unmarked(written, value):
    document = read_mapping(f"a: {written}")
    assert document.values == {"a": value}
    assert document.marks == ()


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "yes",
        "On",
        "OFF",
        "1.10",
        "012",
        "0x1F",
        "1_000",
        "12:30:45",
        ".nan",
        "-.inf",
        "99999999999999999999",
        "2026-13-45",
    ],
)
def test_what_yaml_readers_disagree_on_is_kept_as_written_and_marked(written):
    document = read_mapping(f"id: x\na: {written}")
    assert document.values["a"] == written
    [mark] = document.marks
    assert (mark.field, mark.text, mark.line) == ("a", written, 2)


def test_a_number_of_5000_digits_is_text_with_a_mark_and_no_exception():
    document = read_mapping(HORRORS["int-5000-digits"])
    assert document.values["n"] == "9" * 5000
    assert document.marks[0].field == "n"


def test_plain_aliases_as_safe_dump_writes_them_are_read():
    document = read_mapping("a: &x {k: [1, 2]}\nb: *x\nc: &y text\nd: *y\n")
    assert document.values == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": "text", "d": "text"}


def test_sets_are_lists_and_binary_stays_text():
    document = read_mapping("s: !!set {a, b}\nx: !!binary aGVsbG8=")
    assert document.values == {"s": ["a", "b"], "x": "aGVsbG8="}
    assert [mark.field for mark in document.marks] == ["x"]


def test_keys_are_text_as_written_and_the_last_of_two_counts():
    document = read_mapping("1: a\ntrue: b\nnull: c\nk: first\nk: second")
    assert document.values == {"1": "a", "true": "b", "null": "c", "k": "second"}
    [mark] = document.marks
    assert (mark.field, mark.line) == ("k", 5)


def test_lines_are_those_of_the_top_level_keys():
    assert read_mapping("---\n# note\na: 1\nb:\n  c: 2\nd: 3").lines == {"a": 3, "b": 4, "d": 6}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("id: x\ntitle: fix: the bug", "put a value that holds ': ' in quotes"),
        ("id: x\ntitle: @ann do it", "put a value that begins with such a character in quotes"),
        ("id: x\na:\n\tb: 1", "indent with blanks, not with tabs"),
        ("id: a\n\ttitle: x\n", "indent with blanks, not with tabs"),
        ("id: x\na: {b", "a bracket or a brace is not closed"),
        ('id: x\na: "b', "a quote is not closed"),
        ("id: x\na: 'it's'\n", "look at the quotes and the indentation up to here"),
    ],
)
def test_a_common_slip_is_told_with_what_mends_it(text, advice):
    assert refused(text).reason.endswith(f"; {advice}")


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: [1, 2", "not valid YAML", None),
        ("id: x\na:\n\tb: 1", "cannot start any token", 3),
        ("id: x\na: \x00", "control characters", 2),
        ("- a\n- b", "this one is a list", 1),
        ("just text", "this one is a single value", 1),
        ("", "empty", 1),
        ("# only a comment\n", "empty", 1),
        ("id: a\n---\nid: b", "more than one YAML document", 2),
        ('id: x\nx: !!python/object/apply:os.system ["id"]', "tag !!python/object/apply:os.system", 2),
        ("id: x\nx: !secret 1", "tag !secret", 2),
        ("? [a, b]\n: 1", "a key must be plain text", 1),
        ("{[a]: 1}", "a key must be plain text", 1),
        ("a: &k x\n*k : 1", "not an alias", 2),
        ("id: x\na: &a [*a]", "contains itself", 2),
        ("a: *nowhere", "", 1),
        ("b: &b {k: v}\nc:\n  <<: *b\n", "merge keys", 3),
        ("b: &b {k: v}\nc: {<<: [*b, *b]}\n", "merge keys", 2),
        ('id: x\na: "\\uD800"', "", 2),
    ],
)
def test_what_is_not_one_plain_mapping_is_refused_with_its_place(text, reason, line):
    problem = refused(text)
    assert reason in problem.reason
    if line is not None:
        assert problem.line == line
        assert problem.char is not None
        assert problem.char >= 1


def test_depth_is_allowed_to_the_limit_and_refused_beyond():
    inner = MAX_DEPTH - 1
    assert read_mapping("a: " + "[" * inner + "]" * inner).values
    assert "levels deep" in refused("a: " + "[" * (inner + 1) + "]" * (inner + 1)).reason


def test_aliases_count_as_what_they_stand_for():
    twenty = "a: &a [" + ",".join("x" * 20) + "]\n"
    fine = twenty + "b: [" + ",".join(["*a"] * 900) + "]"
    assert len(read_mapping(fine).values["b"]) == 900
    assert f"{MAX_NODES:,} values" in refused(twenty + "b: [" + ",".join(["*a"] * 1000) + "]").reason


def test_an_alias_to_a_long_text_cannot_multiply_bytes():
    text = "a: &a " + "x" * 100_000 + "\nb: [" + ",".join(["*a"] * 20) + "]"
    assert "1 MiB of text" in refused(text).reason


@pytest.mark.parametrize("name", sorted(HORRORS))
def test_every_horror_ends_at_once(name):
    began = time.thread_time()
    try:
        read_mapping(HORRORS[name][:262_144])
    except Unreadable:
        pass
    assert time.thread_time() - began < 2.0


def test_nesting_that_crashes_the_library_is_refused_in_a_process_that_lives_on():
    code = (
        "from llm_service.core.yamltext import read_mapping, Unreadable\n"
        "try: read_mapping('[' * 100_000)\n"
        "except Unreadable as error: print(error.problem.reason)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "levels deep" in done.stdout

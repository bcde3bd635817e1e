import pytest

from llm_service.core.taskfile import read_content, read_document
from llm_service.core.tasks import Priority
from llm_service.core.yamltext import Unreadable


def content(text):
    return read_content(text.encode())


@pytest.mark.parametrize("written", ["high", "HIGH", "High", " high "])
def test_priority_is_read_in_any_letter_case(written):
    task = content(f"id: x\npriority: '{written}'")
    assert task.priority is Priority.HIGH
    assert task.marks == ()


@pytest.mark.parametrize("written", ["urgnt", "3", "[high]", "true"])
def test_an_unknown_priority_is_normal_with_a_mark(written):
    task = content(f"id: x\npriority: {written}")
    assert task.priority is Priority.NORMAL
    assert [(mark.field, mark.line) for mark in task.marks] == [("priority", 2)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-02-10T11:04:44Z", "2026-02-10T11:04:44.000Z"),
        ("2026-02-10 11:04:44", "2026-02-10T11:04:44.000Z"),
        ("2026-02-10 11:04:44+02:00", "2026-02-10T09:04:44.000Z"),
        ("2026-02-10 11:04:44 -5", "2026-02-10T16:04:44.000Z"),
        ("2026-01-31T06:38:02.607040Z", "2026-01-31T06:38:02.607Z"),
        ("2026-02-10", "2026-02-10T00:00:00.000Z"),
        ("2026-02-10T11:04", "2026-02-10T11:04:00.000Z"),
    ],
)
@pytest.mark.parametrize("field", ["created_at", "created"])
def test_times_are_utc_whatever_the_spelling(field, written, read):
    assert content(f"id: x\n{field}: {written}").created_at == read


@pytest.mark.parametrize("written", ["yesterday", "12", "2026-13-45", "[]"])
def test_what_is_no_time_is_marked_and_unknown(written):
    task = content(f"id: x\nstarted_at: {written}")
    assert task.started_at is None
    assert {mark.field for mark in task.marks} == {"started_at"}


def test_the_first_spelling_that_is_a_time_counts():
    assert content("id: x\ncreated_at: null\ncreated: 2026-02-10").created_at == "2026-02-10T00:00:00.000Z"


@pytest.mark.parametrize("text", ["title: x", "id:", "id: ''", "id: '  '", "id: null"])
def test_a_file_without_an_id_is_refused(text):
    with pytest.raises(Unreadable, match="'id' is missing or empty"):
        content(text)


@pytest.mark.parametrize("written", ["[1, 2]", "{a: 1}"])
def test_an_id_that_is_no_text_is_refused(written):
    with pytest.raises(Unreadable, match="'id' should be text"):
        content(f"title: x\nid: {written}")


def test_an_id_that_is_too_long_is_cut_with_a_mark():
    task = content("id: " + "x" * 300)
    assert task.id == "x" * 200
    assert [mark.field for mark in task.marks] == ["id"]


def test_an_id_that_is_a_number_is_its_text():
    assert content("id: 42").id == "42"


def test_latin_1_is_refused_with_the_place_of_the_byte():
    with pytest.raises(Unreadable) as caught:
        read_content("id: x\ntitle: caf\xe9".encode("latin-1"))
    assert (caught.value.problem.line, caught.value.problem.char) == (2, 11)
    assert "0xe9" in caught.value.problem.reason


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read_content("\ufeffid: x".encode()).id == "x"


def test_the_size_limit_is_in_bytes_and_names_both_sizes():
    with pytest.raises(Unreadable, match="more than the limit of 1 KiB"):
        read_document(b"id: x\na: " + b"x" * 1100, max_bytes=1024)


def test_unknown_fields_are_kept_as_they_are():
    values = read_document(b"id: x\nfancy: {deep: [1, two]}").values
    assert values["fancy"] == {"deep": [1, "two"]}


@pytest.mark.parametrize(
    ("written", "tags", "marked"),
    [
        ("[a, b, a]", ("a", "b"), False),
        ("a, b", ("a", "b"), False),
        ("[1, true]", ("1", "true"), False),
        ("{a: 1}", (), True),
        ("[[a]]", (), True),
    ],
)
def test_tags_are_words_or_marked(written, tags, marked):
    task = content(f"id: x\ntags: {written}")
    assert task.tags == tags
    assert bool(task.marks) is marked

"""The bytes of a task file to what the board and the dialog need: the only reader of raw documents.

A file is a task when it is one UTF-8 YAML mapping with a non-empty ``id``. Everything else is read leniently: an odd
value becomes a mark beside the text as written, never a refusal.
"""

from __future__ import annotations

from collections.abc import Callable

from llm_service.core.tasks import Mark, Priority, Problem, Status, TaskContent
from llm_service.core.times import parse_time
from llm_service.core.yamltext import Document, Unreadable, Value, read_mapping

READER_VERSION = 1
"""Part of the parse cache's key: raise it whenever the same bytes would read differently."""
MAX_BYTES = 262_144
MAX_ID = 200
MAX_TITLE = 300
MAX_AGENT = 100
MAX_TAGS = 20

TIME_FIELDS: dict[str, tuple[str, ...]] = {
    "created_at": ("created_at", "created", "date_created"),
    "assigned_at": ("assigned_at", "assigned"),
    "started_at": ("started_at", "started"),
    "completed_at": ("completed_at", "completed", "finished_at", "done_at"),
}
_STATUS_WORDS = {
    "new": Status.NEW,
    "inbox": Status.NEW,
    "open": Status.NEW,
    "todo": Status.NEW,
    "pending": Status.NEW,
    "backlog": Status.NEW,
    "assigned": Status.ASSIGNED,
    "in_progress": Status.IN_PROGRESS,
    "started": Status.IN_PROGRESS,
    "active": Status.IN_PROGRESS,
    "doing": Status.IN_PROGRESS,
    "blocked": Status.BLOCKED,
    "waiting": Status.BLOCKED,
    "error": Status.ERROR,
    "failed": Status.ERROR,
    "done": Status.DONE,
    "completed": Status.DONE,
    "complete": Status.DONE,
    "finished": Status.DONE,
    "closed": Status.DONE,
}

_Odd = Callable[[str, Value, str], None]


def read_document(data: bytes, max_bytes: int = MAX_BYTES) -> Document:
    """The whole mapping of a task file as written. Raises `Unreadable`."""
    if len(data) > max_bytes:
        raise Unreadable(too_large(len(data), max_bytes))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        char = error.start - (before.rfind(b"\n") + 1) + 1
        reason = f"not UTF-8 text (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        raise Unreadable(Problem(reason, before.count(b"\n") + 1, char)) from error
    document = read_mapping(text)
    if isinstance(document.values.get("id"), (list, dict)):
        raise Unreadable(Problem("the field 'id' should be text", document.lines.get("id"), 1))
    if not _text(document.values.get("id")).strip():
        line = document.lines.get("id")
        raise Unreadable(Problem("the field 'id' is missing or empty; every task needs one", line, 1 if line else None))
    return document


def too_large(size: int, max_bytes: int) -> Problem:
    """The problem of a file over the size limit, both in bytes."""
    shown = f"{size / 1024:,.0f} KiB" if size < 2**20 else f"{size / 2**20:,.1f} MiB"
    return Problem(f"the file is {shown}, more than the limit of {max_bytes // 1024:,} KiB", None, None)


def read_content(data: bytes, max_bytes: int = MAX_BYTES) -> TaskContent:
    """What the card needs of a task file. Raises `Unreadable`."""
    return content_of(read_document(data, max_bytes))


def content_of(document: Document) -> TaskContent:
    """What the card needs of a document that was read."""
    values, lines = document.values, document.lines
    marks = list(document.marks)

    def odd(name: str, value: Value, reason: str) -> None:
        marks.append(Mark(name, _text(value)[:80], reason, lines.get(name)))

    def text_field(name: str, most: int) -> str | None:
        value = values.get(name)
        if value is None:
            return None
        if isinstance(value, (list, dict)):
            odd(name, value, "should be text")
            return None
        text = " ".join(_text(value).split())
        return text[:most] or None

    times = {name: _time(values, spellings, odd) for name, spellings in TIME_FIELDS.items()}
    status = text_field("status", 40)
    if status is not None and known_status(status) is None:
        odd("status", status, f"unknown status; known are {', '.join(Status)}")
    task_id = _text(values["id"]).strip()
    if len(task_id) > MAX_ID:
        odd("id", task_id, f"longer than {MAX_ID} characters; the rest is left out")
    return TaskContent(
        id=task_id[:MAX_ID],
        title=text_field("title", MAX_TITLE),
        agent=text_field("agent", MAX_AGENT),
        priority=_priority(values.get("priority"), odd),
        status=status,
        created_at=times["created_at"],
        assigned_at=times["assigned_at"],
        started_at=times["started_at"],
        completed_at=times["completed_at"],
        tags=_tags(values.get("tags"), odd),
        marks=tuple(marks),
        status_line=lines.get("status"),
        agent_line=lines.get("agent"),
    )


def known_status(written: str) -> Status | None:
    """The status a word means, whatever its case and separators; None for a word nobody knows."""
    return _STATUS_WORDS.get(written.strip().lower().replace("-", "_").replace(" ", "_"))


def _time(values: dict[str, Value], spellings: tuple[str, ...], odd: _Odd) -> str | None:
    """The first of these fields that is a time; what stands in one and is none is marked."""
    for spelling in spellings:
        value = values.get(spelling)
        # `completed: true` and the like are flags of other boards, not times.
        if value is None or isinstance(value, bool):
            continue
        found = parse_time(value) if isinstance(value, str) else None
        if found:
            return found
        odd(spelling, value, "not a date or time")
    return None


def _priority(value: Value, odd: _Odd) -> Priority:
    if value is None:
        return Priority.NORMAL
    if isinstance(value, str):
        try:
            return Priority(value.strip().lower())
        except ValueError:
            pass
    odd("priority", value, f"unknown priority; known are {', '.join(Priority)}")
    return Priority.NORMAL


def _tags(value: Value, odd: _Odd) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        value = list[Value](value.split(","))
    if not isinstance(value, list) or any(isinstance(tag, (list, dict)) for tag in value):
        odd("tags", value, "should be a list of words")
        return ()
    tags = dict.fromkeys(_text(tag).strip()[:60] for tag in value)
    tags.pop("", None)
    return tuple(tags)[:MAX_TAGS]


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return str(value)

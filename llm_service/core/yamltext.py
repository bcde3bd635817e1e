"""YAML text to plain values in one bounded pass over the parser's events.

Why not ``yaml.safe_load``: merge keys make 488 bytes run for minutes, aliases make 1 kB explode when it is sent on,
100,000 brackets crash libyaml's composer with a segmentation fault, and YAML 1.1 turns ``no``, ``1.10`` and ``12:30``
into something else than what was written. The event stream is flat, so depth, size and aliases are counted before
anything is built, and every scalar is still the text its author wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml
from yaml._yaml import CParser

from llm_service.core.tasks import Mark, Problem
from llm_service.core.times import parse_time

MAX_DEPTH = 20
MAX_NODES = 20_000
MAX_EXPANDED_CHARS = 1_048_576
"""Text after every alias is written out: an alias to one long string multiplies bytes without multiplying nodes."""
MAX_MARKS = 20
MAX_EXACT_INT = 2**53 - 1

Value = bool | int | float | str | list["Value"] | dict[str, "Value"] | None

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OLD_TRUTHS = frozenset(("yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"))
_SPECIAL_FLOATS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OTHER_INT = re.compile(r"[-+]?(0[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[1-9][0-9_]*_[0-9_]*)")
_SEXAGESIMAL = re.compile(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]+[0-9]{1,2}:[0-9]{2}:[0-9]{2}[-+:. 0-9Zz]*)?")
_MAY_BE_TYPED = frozenset("0123456789+-.~nNtTfFyYoO")
_LONGEST_TYPED = 32
_NO_TABS = "indent with blanks, not with tabs"
_MENDED_BY = (
    ("mapping values are not allowed", "put a value that holds ': ' in quotes"),
    ("cannot start any token", "put a value that begins with such a character in quotes"),
    ("tab character", _NO_TABS),
    ("expected ',' or", "a bracket or a brace is not closed"),
    ("unexpected end of stream", "a quote is not closed"),
    ("did not find expected key", "look at the quotes and the indentation up to here"),
)

_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset(
    _TAG + name
    for name in (
        "null",
        "bool",
        "int",
        "float",
        "str",
        "binary",
        "timestamp",
        "seq",
        "map",
        "set",
        "omap",
        "pairs",
    )
)


class Unreadable(Exception):
    """The text is not one YAML mapping within the limits; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """One mapping as written: JSON-safe values, the 1-based line of each top-level key, and what was odd."""

    values: dict[str, Value]
    lines: dict[str, int]
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: list[Value] | dict[str, Value]
    anchor: str | None
    nodes_before: int
    chars_before: int
    as_list: bool = False
    key: str | None = None
    at_key: bool = True


@dataclass(slots=True)
class _Builder:
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Value, int, int]] = field(default_factory=dict)
    open_anchors: set[str] = field(default_factory=set)
    nodes: int = 0
    chars: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    root: Value = None
    documents: int = 0

    def mark(self, text: str, line: int, reason: str) -> None:
        if len(self.marks) < MAX_MARKS:
            top = self.stack[0].key if self.stack else None
            self.marks.append(Mark(field=top or "", text=text[:80], reason=reason, line=line))

    def count(self, nodes: int, chars: int, mark: yaml.Mark) -> None:
        self.nodes += nodes
        self.chars += chars
        if self.nodes > MAX_NODES:
            raise _unreadable(f"more than {MAX_NODES:,} values once aliases are written out", mark)
        if self.chars > MAX_EXPANDED_CHARS:
            raise _unreadable("more than 1 MiB of text once aliases are written out", mark)

    def scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        self.count(1, len(text), event.start_mark)
        if self.stack and self.stack[-1].at_key and isinstance(self.stack[-1].value, dict):
            self.key(text, event)
            return
        value: Value = text
        tag = event.tag
        if tag is None or tag == "!":
            plain = event.implicit[0] and tag is None
            if plain and (not text or (text[0] in _MAY_BE_TYPED and len(text) <= _LONGEST_TYPED) or text[0].isdigit()):
                value, odd = resolve(text)
                if odd:
                    self.mark(text, event.start_mark.line + 1, odd)
        elif tag not in _KNOWN_TAGS:
            raise _unreadable(f"the tag {_shown_tag(tag)} is not allowed in a task file", event.start_mark)
        elif tag != _TAG + "str":
            value, _ = resolve(text)
            if tag == _TAG + "binary":
                self.mark(text, event.start_mark.line + 1, "binary value, kept as written")
        self.put(value, event.anchor, 1, len(text))

    def key(self, text: str, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1]
        assert isinstance(top.value, dict)
        if event.anchor:
            self.anchors[event.anchor] = (text, 1, len(text))
        top.key = text
        top.at_key = False
        line = event.start_mark.line + 1
        if text in top.value:
            self.mark(text, line, f"the key '{text[:40]}' stands twice; the last one counts")
        if len(self.stack) == 1:
            self.lines[text] = line

    def put(self, value: Value, anchor: str | None, nodes: int, chars: int) -> None:
        if anchor:
            self.anchors[anchor] = (value, nodes, chars)
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            assert top.key is not None
            top.value[top.key] = value
            top.at_key = True

    def begin(self, event: yaml.CollectionStartEvent, value: list[Value] | dict[str, Value]) -> None:
        mark = event.start_mark
        self.count(1, 0, mark)
        if len(self.stack) >= MAX_DEPTH:
            raise _unreadable(f"nested more than {MAX_DEPTH} levels deep", mark)
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].at_key:
            raise _unreadable("a key must be plain text, not a list or a mapping", mark)
        if event.tag is not None and event.tag != "!" and event.tag not in _KNOWN_TAGS:
            raise _unreadable(f"the tag {_shown_tag(event.tag)} is not allowed in a task file", mark)
        if event.anchor:
            self.anchors.pop(event.anchor, None)
            self.open_anchors.add(event.anchor)
        as_list = event.tag == _TAG + "set"
        self.stack.append(_Open(value, event.anchor, self.nodes, self.chars, as_list))

    def end(self) -> None:
        done = self.stack.pop()
        value: Value = list(done.value) if done.as_list else done.value
        if done.anchor:
            self.open_anchors.discard(done.anchor)
        self.put(value, done.anchor, self.nodes - done.nodes_before + 1, self.chars - done.chars_before)

    def alias(self, event: yaml.AliasEvent) -> None:
        mark = event.start_mark
        if event.anchor in self.open_anchors:
            raise _unreadable(f"the alias *{event.anchor} contains itself", mark)
        if event.anchor not in self.anchors:
            raise _unreadable(f"the alias *{event.anchor} has no anchor", mark)
        value, nodes, chars = self.anchors[event.anchor]
        self.count(nodes, chars, mark)
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.value, dict) and top.at_key:
            raise _unreadable("a key must be plain text, not an alias", mark)
        # The second look is for `<<: [*a, *b]`, where the list stands between the key and the alias.
        if any(level.key == "<<" for level in self.stack[-2:]):
            raise _unreadable("merge keys (<<: *name) are not supported in task files", mark)
        self.put(value, None, nodes, chars)


def resolve(text: str) -> tuple[Value, str]:
    """The value of a plain scalar and, where YAML 1.1 would read something else than is written, why it is marked.

    Only what survives the round trip is typed: ``1.5`` is a number, ``1.10`` stays text: a number would lose the zero.
    """
    if text in _NULLS:
        return None, ""
    if text in _TRUTHS:
        return _TRUTHS[text], ""
    if text in _OLD_TRUTHS:
        return text, "YAML readers take this word for true or false; kept as written, quote it"
    if _INT.fullmatch(text):
        if len(text) <= 17 and abs(int(text)) <= MAX_EXACT_INT:
            return int(text), ""
        return text, "a whole number too large to be exact; kept as written, quote it"
    if _FLOAT.fullmatch(text) and text not in (".", "+.", "-."):
        number = float(text.replace("_", "")) if any(c.isdigit() for c in text) else None
        if number is not None and repr(number) == text:
            return number, ""
        return text, "YAML readers take this for another number; kept as written, quote it"
    if _DATE.fullmatch(text) and parse_time(text) is None:
        return text, "not a day of the calendar or not a time; kept as written"
    if _OTHER_INT.fullmatch(text) or _SEXAGESIMAL.fullmatch(text) or _SPECIAL_FLOATS.fullmatch(text):
        return text, "YAML readers take this for a number; kept as written, quote it"
    return text, ""


def read_mapping(text: str) -> Document:
    """Read `text` as one YAML mapping. Raises `Unreadable` with line, character and reason."""
    builder = _Builder()
    try:
        _feed(builder, CParser(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or "nothing says why"
        raise Unreadable(_problem(f"not valid YAML: {reason}{_advice(reason, text, mark)}", mark)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        char = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        raise Unreadable(Problem(f"not valid YAML: {error.reason}", line, char)) from error
    except yaml.YAMLError as error:
        raise Unreadable(Problem(f"not valid YAML: {error}", None, None)) from error
    if builder.documents == 0:
        raise Unreadable(Problem("the file is empty", 1, 1))
    if not isinstance(builder.root, dict):
        kind = {list: "a list", type(None): "empty"}.get(type(builder.root), "a single value")
        raise Unreadable(Problem(f"a task file is one YAML mapping (key: value lines), this one is {kind}", 1, 1))
    return Document(builder.root, builder.lines, tuple(builder.marks))


def _feed(builder: _Builder, parser: CParser) -> None:
    try:
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                builder.scalar(event)
            elif kind is yaml.MappingStartEvent:
                builder.begin(event, {})
            elif kind is yaml.SequenceStartEvent:
                builder.begin(event, [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                builder.end()
            elif kind is yaml.AliasEvent:
                builder.alias(event)
            elif kind is yaml.DocumentStartEvent:
                builder.documents += 1
                if builder.documents > 1:
                    raise _unreadable("more than one YAML document; keep what stands before this ---", event.start_mark)
    finally:
        parser.dispose()


def _unreadable(reason: str, mark: yaml.Mark) -> Unreadable:
    return Unreadable(_problem(reason, mark))


def _advice(reason: str, text: str, mark: yaml.Mark | None) -> str:
    """What most often mends this, behind libyaml's own words, which name a place in its grammar."""
    lines = text.split("\n", mark.line + 1) if mark else []
    if mark and lines[mark.line : mark.line + 1] and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return f"; {_NO_TABS}"
    return next((f"; {advice}" for words, advice in _MENDED_BY if words in reason), "")


def _problem(reason: str, mark: yaml.Mark | None) -> Problem:
    if mark is None:
        return Problem(reason, None, None)
    return Problem(reason, mark.line + 1, mark.column + 1)


def _shown_tag(tag: str) -> str:
    return (tag.replace(_TAG, "!!") if tag.startswith(_TAG) else tag)[:60]

"""The text of a new task file, written so that it reads back as what was meant."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

import yaml

from llm_service.core.taskfile import MAX_BYTES, read_document
from llm_service.core.yamltext import Unreadable, Value
from llm_service.errors import TaskFileError


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Long texts as blocks, lists set in: how a person would write it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's name
        """Set list items in below their key."""
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def slug(text: str, most: int = 60) -> str:
    """`text` as lower-case words joined by hyphens, for ids and file names."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:most].rstrip("-")


def task_id(now: datetime, agent: str | None, title: str) -> str:
    """``<time>-<agent>-<subject>``, as the board's own files are named."""
    words = [now.strftime("%Y-%m-%dT%H%M"), slug(agent or ""), slug(title) or "task"]
    return "-".join(word for word in words if word)


def task_yaml(fields: dict[str, Value]) -> bytes:
    """The fields as YAML, empty ones left out. Raises `TaskFileError` where they would not read back the same."""
    wanted: dict[str, Value] = {name: value for name, value in fields.items() if value not in (None, "", [])}
    text = yaml.dump(wanted, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    try:
        data: bytes = text.encode()
    except UnicodeEncodeError as error:
        raise TaskFileError("the text holds bytes that are not UTF-8") from error
    if _reads_as(data, wanted):
        return data
    # Words that only some YAML readers take for numbers or truths; in quotes nobody does.
    data = yaml.dump(wanted, Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True, default_style='"').encode()
    if not _reads_as(data, wanted):
        raise TaskFileError("these values cannot be written as a task file")
    return data


def _reads_as(data: bytes, wanted: dict[str, Value]) -> bool:
    try:
        return read_document(data).values == wanted
    except Unreadable as error:
        if len(data) > MAX_BYTES:
            raise TaskFileError(error.problem.reason) from error
        return False

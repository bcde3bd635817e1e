"""``llm-service task``: write and read task files from a terminal or a script."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.session import Session, pass_session
from llm_service.cli.task_board import TaskBoard
from llm_service.cli.task_check import check
from llm_service.cli.task_moves import create, move
from llm_service.cli.task_table import as_text, table
from llm_service.cli.task_text import task_id
from llm_service.core.cards import FOLDER_STATUS
from llm_service.core.query import Sort, sort_key
from llm_service.core.taskfile import read_document
from llm_service.core.tasks import COLUMNS, Card, Column, Priority, Status
from llm_service.core.wire import card_json, file_problem, safe
from llm_service.sources.filedoor import FileRead

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.group()
def task() -> None:
    """Task files: make, move, check and list them. Every write is whole or not at all."""


@task.command()
@click.argument("title")
@settings_options("watch_dir")
@click.option("--agent", help="Who is to do it.")
@click.option("--priority", type=click.Choice(list(Priority), case_sensitive=False), default=Priority.NORMAL)
@click.option("--description", help="Markdown; - reads it from the standard input.")
@click.option("--tag", "tags", multiple=True, help="May be given several times.")
@click.option("--artefact", "artefacts", multiple=True, help="A file it is about; may be given several times.")
@click.option("--depends-on", "dependencies", multiple=True, help="The id of a task to wait for.")
@click.option("--by", "created_by", help="Who asks for it. Default: your user name.")
@click.option("--assign", is_flag=True, help="Put it straight into assigned/AGENT.")
@json_option
@pass_session
def new(
    session: Session, /, title: str, flags: Mapping[str, object], as_json: bool, assign: bool, **given: Any
) -> None:
    """Write a new task into inbox/ and print its path."""
    if not title.strip():
        raise click.UsageError("the title is empty; say in a few words what is to be done.")
    board = _board(session, flags)
    now = datetime.now(UTC)
    agent: str | None = given["agent"] or None
    at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    description = sys.stdin.read() if given["description"] == "-" else given["description"]
    column = Column.ASSIGNED if assign else Column.INBOX
    fields = {
        "id": task_id(now, agent, title),
        "title": title,
        "agent": agent,
        "status": FOLDER_STATUS[column].value,
        "priority": str(given["priority"]),
        "created_at": at,
        "created_by": str(given["created_by"] or _user()),
        "assigned_at": at if assign else None,
        "tags": list(given["tags"]),
        "description": description,
        "artefacts": list(given["artefacts"]),
        "dependencies": list(given["dependencies"]),
    }
    path, new_id = create(board.root, column, agent, fields)
    say(json.dumps({"id": new_id, "path": path, "absolute_path": str(board.root / path)}) if as_json else path)


@task.command("move")
@click.argument("wanted", metavar="ID|PATH")
@click.argument("column", type=click.Choice([column.value for column in COLUMNS]))
@settings_options("watch_dir", "max_file_kib")
@click.option("--agent", help="Whose folder; default: the present one, or the file's agent.")
@click.option(
    "--set-status",
    "status",
    is_flag=False,
    flag_value="column",
    metavar="[STATUS]",
    help="Also write the status into the file: the column's, or the one named. Nothing else in it changes.",
)
@json_option
@pass_session
def move_(
    session: Session,
    wanted: str,
    column: str,
    flags: Mapping[str, object],
    agent: str | None,
    status: str | None,
    as_json: bool,
) -> None:
    """Move a task to another column or agent. The file moves in one step and never replaces another."""
    board = _board(session, flags)
    card = board.find(wanted)
    target = Column(column)
    if status is not None:
        status = FOLDER_STATUS[target].value if status == "column" else _status(status)
    path = move(board, card, target, agent, status)
    say(json.dumps({"id": card.id, "old_path": card.path, "path": path}) if as_json else f"{card.path} -> {path}")


@task.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...|-")
@settings_options("max_file_kib")
@json_option
@pass_session
def validate(session: Session, files: tuple[str, ...], flags: Mapping[str, object], as_json: bool) -> None:
    """Check task files as the board reads them and against the schema; exit 1 where something is wrong."""
    max_bytes = session.settings(flags).max_file_kib * 1024
    findings = [finding for name in files for finding in check(name, max_bytes)]
    if as_json:
        say(json.dumps({"valid": not findings, "findings": [finding.as_dict() for finding in findings]}))
    else:
        for finding in findings:
            say(as_text(str(finding)))
    if findings:
        raise click.exceptions.Exit(1)


@task.command("list")
@settings_options("watch_dir", "max_file_kib")
@click.option("--column", type=click.Choice([column.value for column in COLUMNS]), multiple=True)
@click.option("--agent", multiple=True)
@click.option("--priority", type=click.Choice(list(Priority), case_sensitive=False), multiple=True)
@click.option("--status", type=click.Choice(list(Status), case_sensitive=False), multiple=True)
@json_option
@pass_session
def list_(session: Session, /, flags: Mapping[str, object], as_json: bool, **wanted: tuple[str, ...]) -> None:
    """List the tasks, newest first in each column. Each filter may be given several times."""
    cards = [card for card in _board(session, flags).cards() if _matches(card, wanted)]
    cards.sort(key=lambda card: sort_key(card, Sort.AGE), reverse=True)
    cards.sort(key=lambda card: COLUMNS.index(card.column))
    tasks = [card for card in cards if card.id is not None]
    problems = [card for card in cards if card.problem is not None]
    if as_json:
        rows = {"tasks": [card_json(card) for card in tasks], "problems": [file_problem(card) for card in problems]}
        say(json.dumps(rows))
        return
    for line in table(tasks):
        say(line)
    for card in problems:
        assert card.problem is not None
        place = f":{card.problem.line}" if card.problem.line else ""
        say(as_text(f"Not readable: {card.path}{place}: {card.problem.reason}"))
    if not cards:
        say("No tasks.")


@task.command()
@click.argument("wanted", metavar="ID|PATH")
@settings_options("watch_dir", "max_file_kib")
@json_option
@pass_session
def show(session: Session, wanted: str, flags: Mapping[str, object], as_json: bool) -> None:
    """Print one task: where it lies, what is odd about it, and its file."""
    board = _board(session, flags)
    card = board.find(wanted)
    got = board.door.read(card.path)
    data = got.data if isinstance(got, FileRead) else b""
    if as_json:
        fields = read_document(data, board.door.max_bytes).values if card.content else {}
        say(json.dumps({"card": card_json(card), "fields": safe(fields)}))
        return
    say(f"# {as_text(card.path)}: {card.column}, {as_text(card.agent or 'no agent')}, {card.status}, {card.priority}")
    if card.problem:
        say(as_text(f"# not readable: {card.problem.reason}"))
    for mark in card.marks:
        say(as_text(f"# mark: {mark.field}: {mark.text}: {mark.reason}"))
    say("\n".join(as_text(line) for line in data.decode("utf-8", "replace").splitlines()))


def _board(session: Session, flags: Mapping[str, object]) -> TaskBoard:
    settings = session.settings(flags)
    return TaskBoard(settings.watch_dir, settings.max_file_kib * 1024)


def _status(word: str) -> str:
    if word not in list(Status):
        raise click.BadParameter(f"{word!r} is not one of {', '.join(Status)}", param_hint="--set-status")
    return word


def _matches(card: Card, wanted: Mapping[str, tuple[str, ...]]) -> bool:
    has = {"column": card.column, "agent": card.agent, "priority": card.priority, "status": card.status}
    return all(not values or has[name] in values for name, values in wanted.items())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

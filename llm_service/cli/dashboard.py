"""``llm-service dashboard``: start, stop and find the live board."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from llm_service.cli import remote
from llm_service.cli.demo import serve_demo
from llm_service.cli.detaching import start_detached
from llm_service.cli.options import settings_options
from llm_service.cli.printing import say
from llm_service.cli.serving import serve, show_running
from llm_service.cli.session import Session, pass_session
from llm_service.errors import LlmServiceError
from llm_service.instance import Home, all_running, running_in
from llm_service.instance_record import Record
from llm_service.settings import Settings

STOP_DEADLINE_S = 10.0
WHERE = ("watch_dir", "state_dir")

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for scripts.")


@click.group()
def dashboard() -> None:
    """The live page: the folder of task files, what models cost, and the servers that are watched."""


@dashboard.command()
@settings_options()
@click.option("--detach", is_flag=True, help="Run in the background; return once the page answers.")
@click.option("--demo", is_flag=True, help="Show a simulated world, in a folder of its own that is gone afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON and nothing else; opens no browser.")
@pass_session
def start(session: Session, flags: Mapping[str, object], detach: bool, demo: bool, as_json: bool) -> None:
    """Watch the folder, and the servers that are named, and serve the page.

    Where the folder is served already, its running board is shown instead. SIGTERM, SIGINT (Ctrl+C) and SIGHUP
    stop the server in good order, a second one at once. Exit codes: 2 a setting cannot be used, 3 the port that
    was asked for is taken, 1 anything else.
    """
    if demo:
        if detach:
            raise click.UsageError("--demo ends with its terminal; leave out --detach")
        serve_demo(flags, session.environ, as_json=as_json)
        return
    settings = session.settings(flags)
    if detach:
        start_detached(settings, flags, session.environ, as_json=as_json)
    else:
        serve(settings, session.environ, as_json=as_json)


@dashboard.command()
@settings_options(*WHERE)
@click.option("--all", "every", is_flag=True, help="Stop every running board of this user.")
@pass_session
def stop(session: Session, flags: Mapping[str, object], every: bool) -> None:
    """Stop the running board."""
    settings = session.settings(flags)
    here = Home.of(settings).running()
    records = all_running() if every else [here] if here else []
    if not records:
        say("No board is running" + ("." if every else _elsewhere(settings)))
    for record in records:
        _stop(record)
        say(f"Stopped the board of {record.root} (pid {record.pid}).")


@dashboard.command()
@settings_options(*WHERE)
@as_json_option
@pass_session
def status(session: Session, flags: Mapping[str, object], as_json: bool) -> None:
    """Say whether a board is running; exit 1 where none is."""
    settings = session.settings(flags)
    record = Home.of(settings).running()
    healthy = record is not None and remote.answers(record)
    if as_json:
        fields = asdict(record) if record else {"root": str(settings.watch_dir.resolve())}
        say(json.dumps({"running": record is not None, "healthy": healthy, **fields}))
    elif record is None:
        say("No board is running" + _elsewhere(settings))
    else:
        state = "running" if healthy else "running, but it does not answer"
        say(f"The board of {record.root} is {state}.")
        say(f"  Address {record.url}\n  Pid     {record.pid}\n  Since   {record.started_at}")
        say(f"  Token   {record.token_file or 'in no file'}")
    if record is None:
        raise click.exceptions.Exit(1)


@dashboard.command("open")
@settings_options(*WHERE, "browser")
@as_json_option
@pass_session
def open_(session: Session, flags: Mapping[str, object], as_json: bool) -> None:
    """Open the running board in the browser, with a new one-time login link."""
    settings = session.settings(flags)
    show_running(_required(settings), settings, session.environ, as_json=as_json)


@dashboard.command("list")
@as_json_option
def list_(as_json: bool) -> None:
    """List the running boards of this user."""
    records = all_running()
    if as_json:
        say(json.dumps([asdict(record) for record in records]))
    elif not records:
        say("No board is running.")
    for record in [] if as_json else records:
        say(f"{record.url}  pid {record.pid}  since {record.started_at}  {record.root}")


@dashboard.group()
def token() -> None:
    """The secret that lets programs and browsers in."""


@token.command()
@settings_options(*WHERE)
@pass_session
def rotate(session: Session, flags: Mapping[str, object]) -> None:
    """Replace the token of the running board; every login and every script's token ends."""
    record = _required(session.settings(flags))
    answer = remote.post(record, "/api/token/rotate", session.environ)
    say(f"The token was replaced; the new one lies in {answer.get('token_file', record.token_file)}")
    say("Every browser has to log in again: llm-service dashboard open")


def _required(settings: Settings) -> Record:
    record = Home.of(settings).running()
    if record is None:
        raise LlmServiceError("no board is running" + _elsewhere(settings).rstrip("."))
    return record


def _elsewhere(settings: Settings) -> str:
    """Where the user may have looked in vain, and what runs instead."""
    text = f" for {settings.watch_dir.resolve()}"
    others = all_running()
    if others:
        text += "; running: " + ", ".join(f"--watch-dir {record.root}" for record in others)
    return text + "."


def _stop(record: Record) -> None:
    try:
        os.kill(record.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise LlmServiceError(f"the board of {record.root} (pid {record.pid}) belongs to another user") from error
    deadline_s = time.monotonic() + STOP_DEADLINE_S
    while (now := running_in(Path(record.state_dir))) is not None and now.pid == record.pid:
        if time.monotonic() > deadline_s:
            late = f"pid {record.pid} did not stop within {STOP_DEADLINE_S:g} s"
            raise LlmServiceError(f"{late}; end it by: kill -9 {record.pid}")
        time.sleep(0.05)

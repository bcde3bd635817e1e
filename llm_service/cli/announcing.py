"""What `dashboard start` and `dashboard open` print about a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from llm_service import __version__
from llm_service.cli.printing import say
from llm_service.instance_record import Record
from llm_service.settings import Settings
from llm_service.upstreams import Upstream


def announce_json(record: Record, login_url: str) -> None:
    """One line for scripts."""
    fields = {
        "url": record.url,
        "login_url": login_url,
        "token_file": record.token_file,
        "port": record.port,
        "pid": record.pid,
    }
    say(json.dumps(fields))


def to_first_section(link: str, root: str, settings: Settings) -> str:
    """The link, to where there is something to see: without a folder of tasks, to what servers are watched for."""
    if Path(root).is_dir() or not (settings.bobspark or settings.skill_training):
        return link
    return f"{link}#{'workers' if settings.bobspark else 'training'}"


def announce(
    record: Record,
    login_url: str,
    *,
    running_already: bool = False,
    stop_hint: str,
    watched: Sequence[Upstream] = (),
) -> None:
    """A few lines for a person. Whether the `watched` servers answer is on the page Sources: nobody waits for them."""
    if running_already:
        say(f"A board of {record.root} is running already (pid {record.pid}).")
    else:
        say(f"llm-service {__version__} shows {record.root}")
    say(f"  Address     {record.url}")
    if login_url != record.url:
        say(f"  Log in once {login_url}")
    for upstream in watched:
        say(f"  Watches     {upstream.name} at {upstream.url}")
    say(f"  Stop        {stop_hint}")

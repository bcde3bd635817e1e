"""Writing to a terminal that may be a pipe nobody reads, or not there at all."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click


def reserve_standard_streams() -> None:
    """Point closed standard descriptors at the null device.

    Otherwise the next socket or file gets number 0, 1 or 2, and a stray write to "stderr" lands in a client's
    connection.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def say(text: str, *, err: bool = False) -> None:
    """Print a line; a reader that is gone is no reason to stop."""
    try:
        click.echo(text, err=err)
    except OSError:
        _give_up(sys.stderr if err else sys.stdout, err=err)
    except ValueError:
        pass  # the stream object was closed


def counted(count: int, noun: str) -> str:
    """A number and its noun: 1 row, 1,200 rows."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def flush() -> None:
    """Write out what is buffered, so that the interpreter has nothing left to fail at when it ends."""
    for stream, err in ((sys.stdout, False), (sys.stderr, True)):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            _give_up(stream, err=err)
        except ValueError:
            pass


def _give_up(stream: TextIO | None, *, err: bool) -> None:
    """Send everything further nowhere, with the buffer that could not be written."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2 if err else 1)
    finally:
        os.close(null)
    if stream is not None:
        try:
            stream.flush()
        except (OSError, ValueError):
            pass

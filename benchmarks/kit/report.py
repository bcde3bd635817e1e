"""Figures as text for the terminal and as tables in the document, with the machine, the day and the command."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.kit.figures import Row, shown


def as_text(rows: Sequence[Row]) -> str:
    """The rows in columns."""
    widest = max(len(row.what) for row in rows)
    lines = []
    for row in rows:
        measured = f"{shown(row.value):>7} {row.unit:3}"
        lines.append(f"  {row.what:{widest}}  {measured} {_goal(row):>9} {_verdict(row):7} {row.remark}".rstrip())
    return "\n".join(lines)


def as_table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | goal | | |", "|---|---|---|---|---|"]
    for row in rows:
        measured = f"{shown(row.value)} {row.unit}".rstrip()
        lines.append(f"| {row.what} | {measured} | {_goal(row)} | {_verdict(row)} | {row.remark} |")
    return "\n".join(lines)


def occasion(*, quick: bool, took_s: float) -> str:
    """When, where and how the figures were made, in one line."""
    parts = ("watchdog", "Flask-SocketIO", "simple-websocket", "PyYAML")
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {os.cpu_count()} × {_processor()}, "
        f"{_memory_gb():.0f} GB, Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        f"{', '.join(f'{part} {version(part)}' for part in parts)}; load average at the end {os.getloadavg()[1]:.1f}, "
        f"niceness {os.nice(0)}; "
        f"`python -m benchmarks {' '.join(sys.argv[1:])}`{', quick' if quick else ''}, {took_s:.0f} s"
    )


def write(document: Path, name: str, rows: Sequence[Row], line: str) -> None:
    """Replace what stands between the markers of this benchmark."""
    begin, end = f"<!-- figures: {name} -->", f"<!-- end: {name} -->"
    text = document.read_text()
    head, found, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{document} has no lines {begin} and {end}")
    document.write_text(f"{head}{begin}\n\n{as_table(rows)}\n\n{line}\n\n{end}{tail}")


def _goal(row: Row) -> str:
    if row.least is not None:
        return f"≥ {shown(row.least)} {row.unit}".rstrip()
    return "" if row.most is None else f"≤ {shown(row.most)} {row.unit}".rstrip()


def _verdict(row: Row) -> str:
    return {None: "", True: "met", False: "missed"}[row.met]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9

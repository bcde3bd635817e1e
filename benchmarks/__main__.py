"""`python -m benchmarks [NAME …] [--quick] [--write FILE]`: run them, print the figures, put them into the document.

NAME is a benchmark or a group of them, `board` or `telemetry`; without any, those of the board run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

from benchmarks import (
    cold_start,
    fan_out,
    file_to_event,
    live_cards,
    log_import,
    loss_page,
    loss_series,
    page,
    runs_relay,
    storm,
    telemetry_ingest,
    telemetry_memory,
    telemetry_queries,
    telemetry_ticker,
)
from benchmarks.kit import report
from benchmarks.kit.figures import Row

GROUPS: dict[str, tuple[ModuleType, ...]] = {
    "board": (file_to_event, cold_start, storm, fan_out, page),
    "workers": (live_cards, runs_relay),
    "training": (loss_series, loss_page),
    "telemetry": (log_import, telemetry_ingest, telemetry_queries, telemetry_ticker, telemetry_memory),
}
BENCHMARKS: dict[str, ModuleType] = {module.NAME: module for group in GROUPS.values() for module in group}


def main() -> int:
    """Exit code 1 when a benchmark failed to run; a goal that is missed is a figure, not a failure."""
    arguments = _arguments()
    failed = False
    for name in _named(arguments.names):
        module = BENCHMARKS[name]
        print(f"\n{module.TITLE} ({name})", flush=True)
        began_s = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="llm-service-bench-", dir=arguments.dir) as folder:
                rows: list[Row] = module.run(Path(folder), quick=arguments.quick)
        except Exception as error:  # noqa: BLE001 - the other benchmarks still have something to say
            print(f"  could not be run: {error!r}", file=sys.stderr)
            failed = True
            continue
        took_s = time.monotonic() - began_s
        print(report.as_text(rows))
        print(f"  ({took_s:.0f} s)", flush=True)
        if arguments.write:
            report.write(arguments.write, name, rows, report.occasion(quick=arguments.quick, took_s=took_s))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    known = [*GROUPS, *BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; board without any")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs: for a look, not for the record")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between FILE's markers")
    parser.add_argument("--dir", type=Path, help="where the boards are made; the system's temporary folder by default")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]}; known are {', '.join(known)}")
    return arguments


def _named(names: list[str]) -> list[str]:
    """The benchmarks that are meant, each once."""
    meant = [[module.NAME for module in GROUPS[name]] if name in GROUPS else [name] for name in names or ["board"]]
    return list(dict.fromkeys(name for some in meant for name in some))


if __name__ == "__main__":
    sys.exit(main())

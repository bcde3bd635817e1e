"""``llm-service telemetry summary``: what each model used, with or without a dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import click

from llm_service.cli.options import settings_options
from llm_service.cli.printing import counted, say
from llm_service.cli.session import Session, pass_session
from llm_service.cli.task_table import as_text
from llm_service.core.costs.summary_shapes import ModelSummary, Summary, SummarySource
from llm_service.core.moments import moment_ms
from llm_service.core.zones import DAY_MS, HOUR_MS, Zone

_LENGTH = re.compile(r"([0-9]{1,5})([dhw])", re.ASCII)
_UNITS_MS = {"h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}


@click.command()
@click.option("--since", metavar="DATE|TIME|7d", help="A day, a time, or how long ago: 12h, 7d, 4w.")
@click.option(
    "--source", type=click.Choice(["logs", "all"]), default="all", help="Only what agents' own logs tell, or all."
)
@settings_options("watch_dir", "state_dir", "timezone", "agent_logs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@pass_session
def summary(session: Session, flags: Mapping[str, object], since: str | None, source: str, as_json: bool) -> None:
    """Read what is new in the agents' own logs, then say what each model used and what it cost.

    `input` holds no cache, `output` holds the reasoning, and what has no price is counted as unpriced, not as $0.
    """
    from llm_service.cli import telemetry_store
    from llm_service.telemetry.local_zone import zone_name
    from llm_service.telemetry.summary import models_since, summary_json, summed_up

    settings = session.settings(flags)
    with telemetry_store.writing(settings) as store:
        zone = Zone(zone_name(settings.timezone))
        since_ms = _since_ms(since, zone, telemetry_store.now_ms())
        sources = telemetry_store.read_logs(store, settings, session.environ) if settings.agent_logs else []
        with store.database.reading() as connection:
            models = models_since(connection, since_ms, logs_only=source == "logs")
    ranked = sorted(models.items(), key=lambda pair: (-pair[1].cost_nano, -pair[1].total_tokens, pair[0]))
    found: Summary = {
        "models": {name: summary_json(used) for name, used in ranked},
        "total": summary_json(summed_up(models)),
        "sources": [_source(told) for told in sources if told["found"]],
    }
    for told in sources:
        if told["found"] and told["error"]:
            say(as_text(f"{told['tool']}: {told['error']}"), err=True)
    if as_json:
        say(json.dumps(found, ensure_ascii=False))
        return
    for line in [*_lines(found), *_next_steps(found, [str(told["root"]) for told in sources if not told["found"]])]:
        say(as_text(line))


def _next_steps(found: Summary, looked_in: Sequence[str]) -> Iterator[str]:
    """What to do about calls without a price, and about finding nothing where logs were looked for."""
    if found["total"]["unpriced"]:
        yield "What has no price, why, and the line that gives it one: llm-service telemetry prices"
    if looked_in and not found["sources"]:
        yield f"No agent's logs are in {', '.join(looked_in)}."


def _since_ms(text: str | None, zone: Zone, now_ms: int) -> int | None:
    if text is None:
        return None
    if length := _LENGTH.fullmatch(text.strip()):
        return max(0, now_ms - int(length[1]) * _UNITS_MS[length[2]])
    found = moment_ms(text, zone, end=False)
    if found is None:
        allowed = "a day like 2026-11-21, a time like 2026-11-21T08:00:00Z, or how long ago like 12h, 7d, 4w"
        raise click.BadParameter(f"{text[:40]!r} is no time; allowed is {allowed}", param_hint="--since")
    return found


def _source(told: Mapping[str, object]) -> SummarySource:
    return {"tool": told["tool"], "path": told["root"], "lines": told["lines"], "skipped": told["skipped"]}  # type: ignore[typeddict-item]


_HEADINGS = ("MODEL", "MESSAGES", "INPUT", "OUTPUT", "REASONING", "CACHE READ", "CACHE WRITE", "COST", "UNPRICED")


def _lines(found: Summary) -> Iterator[str]:
    rows = [_HEADINGS]
    rows += [_row(name or "(no name)", used) for name, used in found["models"].items()]
    rows.append(_row("total", found["total"]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        yield "  ".join([name.ljust(widths[0]), *map(str.rjust, cells, widths[1:])])
    for source in found["sources"]:
        skipped = ", ".join(f"{number:,} × {reason}" for reason, number in source["skipped"].items())
        lines = counted(source["lines"], "line")
        yield f"{source['tool']}: {lines} in {source['path']}" + (f"; {skipped}" if skipped else "")


def _row(name: str, used: ModelSummary) -> tuple[str, ...]:
    written = used["cache_write_5m"] + used["cache_write_1h"] + used["cache_write_unspecified"]
    counts = (used["messages"], used["input"], used["output"], used["reasoning"], used["cache_read"], written)
    # Where no message has a price nobody knows the cost, which is not $0.
    cost = "-" if 0 < used["messages"] == used["unpriced"] else f"${used['cost_usd']:,.4f}"
    return (name, *(f"{count:,}" for count in counts), cost, f"{used['unpriced']:,}")

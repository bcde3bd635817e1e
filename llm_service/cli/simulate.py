"""``llm-service simulate``: stand-ins for the servers this product watches, to try things against."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from llm_service.cli.printing import flush, say
from llm_service.cli.signals import StopSignals
from llm_service.errors import PortBusy

if TYPE_CHECKING:
    from llm_service.simulators.bobspark import Bobspark
    from llm_service.simulators.skill_training import SkillTraining

port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=9010, show_default=True, help="0 takes a free one."
)
speed_option = click.option(
    "--speed", type=click.FloatRange(0.01, 1000), default=1.0, show_default=True, help="10 makes a minute last 6 s."
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="The same seed, the same runs.")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for scripts.")


@click.group()
def simulate() -> None:
    """Simulated servers on this machine, to try the dashboard and to test against."""


@simulate.command()
@port_option
@click.option("--dialect", type=click.Choice(["a", "b"]), default="a", show_default=True, help="Of the run streams.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:ARG]", help="May be repeated; 'list' names them.")
@speed_option
@seed_option
@click.option("--rate", type=click.FloatRange(0.1, 5000), help="Events a second of every run; else 1 to 5.")
@click.option("--length", type=click.FloatRange(0.2, 100), default=1.0, show_default=True, help="3: runs of some 70 s.")
@click.option("--slots", type=click.IntRange(1, 1000), default=8, show_default=True, help="Runs before it queues.")
@click.option("--failing", type=click.FloatRange(0, 1), default=0.15, show_default=True, help="Share that fails.")
@click.option("--past-runs", type=click.IntRange(0, 20_000), default=420, show_default=True, help="Of 30 days.")
@click.option(
    "--workers", type=click.IntRange(0, 1000), default=0, show_default=True, help="Runs it keeps alive itself."
)
@as_json_option
def bobspark(port: int, faults: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """A BobSpark-APIs server: runs, queue, nodes, fine-tunes, pipelines, datasets.

    Watch it with `llm-service dashboard start --bobspark URL`. What it did exactly is at /_sim/ledger.
    """
    from llm_service.simulators.bobspark import Bobspark
    from llm_service.simulators.faults import KNOWN

    if "list" in faults:
        for name, what in KNOWN.items():
            say(f"{name:16} {what}")
        return
    _serve(lambda: Bobspark(port, faults=faults, **options), "BobSpark", "--bobspark", port, as_json)


@simulate.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9020, show_default=True, help="0 takes a free one.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:ARG]", help="May be repeated; see simulate bobspark.")
@speed_option
@seed_option
@click.option("--past/--no-past", default=True, show_default=True, help="Adapters of earlier trainings.")
@as_json_option
def skills(port: int, faults: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """A skill-training API, with the flaws of the real one.

    Watch it with `llm-service dashboard start --skill-training URL`.
    """
    from llm_service.simulators.skill_training import SkillTraining

    _serve(lambda: SkillTraining(port, faults=faults, **options), "skill training", "--skill-training", port, as_json)


def _serve(make: Callable[[], Bobspark | SkillTraining], name: str, flag: str, port: int, as_json: bool) -> None:
    """Serve until a signal asks to stop."""
    signals = StopSignals()
    signals.install()
    try:
        simulator = make()
    except OSError as error:
        raise PortBusy(
            f"cannot listen on port {port} ({error.strerror}); choose another with --port, or --port 0 for any"
        ) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    simulator.start()
    try:
        if as_json:
            say(json.dumps({"url": simulator.url, "port": simulator.port}))
        else:
            say(f"Simulated {name} at {simulator.url} (Ctrl+C ends it)")
            say(f"  Watch it  llm-service dashboard start {flag} {simulator.url}")
            say(f"  Ledger    {simulator.url}/_sim/ledger")
        flush()
        signals.until_asked(_forever)
    finally:
        simulator.stop()


def _forever() -> None:
    import threading

    threading.Event().wait()

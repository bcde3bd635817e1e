"""The command line: noun, then verb. `main` is the last place an error can reach; it leaves in one line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from llm_service import __version__
from llm_service.cli.budget import budget
from llm_service.cli.config import config
from llm_service.cli.dashboard import dashboard
from llm_service.cli.printing import flush, reserve_standard_streams, say
from llm_service.cli.session import Session
from llm_service.cli.simulate import simulate
from llm_service.cli.tasks import task
from llm_service.cli.telemetry import telemetry
from llm_service.errors import LlmServiceError
from llm_service.settings import TABLE

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="llm-service")
@click.option("--log-level", metavar="|".join(TABLE["log_level"].kind.choices), help=TABLE["log_level"].help)
@click.pass_context
def cli(context: click.Context, log_level: str | None) -> None:
    """Mission control for LLM work: tasks, costs, workers and trainings on one live page, and commands for scripts."""
    session = context.ensure_object(Session)
    session.log_level = log_level
    session.debug = session.debug or log_level == "debug"


cli.add_command(dashboard)
cli.add_command(task)
cli.add_command(config)
cli.add_command(budget)
cli.add_command(telemetry)
cli.add_command(simulate)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    reserve_standard_streams()
    code = run(sys.argv[1:] if arguments is None else arguments, Session())
    flush()
    sys.exit(code)


def run(arguments: Sequence[str], session: Session) -> int:
    """Run a command; whatever goes wrong is one line, with the traceback only at log level debug."""
    session.debug = session.environ.get("LLM_SERVICE_LOG_LEVEL", "").strip().lower() == "debug"
    try:
        code = cli.main(list(arguments), prog_name="llm-service", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else 0
    except LlmServiceError as error:
        return _failed(session, str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        return _failed(session, _with_help(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a line, not a traceback
        hint = "" if session.debug else "; run it again with --log-level debug for details"
        return _failed(session, f"unexpected error: {type(error).__name__}: {error}{hint}", 1)


def _with_help(error: click.ClickException) -> str:
    """What click says; where that names nothing to write instead, with the help to read."""
    said = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or any(words in said for words in ("Did you mean", "Choose from", "Invalid value")):
        return said
    return f"{said.rstrip('.')}; see: {context.command_path} --help"


def _failed(session: Session, message: str, code: int) -> int:
    if session.debug:
        say(traceback.format_exc().rstrip(), err=True)
    say("llm-service: " + " ".join(message.split()), err=True)
    return code

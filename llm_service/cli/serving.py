"""The life of one server in the foreground: become the instance, start, announce, wait, stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from llm_service.cli import remote
from llm_service.cli.announcing import announce, announce_json, to_first_section
from llm_service.cli.opening import open_page
from llm_service.cli.printing import flush, say
from llm_service.cli.signals import StopSignals
from llm_service.errors import SettingsError
from llm_service.instance import Busy, Instance
from llm_service.instance_record import Record
from llm_service.logs import set_up
from llm_service.settings import Settings, warnings

Up = Callable[[str, str | None], None]
"""Is told the address and the token of a server that is up."""


def serve(settings: Settings, environ: Mapping[str, str], *, as_json: bool, up: Up = lambda _url, _token: None) -> None:
    """Serve until a signal asks to stop; where the folder is served already, show that server instead."""
    signals = StopSignals()
    signals.install()
    try:
        instance = Instance.open(settings, environ)
    except Busy as busy:
        show_running(busy.record, settings, environ, as_json=as_json)
        return
    try:
        _run(settings, instance, signals, environ, as_json=as_json, up=up)
    finally:
        instance.close()
        flush()


def _run(
    settings: Settings, instance: Instance, signals: StopSignals, environ: Mapping[str, str], *, as_json: bool, up: Up
) -> None:
    # Imported late: `task list` and `--help` should not wait for Flask.
    from llm_service.runtime import Runtime

    _start_log(settings, instance)
    runtime = Runtime(settings, instance)
    runtime.start()
    try:
        # First, because whoever reads the announcement goes on at once.
        for sentence in warnings(settings):
            say(f"Warning: {sentence}", err=True)
        record = instance.announce(runtime.url, runtime.port)
        up(runtime.url, instance.token)
        login_url = runtime.login_url()
        if as_json:
            announce_json(record, login_url)
        else:
            login_url = to_first_section(login_url, record.root, settings)
            announce(record, login_url, stop_hint="Ctrl+C", watched=settings.bobspark + settings.skill_training)
            if not instance.root.is_dir():
                say("  The folder does not exist yet; the page waits for it.")
            if settings.browser:
                open_page(login_url, environ)
        flush()
        signals.until_asked(runtime.wait)
    finally:
        runtime.stop()


def _start_log(settings: Settings, instance: Instance) -> None:
    log_file = settings.log_file
    if log_file is not None:
        if log_file.resolve().is_relative_to(instance.root):
            raise SettingsError(f"log_file: {log_file} lies in the watched folder; choose one outside it")
        try:
            log_file.open("ab").close()
        except OSError as error:
            reason = f"log_file: {log_file} cannot be written ({error.strerror})"
            raise SettingsError(f"{reason}; allowed: a file in a folder that exists") from error
    set_up(settings.log_level, log_file)


def show_running(record: Record, settings: Settings, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Print and open the server that runs, with a login link of its own."""
    try:
        login_url = remote.login_url(record, environ)
    except remote.Refused as refused:
        if refused.status == remote.UNAUTHORIZED:
            raise
        login_url = record.url
    if as_json:
        announce_json(record, login_url)
        return
    announce(record, login_url, running_already=True, stop_hint="llm-service dashboard stop")
    if settings.bobspark or settings.skill_training:
        say("  It watches the servers that it was started with; for others, stop it first and start again.")
    if settings.browser:
        open_page(login_url, environ)

"""Every setting: name, default, meaning and allowed values in one table, and how layers become one object.

The fields of `Settings` are the table. Flags, ``LLM_SERVICE_*``, the keys of ``llm-service.toml``,
``config show`` and docs/settings.md are made from it. Nothing here reads a file or the environment: cli/
hands in what it found.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from llm_service.core.budgets.budget import Budget
from llm_service.core.budgets.settings import read_agent_budgets, read_budgets
from llm_service.core.loss.thresholds import DEFAULTS, Thresholds, read_alarms
from llm_service.core.pricing.gpu_hours import GpuHour, read_gpu_hours
from llm_service.core.pricing.settings import OwnPrice, read_prices
from llm_service.errors import SettingsError
from llm_service.setting_kinds import HOST, HOSTS, ORIGINS, PATH, SWITCH, WEBHOOK, ZONE, Kind, one_of, seconds, whole
from llm_service.upstreams import Upstream, check_names, read_upstream

BUDGETS = Kind("tables headed [[budgets]]", read_budgets, table=True)
AGENT_BUDGETS = Kind("tables headed [[agent_budgets]]", read_agent_budgets, table=True)
UPSTREAMS = Kind(
    "addresses like http://host:port; in a file tables with name, url and token",
    read_upstream,
    many=True,
    explains=True,
    metavar="URL",
    judge=check_names,
)
GPU_HOURS = Kind("a table headed [gpu_hours]", read_gpu_hours, table=True)
ALARMS = Kind("a table headed [alarms]", read_alarms, table=True)
PRICES = Kind('tables headed [prices."model"]', read_prices, table=True)


def _setting(default: object, kind: Kind, meaning: str, **more: object) -> Any:
    return field(default=default, metadata={"kind": kind, "help": meaning, **more})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the server is told. Made by `resolve`; the fields carry their own documentation."""

    host: str = _setting("127.0.0.1", HOST, "Address to listen on.", not_in_project=True)
    port: int = _setting(
        8080,
        whole(0, 65535, " (0: any free one)"),
        "Port to listen on; a busy default moves on to the next ten.",
    )
    watch_dir: Path = _setting(
        Path("work/collaboration"),
        PATH,
        "Folder of task files (inbox/, assigned/, done/); it may not exist yet.",
    )
    state_dir: Path | None = _setting(
        None,
        PATH,
        "Folder for the token, the running instance and caches; by default one per watched folder.",
        not_in_project=True,
    )
    browser: bool = _setting(True, SWITCH, "Open the page in the browser on start.")
    # LLM_SERVICE_TOKEN holds the token itself, hence the other name. Not in a project file: a repository that
    # was just cloned must not be able to unlock the board.
    token: bool = _setting(
        True,
        SWITCH,
        "Ask for the token; off only on loopback.",
        env="LLM_SERVICE_NO_TOKEN",
        not_in_project=True,
    )
    allowed_host: tuple[str, ...] = _setting(
        (),
        HOSTS,
        "Further name this server is reached by.",
        not_in_project=True,
    )
    cors_origin: tuple[str, ...] = _setting(
        (),
        ORIGINS,
        "Further origin whose pages may read the API.",
        not_in_project=True,
    )
    watch: str = _setting("auto", one_of("auto", "native", "poll"), "How file changes are noticed.")
    max_clients: int = _setting(250, whole(1, 10_000), "Live connections at the same time.")
    rescan_s: float = _setting(5.0, seconds(0.5, 3600), "Shortest pause between two scans of the whole folder.")
    max_file_kib: int = _setting(256, whole(1, 4096), "Size above which a task file is not read, in KiB.")
    log_level: str = _setting("info", one_of("debug", "info", "warning", "error"), "How much is logged.")
    log_file: Path | None = _setting(
        None, PATH, "File to log to, rotated; by default the log goes to stderr.", not_in_project=True
    )
    behind_proxy: bool = _setting(
        False, SWITCH, "Trust one reverse proxy's X-Forwarded-* headers.", not_in_project=True
    )
    timezone: str = _setting("local", ZONE, "Time zone that days, weeks and months of costs are counted in.")
    telemetry: bool = _setting(True, SWITCH, "Keep costs, tokens and the board's history.")
    agent_logs: bool = _setting(
        True, SWITCH, "Read the logs that Claude Code, Codex and OpenCode keep on this machine.", not_in_project=True
    )
    otlp: bool = _setting(False, SWITCH, "Take OpenTelemetry over HTTP at /v1/.", not_in_project=True)
    strict_db: bool = _setting(
        False, SWITCH, "Refuse to start where the telemetry database is damaged; else it is moved aside."
    )
    keep_days: int = _setting(400, whole(1, 36_500), "Days that single invocations are kept; sums are kept for ever.")
    budgets: tuple[Budget, ...] = _setting((), BUDGETS, "Caps on costs or tokens (see docs/budgets.md).")
    agent_budgets: tuple[Budget, ...] = _setting(
        (), AGENT_BUDGETS, "Caps that hold for every agent, unless it has one of its own (see docs/budgets.md)."
    )
    budget_webhook: str | None = _setting(
        None, WEBHOOK, "Address that is told of each budget alert; it is a secret.", not_in_project=True
    )
    prices: tuple[OwnPrice, ...] = _setting(
        (), PRICES, "Prices of your own, which come before every list (see docs/prices.md)."
    )
    bobspark: tuple[Upstream, ...] = _setting(
        (), UPSTREAMS, "BobSpark-APIs server to watch (see docs/bobspark.md).", not_in_project=True
    )
    skill_training: tuple[Upstream, ...] = _setting(
        (), UPSTREAMS, "Skill-training server to watch (see docs/training.md).", not_in_project=True
    )
    gpu_hours: tuple[GpuHour, ...] = _setting(
        (), GPU_HOURS, "What an hour of your own machines costs, for local models (see docs/bobspark.md)."
    )
    stalled_s: float = _setting(30.0, seconds(1, 86_400), "Silence after which a running run counts as stalled.")
    alarms: Thresholds = _setting(DEFAULTS, ALARMS, "When a training curve raises an alarm (see docs/alarms.md).")
    insecure: bool = _setting(
        False, SWITCH, "Allow what is refused for safety (see docs/security.md).", not_in_project=True
    )
    port_given: bool = False
    demo: bool = False
    """Whether everything shown is simulated: no setting, only `dashboard start --demo` says so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    default: Any
    kind: Kind
    help: str
    env: str
    not_in_project: bool

    @property
    def file_only(self) -> bool:
        """Whether it is a table of a file, which has neither flag nor variable."""
        return self.kind.table

    @property
    def flagless(self) -> bool:
        """Whether the command line cannot give it."""
        return self.kind.table or self.kind.secret

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def env_negates(self) -> bool:
        """Whether the variable says the opposite: ``LLM_SERVICE_NO_TOKEN=1`` is ``token = false``."""
        return self.env.endswith(f"_NO_{self.name.upper()}")


def _row(entry: Field[Any]) -> Row:
    more = entry.metadata
    assert entry.default is not MISSING
    env = more.get("env", f"LLM_SERVICE_{entry.name.upper()}")
    return Row(entry.name, entry.default, more["kind"], more["help"], env, more.get("not_in_project", False))


TABLE: Mapping[str, Row] = {entry.name: _row(entry) for entry in fields(Settings) if entry.metadata}


@dataclass(frozen=True, slots=True)
class Given:
    """A value as someone wrote it, where it came from, and the folder that its relative paths start at."""

    value: object
    origin: str
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings and, for each, where its value came from ("default" where nobody gave one)."""

    settings: Settings
    origins: Mapping[str, str]


def resolve(layers: Sequence[Mapping[str, Given]], home: Path | None = None) -> Resolved:
    """Settle each setting by the first layer that gives it. Raises `SettingsError` with one line."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for row in TABLE.values():
        given = next((layer[row.name] for layer in layers if row.name in layer), None)
        origins[row.name] = given.origin if given else "default"
        values[row.name] = row.default if given is None else _read(row, given, home)
    settings = Settings(**values, port_given=origins["port"] != "default")
    _refuse_contradictions(settings, origins)
    return Resolved(settings, origins)


def _read(row: Row, given: Given, home: Path | None) -> Any:
    kind = row.kind
    if kind.table:
        return _read_table(row, given)
    if kind.many:
        items = given.value if isinstance(given.value, (list, tuple)) else str(given.value).split(",")
        if not items:
            raise _refused(row, given.value, f"{kind.allowed}; leave it out where there is none", given.origin)
        return _judged(row, tuple(_read_one(row, item, given.origin) for item in items), given.origin)
    value = _read_one(row, given.value, given.origin)
    if kind.path:
        return _placed(value, given.base, home)
    return value


def _judged(row: Row, values: tuple[Any, ...], origin: str) -> tuple[Any, ...]:
    try:
        if row.kind.judge is not None:
            row.kind.judge(values)
    except ValueError as error:
        raise SettingsError(f"{row.name}: {error} (from {origin})") from None
    return values


def _read_table(row: Row, given: Given) -> Any:
    try:
        return row.kind.read(given.value)
    except ValueError as error:
        raise SettingsError(f"{row.name}: {error} (from {given.origin})") from None


def _read_one(row: Row, value: object, origin: str) -> Any:
    try:
        return row.kind.read(value)
    except ValueError as error:
        if row.kind.explains:
            raise SettingsError(f"{row.name}: {error} (from {origin})") from None
        raise _refused(row, value, row.kind.allowed, origin) from None


def _placed(path: Path, base: Path | None, home: Path | None) -> Path:
    if home is not None and path.parts[:1] == ("~",):
        return home.joinpath(*path.parts[1:])
    return base / path if base else path


def _refused(row: Row, value: object, allowed: str, origin: str) -> SettingsError:
    shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "..."
    if row.kind.secret:
        shown = "what is given"
    return SettingsError(f"{row.name}: {shown} is not allowed; allowed: {allowed} (from {origin})")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_contradictions(settings: Settings, origins: Mapping[str, str]) -> None:
    try:
        check_names((*settings.bobspark, *settings.skill_training))
    except ValueError as error:
        raise SettingsError(f"skill_training: {error} (from {origins['skill_training']})") from None
    local = is_loopback(settings.host)
    if not settings.token and not local:
        raise SettingsError(
            f"token: cannot be off (from {origins['token']}) while host is {settings.host}"
            f" (from {origins['host']}); everyone on the network could read the board: keep the token or use"
            " 127.0.0.1"
        )
    if not settings.token and settings.behind_proxy and not settings.insecure:
        raise SettingsError(
            f"token: cannot be off (from {origins['token']}) while behind_proxy is on (from"
            f" {origins['behind_proxy']}); keep the token, or add --insecure where the proxy asks for a login"
        )
    if "*" in settings.cors_origin and not (local and settings.insecure):
        raise SettingsError(
            "cors_origin: '*' lets every web page read the board; allowed: a list of origins, or '*' on"
            f" loopback with --insecure (from {origins['cors_origin']})"
        )


def warnings(settings: Settings) -> tuple[str, ...]:
    """Return what the command line and the page should say about how open this server is."""
    found = []
    if not settings.token:
        found.append("No token is asked for: every program and user of this machine can read the board.")
    if not is_loopback(settings.host) and not settings.behind_proxy:
        found.append(f"Listening on {settings.host} without encryption: the token can be read on the network.")
    if settings.host in ("0.0.0.0", "::") and not settings.allowed_host:  # noqa: S104 - compared, not bound
        found.append("Reached from another machine this server answers to no name yet: add --allowed-host NAME.")
    if "*" in settings.cors_origin:
        found.append("Every web page may read the board (cors_origin is '*').")
    return tuple(found)

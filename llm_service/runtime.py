"""Puts the house together from `Settings`: source, hub and web, started in order and stopped in reverse."""

from __future__ import annotations

import gc
import logging
import secrets
import threading
import time

from llm_service import __version__
from llm_service.core.shapes import Ready, ThreadJson
from llm_service.core.state import State
from llm_service.core.stream import Numbered
from llm_service.core.tasks import Problem
from llm_service.core.times import iso_seconds
from llm_service.hub import Hub
from llm_service.instance import Instance
from llm_service.settings import Settings, warnings
from llm_service.sources.filedoor import FileRead
from llm_service.sources.parse_cache import ParseCache
from llm_service.sources.taskfiles import TaskFiles
from llm_service.telemetry_wiring import TelemetryParts
from llm_service.upstream_wiring import UpstreamParts

log = logging.getLogger(__name__)

SCAN_TOO_OLD_S = 120.0

_GC_WHILE_LOADING = (20_000, 50, 1_000)
_GC_LATER = (10_000, 20, 20)
"""Events of runs and rows of telemetry come in thousands a second and have no cycles: looking through them after each
700 took half of the time that they take, and stopped all for 0.3 s."""
SIGNAL_SEEN_S = 0.5


class Runtime:
    """One running dashboard. `start` raises `PortBusy`; after it, `url` answers."""

    def __init__(self, settings: Settings, instance: Instance) -> None:
        self.settings = settings
        self.instance = instance
        self._epoch = secrets.token_hex(8)
        max_bytes = settings.max_file_kib * 1024
        self.hub = Hub(State(self._epoch, str(instance.root)), monotonic=time.monotonic, now_iso=_now_iso)
        self.source = TaskFiles(
            instance.root,
            self.hub.publish,
            max_bytes=max_bytes,
            watch=settings.watch,
            rescan_s=settings.rescan_s,
            cache=ParseCache(instance.state_dir / "parse-cache.db", max_bytes),
        )
        self.hub.on_failure(self.source.begin_again)
        self.telemetry = TelemetryParts(settings, instance.state_dir, self.hub)
        self.upstreams = UpstreamParts(settings, self.hub, self.telemetry)

    def start(self) -> None:
        """Start reading at once, and the web beside it: importing it takes as long as a first look at 2,000 files."""
        # Most of what a large start makes lives for good; the collector would look through it again and again.
        gc.set_threshold(*_GC_WHILE_LOADING)
        self.telemetry.refuse_damage()
        self.hub.add_sink(self._settle)
        self.telemetry.announce()
        self.hub.start()
        self.source.start()
        try:
            self._start_web()
            # Last: no card and no page waits for a database.
            self.telemetry.start()
            self.upstreams.start()
        except BaseException:
            self._stop_watching()
            raise

    def _settle(self, events: list[Numbered]) -> None:
        """When all is loaded, take it out of the collector's sight: a look at 100,000 tasks stops all for 0.1 s."""
        if any(event.name == "board.snapshot" and not event.payload["loading"] for event in events):
            gc.freeze()
            gc.set_threshold(*_GC_LATER)

    def _start_web(self) -> None:
        from llm_service.dashboard import app, metrics_page, sessions
        from llm_service.dashboard.auth import Auth
        from llm_service.dashboard.server import WebServer
        from llm_service.dashboard.world import World
        from llm_service.measuring import measure

        settings, instance = self.settings, self.instance
        self.auth = Auth(instance.token, instance.cookie_name, time.monotonic)
        world = World(
            hub=self.hub,
            epoch=self._epoch,
            version=__version__,
            root=instance.root,
            instance=instance.id,
            max_bytes=self.source.door.max_bytes,
            read=self._read,
            readiness=self.readiness,
            now_iso=_now_iso,
            warnings=warnings(settings),
            demo=settings.demo,
            cost_totals=self.telemetry.cost_totals,
            cost_of_task=self.telemetry.cost_of_task,
            activity_before=self.telemetry.activity_before,
        )
        links = sessions.Links(new=self.login_url, rotate=self._rotate, hang_up=self._hang_up)
        routes = [
            *self.telemetry.blueprints(),
            *self.upstreams.blueprints(),
            metrics_page.blueprint(lambda: measure(self)),
        ]
        self.dashboard = app.create_dashboard(settings, world, self.auth, links, routes)
        self.upstreams.watched_by(self.dashboard.live.watched)
        self.server = WebServer(
            self.dashboard.app,
            settings.host,
            settings.port,
            port_given=settings.port_given,
            behind_proxy=settings.behind_proxy,
        )
        self.server.start()

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        """The address for a person on this machine."""
        host = self.settings.host
        if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def login_url(self) -> str:
        """A link that logs one browser in, once, within 15 minutes; the plain address where no token is asked for."""
        return f"{self.url}login?code={self.auth.new_code()}" if self.auth.required else self.url

    def wait(self) -> None:
        """Serve until an exception ends the wait, as a signal's does; then call `stop`."""
        pause = threading.Event()
        while True:
            # Not one endless wait: Python sees a signal that came just before the wait only when the wait ends.
            pause.wait(SIGNAL_SEEN_S)

    def stop(self) -> None:
        """Say goodbye, stop the sources and the hub, write what telemetry has, stop the web; within 5 seconds."""
        self.dashboard.live.say_goodbye()
        self._hang_up()
        self._stop_watching()
        self.server.stop(deadline_s=1.0)

    def _stop_watching(self) -> None:
        self.source.stop(deadline_s=1.2)
        self.upstreams.stop(deadline_s=1.0)
        self.hub.stop(deadline_s=0.8)
        self.telemetry.stop(deadline_s=1.5)

    def readiness(self) -> Ready:
        """How true the board is at this moment."""
        status = self.source.status()
        condition = self.hub.ask(lambda state: state.condition)
        threads: list[ThreadJson] = [
            {"name": "task-files", "alive": self.source.alive, "failures": self.source.failures},
            {"name": "hub", "alive": self.hub.alive, "failures": self.hub.failures},
            {"name": "web", "alive": self.server.alive, "failures": 0},
        ]
        fresh = status.mode == "waiting" or (
            status.last_scan_age_s is not None and status.last_scan_age_s < SCAN_TOO_OLD_S
        )
        alive = all(thread["alive"] for thread in threads)
        # The board is true without telemetry: what is wrong there is told, and does not make this unready.
        threads += self.telemetry.threads()
        threads += self.upstreams.threads()
        return {
            "ready": alive and fresh and status.alive and not condition.loading,
            "version": __version__,
            "epoch": self._epoch,
            "watcher": {
                "mode": status.mode,
                "alive": status.alive,
                "last_scan_age_s": _rounded(status.last_scan_age_s),
                "last_scan_ms": _rounded(status.last_scan_ms),
                "files": status.files,
                "overflows": status.overflows,
                "missed": status.missed,
                "scans": status.scans,
            },
            "threads": threads,
            "clients": self.dashboard.live.clients,
            "clients_lost": self.dashboard.live.lost,
            "degraded": [*condition.degraded, *self.telemetry.degraded(), *self.upstreams.degraded()],
        }

    def _read(self, path: str) -> bytes | Problem | None:
        got = self.source.door.read(path)
        if got is None:
            return None
        return got.data if isinstance(got, FileRead) else got.problem

    def _hang_up(self) -> None:
        """End every live connection: at the end, and when the token it was made with is no longer good."""
        from llm_service.dashboard import websocket

        websocket.close_all(self.dashboard.socketio)

    def _rotate(self) -> tuple[str, str]:
        token = self.instance.rotate_token()
        return token, str(self.instance.token_file)


def _now_iso() -> str:
    return iso_seconds(time.time())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)

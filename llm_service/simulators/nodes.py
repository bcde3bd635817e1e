"""BobSpark's two machines: load that follows what runs on them, the older metrics page, storage and health."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llm_service.simulators.answers import Answers
from llm_service.simulators.http_door import Routes
from llm_service.simulators.runs import Runs


class Nodes:
    """`spark` with a GPU and unified memory, `linux` without a GPU; each tells its load (PROTOCOLS 1.7, 1.11)."""

    def __init__(
        self, runs: Runs, answers: Answers, *, now: Callable[[], float], training: Callable[[], bool] = lambda: False
    ) -> None:
        self._runs, self._answers, self._now, self._training = runs, answers, now, training
        self._began = now()

    def add_to(self, routes: Routes) -> None:
        """The routes of machines."""
        routes.show("/api/system/stats", self.spark)
        routes.show("/api/system/linux/stats", self.linux)
        routes.show("/api/system/storage", storage)
        routes.show("/api/system/services", services)
        routes.show("/api/metrics", self.metrics)
        routes.show("/api/health", lambda: {"status": "ok"})

    def spark(self) -> dict[str, Any]:
        """With a GPU."""
        load = self._load("spark")
        told = {
            "cpu_percent": load["cpu"],
            "gpu_percent": load["gpu"],
            "vram_percent": load["vram"],
            "ram_percent": load["ram"],
            "active_model": self._model("spark"),
            "temperature": load["temperature"],
            "memory_used": load["vram"] * 1.28,
            "memory_total": 128.0,
        }
        which = int(self._answers.faults.number("aliases", 1))
        return _other_stats(told) if which >= 2 else self._answers.shaped("stats", told)

    def linux(self) -> dict[str, Any]:
        """Without a GPU, with its disks."""
        load = self._load("linux")
        told = {
            "cpu_percent": load["cpu"],
            "ram_percent": load["ram"],
            "active_model": self._model("linux"),
            "temperature": load["temperature"],
            "disk": {
                "root": {"used_gb": 211.4, "total_gb": 465.0},
                "ubdrive": {"used_gb": 1_204.0, "total_gb": 1_863.0},
                "ckpts": {"used_gb": 388.9, "total_gb": 931.0},
            },
        }
        return self._answers.shaped("stats", told)

    def metrics(self) -> dict[str, Any]:
        """The page of every 5 s: sizes and temperatures come as text."""
        spark, linux = self._load("spark"), self._load("linux")
        hours = int(self._now() - self._began) // 3600
        return {
            "spark": {
                "cpu_pct": spark["cpu"],
                "gpu_pct": spark["gpu"],
                "vram_pct": spark["vram"],
                "vram_gb": f"{spark['vram'] * 1.28:.1f} GB",
                "gpu_temp": f"{spark['temperature']:.0f}°C",
                "cpu_temp": round(spark["temperature"] + 6),
                "uptime": f"2d {14 + hours}h",
            },
            "linux": {
                "cpu_pct": linux["cpu"],
                "gpu_pct": None,
                "cpu_temp": round(linux["temperature"]),
                "ram_gb": f"{linux['ram'] * 0.64:.1f} GB",
            },
            "ollama_models": 4,
            "ollama_running": 1,
            "processes": [{"name": "ollama", "pid": 1201, "mem_mb": 21_400, "uptime": "2d 14h", "status": "running"}],
        }

    def _load(self, node: str) -> dict[str, float]:
        """Percent by part: a slow wave, and more of it with every run on the machine."""
        with self._runs.lock:
            busy = sum(1 for run in self._runs.all.values() if run.status == "running" and run.node == node)
        work = 1 - math.exp(-busy / 4)
        at, base = self._now(), 12.0 if node == "spark" else 8.0
        training = 30.0 if node == "spark" and self._training() else 0.0
        gpu = min(99.0, 4 + 84 * work + training + _wave(at, 17, 4))
        return {
            "cpu": round(min(99.0, base + 52 * work + _wave(at, 23, 6)), 1),
            "gpu": round(gpu, 1),
            "vram": round(min(97.0, 21 + 40 * work + training + _wave(at, 61, 2)), 1),
            "ram": round(min(96.0, 34 + 30 * work + _wave(at, 97, 2)), 1),
            "temperature": round(41 + gpu * 0.36, 1),
        }

    def _model(self, node: str) -> str | None:
        with self._runs.lock:
            models = [run.model for run in self._runs.all.values() if run.status == "running" and run.node == node]
        return models[-1] if models else None


def _wave(at: float, period_s: float, height: float) -> float:
    return height * math.sin(at * math.tau / period_s)


def _other_stats(told: dict[str, Any]) -> dict[str, Any]:
    """The nested form: system.cpu_percent and gpu_stats[0]."""
    return {
        "system": {"cpu_percent": told["cpu_percent"]},
        "gpu_stats": [
            {
                "name": told["active_model"],
                "utilization": told["gpu_percent"],
                "memory_percent": told["vram_percent"],
                "memory_used": told["memory_used"],
                "memory_total": told["memory_total"],
            }
        ],
        "memory_percent": told["ram_percent"],
    }


def storage() -> dict[str, Any]:
    """Disks of spark."""
    sizes = {
        "models": (612.0, 1_900.0),
        "datasets": (84.2, 500.0),
        "checkpoints": (391.7, 1_000.0),
        "root": (122.5, 465.0),
    }
    return {"spark": {name: {"used_gb": used, "total_gb": total} for name, (used, total) in sizes.items()}}


def services() -> list[dict[str, str]]:
    """Names and states."""
    return [{"name": name, "status": "running"} for name in ("bobspark-apis", "ollama", "postgres", "caddy")]

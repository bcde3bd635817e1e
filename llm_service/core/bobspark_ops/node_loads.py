"""The load of a machine under any of the names that its servers use (PROTOCOLS 1.7 and 1.11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from llm_service.core.bobspark.fields import first, object_in
from llm_service.core.operations.node_shapes import DiskUse

Level = Literal["ok", "warn", "critical", "offline", "unknown"]

WARN, CRITICAL = 70.0, 90.0
MOST_DISKS = 12
MOST_TEXT = 100
_NUMBER = re.compile(r"\s*(-?\d{1,12}(?:[.,]\d{1,6})?)")
_OVERSHOOT = 101.0
"""Rounding carries a full machine a little over 100; more than this is no percentage."""


class NodeLoad(NamedTuple):
    """What a server says of a machine, percent 0 to 100; None is "it did not say"."""

    cpu: float | None = None
    gpu: float | None = None
    vram: float | None = None
    ram: float | None = None
    memory_used: str | None = None
    memory_total: str | None = None
    temperature_c: float | None = None
    model: str | None = None
    uptime: str | None = None
    disks: tuple[DiskUse, ...] = ()


def node_load(value: object) -> NodeLoad | None:
    """The answer of `/api/system/stats` and `/api/system/linux/stats`; None where it is no object.

    What is not told at the top is looked for in `system`, and of the GPU in the first of `gpu_stats` or `gpus`.
    """
    if not isinstance(value, Mapping):
        return None
    rows = (value, object_in(value, "system"))
    gpu = _first_object(value.get("gpu_stats")) or _first_object(value.get("gpus"))
    used, total = _told(rows, "memory_used"), _told(rows, "memory_total")
    if used is None and total is None:
        used, total = gpu.get("memory_used"), gpu.get("memory_total")
    return NodeLoad(
        cpu=_percent(_told(rows, "cpu_percent", "cpu", "cpu_pct")),
        gpu=_percent(
            _or(_told(rows, "gpu_percent", "gpu", "gpu_pct"), first(gpu, "utilization", "utilization_percent"))
        ),
        vram=_percent(_or(_told(rows, "vram_percent", "vram_pct"), gpu.get("memory_percent"), _share(gpu))),
        ram=_percent(_told(rows, "ram_percent", "memory_percent", "ram_pct")),
        memory_used=_text(used),
        memory_total=_text(total),
        temperature_c=_number(_or(_told(rows, "temperature", "temperature_c", "gpu_temp"), gpu.get("temperature"))),
        model=_text(_or(_told(rows, "active_model", "model"), gpu.get("name"))),
        uptime=_text(_told(rows, "uptime")),
        disks=_disks(value),
    )


def metrics_loads(value: object) -> dict[str, NodeLoad]:
    """The answer of `/api/metrics`, by machine; texts as "44.2 GB" and "72°C" stay or become numbers."""
    if not isinstance(value, Mapping):
        return {}
    return {name: _metrics_load(row) for name in ("spark", "linux") if isinstance(row := value.get(name), Mapping)}


def _metrics_load(row: Mapping[str, Any]) -> NodeLoad:
    return NodeLoad(
        cpu=_percent(first(row, "cpu_pct", "cpu_percent")),
        gpu=_percent(first(row, "gpu_pct", "gpu_percent")),
        vram=_percent(first(row, "vram_pct", "vram_percent")),
        ram=_percent(first(row, "ram_pct", "ram_percent")),
        memory_used=_text(first(row, "vram_gb", "ram_gb")),
        temperature_c=_number(first(row, "gpu_temp", "cpu_temp")),
        uptime=_text(first(row, "uptime")),
    )


def filled(load: NodeLoad, other: NodeLoad | None) -> NodeLoad:
    """`load`, with what it did not say taken from the other."""
    if other is None:
        return load
    said = {name: value for name, value in load._asdict().items() if value not in (None, ())}
    return other._replace(**said)


def level_of(load: NodeLoad) -> Level:
    """The worst of the bars: warn from 70, critical from 90; unknown where no bar is told."""
    bars = [bar for bar in (load.cpu, load.gpu, load.vram, load.ram) if bar is not None]
    if not bars:
        return "unknown"
    return "critical" if max(bars) >= CRITICAL else "warn" if max(bars) >= WARN else "ok"


def _told(rows: tuple[Mapping[str, Any], ...], *names: str) -> object:
    """The first of these fields that says something; an object of that name does not, whatever is in it."""
    for row in rows:
        for name in names:
            value = row.get(name)
            if value is not None and value != "" and not isinstance(value, (Mapping, list)):
                return value
    return None


def _or(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _first_object(value: object) -> Mapping[str, Any]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return value[0]
    return {}


def _number(value: object) -> float | None:
    """A number, or the one a text begins with, as "72°C"."""
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return float(found[1].replace(",", ".")) if found else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e12 < value < 1e12:
        return None
    return float(value)


def _percent(value: object) -> float | None:
    number = _number(value)
    return None if number is None or not 0 <= number <= _OVERSHOOT else min(100.0, number)


def _share(row: Mapping[str, Any]) -> float | None:
    used, total = _number(row.get("memory_used")), _number(row.get("memory_total"))
    return None if used is None or not total or total < 0 else round(100 * used / total, 1)


def _text(value: object) -> str | None:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip()[:MOST_TEXT] or None


def _disks(value: Mapping[str, Any]) -> tuple[DiskUse, ...]:
    """`disk: {name: {used_gb, total_gb}}`, and `disk_percent` where there is only that."""
    disk = value.get("disk")
    found = []
    for name, row in list(disk.items())[:MOST_DISKS] if isinstance(disk, Mapping) else ():
        if isinstance(row, Mapping):
            used, total = _number(row.get("used_gb")), _number(row.get("total_gb"))
            share = round(100 * used / total, 1) if used is not None and total else None
            found.append(DiskUse(name=str(name)[:MOST_TEXT], used_gb=used, total_gb=total, percent=_percent(share)))
    if not found and (percent := _percent(first(value, "disk_percent", "disk_pct"))) is not None:
        found.append(DiskUse(name="disk", used_gb=None, total_gb=None, percent=percent))
    return tuple(found)

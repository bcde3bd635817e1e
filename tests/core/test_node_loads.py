"""The load of a machine, under every name that is known of it."""

from __future__ import annotations

from typing import Any

import pytest

from llm_service.core.bobspark_ops.node_loads import NodeLoad, filled, level_of, metrics_loads, node_load

GPU = {"name": "GB10", "utilization": 88, "memory_percent": 64.1}
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "as the simulator of the specification": (
        {"cpu_percent": 31.2, "gpu_percent": 88.0, "vram_percent": 64.1, "ram_percent": 52.0, "active_model": "m"},
        {"cpu": 31.2, "gpu": 88.0, "vram": 64.1, "ram": 52.0, "model": "m"},
    ),
    "cpu": ({"cpu": 5}, {"cpu": 5.0}),
    "system.cpu_percent": ({"system": {"cpu_percent": 5}}, {"cpu": 5.0}),
    "cpu that is an object is none": ({"cpu": {"cores": 20}, "system": {"cpu_percent": 5}}, {"cpu": 5.0}),
    "gpu": ({"gpu": 7.5}, {"gpu": 7.5}),
    "gpu_stats": ({"gpu_stats": [GPU]}, {"gpu": 88.0, "vram": 64.1, "model": "GB10"}),
    "gpus": ({"gpus": [GPU]}, {"gpu": 88.0, "vram": 64.1, "model": "GB10"}),
    "gpus with sizes only": (
        {"gpus": [{"utilization": 1, "memory_used": 30, "memory_total": 120}]},
        {"gpu": 1.0, "vram": 25.0, "memory_used": "30", "memory_total": "120"},
    ),
    "no gpus": ({"gpu_stats": [], "gpus": None, "cpu": 1}, {"cpu": 1.0}),
    "memory_percent": ({"memory_percent": 52}, {"ram": 52.0}),
    "ram_percent first": ({"ram_percent": 1, "memory_percent": 2}, {"ram": 1.0}),
    "model": ({"model": "m"}, {"model": "m"}),
    "active_model first": ({"active_model": "a", "model": "b", "gpu_stats": [{"name": "c"}]}, {"model": "a"}),
    "sizes as text": (
        {"memory_used": "44.2 GB", "memory_total": "128 GB"},
        {"memory_used": "44.2 GB", "memory_total": "128 GB"},
    ),
    "temperature as text": ({"temperature": "72°C"}, {"temperature_c": 72.0}),
    "temperature": ({"temperature": 71.5}, {"temperature_c": 71.5}),
    "percent as text": ({"cpu_percent": "31,5 %"}, {"cpu": 31.5}),
    "a rounding over 100": ({"cpu_percent": 100.4}, {"cpu": 100.0}),
    "no percentage": ({"cpu_percent": 400, "gpu_percent": -1, "ram_percent": True, "vram_percent": "n/a"}, {}),
    "no number": ({"cpu_percent": float("nan"), "gpu_percent": float("inf"), "ram_percent": 10**400}, {}),
    "disks": (
        {"disk": {"root": {"used_gb": 50, "total_gb": 200}, "ckpts": {"used_gb": 1}, "odd": 3}},
        {
            "disks": (
                {"name": "root", "used_gb": 50.0, "total_gb": 200.0, "percent": 25.0},
                {"name": "ckpts", "used_gb": 1.0, "total_gb": None, "percent": None},
            )
        },
    ),
    "disk_percent": (
        {"disk_percent": 40},
        {"disks": ({"name": "disk", "used_gb": None, "total_gb": None, "percent": 40.0},)},
    ),
    "nothing": ({}, {}),
}


@pytest.mark.parametrize(("value", "load"), CASES.values(), ids=CASES)
def test_a_load_is_read(value: Any, load: dict[str, Any]) -> None:
    assert node_load(value) == NodeLoad(**load)


@pytest.mark.parametrize("value", [None, [], "ok", 3])
def test_what_is_no_object_is_no_load(value: object) -> None:
    assert node_load(value) is None
    assert metrics_loads(value) == {}


def test_the_metrics_page_is_read_by_machine() -> None:
    told = {
        "spark": {"cpu_pct": 1, "gpu_pct": 2, "vram_pct": 3, "vram_gb": "44.2 GB", "gpu_temp": "72°C", "uptime": "2d"},
        "linux": {"cpu_pct": 4, "gpu_pct": None, "cpu_temp": 61, "ram_gb": "12 GB"},
        "ollama_models": 4,
    }
    assert metrics_loads(told) == {
        "spark": NodeLoad(cpu=1.0, gpu=2.0, vram=3.0, memory_used="44.2 GB", temperature_c=72.0, uptime="2d"),
        "linux": NodeLoad(cpu=4.0, memory_used="12 GB", temperature_c=61.0),
    }


def test_what_one_page_does_not_tell_is_taken_from_the_other() -> None:
    other = NodeLoad(cpu=9.0, uptime="2d", temperature_c=70.0)
    assert filled(NodeLoad(cpu=0.0, gpu=5.0), other) == NodeLoad(cpu=0.0, gpu=5.0, uptime="2d", temperature_c=70.0)
    assert filled(NodeLoad(cpu=1.0), None) == NodeLoad(cpu=1.0)


@pytest.mark.parametrize(
    ("load", "level"),
    [
        (NodeLoad(), "unknown"),
        (NodeLoad(cpu=0.0), "ok"),
        (NodeLoad(cpu=69.9), "ok"),
        (NodeLoad(cpu=70.0), "warn"),
        (NodeLoad(cpu=1.0, vram=89.9), "warn"),
        (NodeLoad(cpu=1.0, ram=90.0), "critical"),
        (NodeLoad(cpu=95.0, gpu=75.0), "critical"),
    ],
)
def test_the_level_is_that_of_the_worst_bar(load: NodeLoad, level: str) -> None:
    assert level_of(load) == level

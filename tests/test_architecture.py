"""The house's law: imports point down, siblings never meet, third parties live in their rooms, files stay small."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
PACKAGE = REPO / "llm_service"

FLOORS = {
    "cli": 6,
    "__main__": 6,
    "runtime": 5,
    "telemetry_wiring": 5,
    "telemetry_opening": 5,
    "measuring": 5,
    "upstream_wiring": 5,
    "simulators": 4,
    "sources": 4,
    "dashboard": 4,
    "telemetry": 4,
    "clients": 3,
    "instance": 3,
    "hub": 2,
    "core": 1,
    "settings": 2,
    "setting_kinds": 0,
    "instance_record": 1,
    "private_files": 0,
    "mounts": 0,
    "upstreams": 0,
    "logs": 0,
    "background": 0,
    "optional_modules": 0,
    "errors": 0,
    "": 0,  # the package itself: its version
}
"""Rooms by floor. A room may import rooms of lower floors and, on its own floor, only itself."""

SAME_FLOOR = {
    ("__main__", "cli"),
    ("runtime", "telemetry_wiring"),
    ("telemetry_wiring", "telemetry_opening"),
    ("runtime", "measuring"),
    ("runtime", "upstream_wiring"),
    ("upstream_wiring", "telemetry_wiring"),
    ("measuring", "runtime"),
    ("private_files", "errors"),
    ("logs", "errors"),
}
"""Rooms of one floor that are one thing in two files."""

HOMES = {
    "click": {"cli"},
    "flask": {"dashboard"},
    "werkzeug": {"dashboard"},
    "flask_cors": {"dashboard"},
    "flask_socketio": {"dashboard"},
    "socketio": {"dashboard"},
    "engineio": {"dashboard"},
    "simple_websocket": {"dashboard"},
    "wsproto": {"dashboard"},
    "markdown_it": {"dashboard"},
    "watchdog": {"sources"},
    "pydantic": {"cli"},
    "platformdirs": {"cli", "instance", "sources", "telemetry"},
    "yaml": {"core", "cli"},
    "typing_extensions": {"core"},
    "sqlite_utils": {"telemetry"},
    "genai_prices": {"telemetry"},
    "tzlocal": {"telemetry", "cli"},
    "zstandard": {"sources"},
    "prometheus_client": {"dashboard"},
    "google": {"dashboard"},
    "opentelemetry": {"dashboard"},
    "requests": {"telemetry", "clients"},
    "urllib3": {"clients"},
    "sseclient": {"clients"},
}
"""Which rooms may import which distribution. One that is not listed has no home yet."""

IMPURE = {
    "asyncio",
    "fcntl",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "random",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
"""What core/ may not touch: clocks, threads, sockets, files, processes, chance."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base", "manager"}
CEILINGS = {".py": 400, ".js": 400, ".mjs": 400, ".css": 600}
"""Lines; a rule of CSS takes more of them than a thought in code."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that `path` imports, wherever in the file, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            module = node.module or ""
            for alias in node.names:
                deeper = f"{module}.{alias.name}"
                is_module = (REPO / deeper.replace(".", "/")).with_suffix(".py").exists()
                is_package = (REPO / deeper.replace(".", "/") / "__init__.py").exists()
                yield (deeper if is_module or is_package else module), node.lineno


def complaint(importer: str, imported: str) -> str | None:
    """Why this import is against the law, or None."""
    top = imported.split(".")[0]
    room = room_of(importer)
    if top == "llm_service":
        return _floor_complaint(room, room_of(imported))
    if top in sys.stdlib_module_names:
        return f"core/ is pure, {top} is not" if room == "core" and top in IMPURE else None
    if top not in HOMES:
        return f"{top} has no home; name one in HOMES"
    return None if room in HOMES[top] else f"{top} lives only in {', '.join(sorted(HOMES[top]))}"


def _floor_complaint(room: str, other: str) -> str | None:
    if room == other or (room, other) in SAME_FLOOR:
        return None
    if FLOORS[other] < FLOORS[room]:
        return None
    kind = "a sibling" if FLOORS[other] == FLOORS[room] else "a floor above"
    return f"{other or 'the package'} is {kind} of {room or 'the package'}"


def test_every_import_points_down_and_every_third_party_is_at_home() -> None:
    found = [
        f"{path.relative_to(REPO)}:{line}: {reason} ({imported})"
        for path in modules()
        for imported, line in imports(path)
        if (reason := complaint(name_of(path), imported))
    ]
    assert found == []


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(name_of(path)) for path in modules()}
    assert rooms <= set(FLOORS), f"no floor for {sorted(rooms - set(FLOORS))}"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("llm_service.hub", "flask"),
        ("llm_service.sources.taskfiles", "llm_service.dashboard.app"),
        ("llm_service.core.board", "time"),
        ("llm_service.core.board", "os"),
        ("llm_service.core.board", "llm_service.hub"),
        ("llm_service.dashboard.api", "watchdog.observers"),
        ("llm_service.dashboard.api", "pydantic"),
        ("llm_service.core.tasks", "llm_service.settings"),
        ("llm_service.sources.taskfiles", "llm_service.telemetry.recorder"),
        ("llm_service.runtime", "llm_service.cli"),
        ("llm_service.errors", "llm_service.logs"),
        ("llm_service.hub", "requests"),
    ],
)
def test_a_planted_violation_is_found(importer: str, imported: str) -> None:
    assert complaint(importer, imported)


def test_core_opens_no_file() -> None:
    calls = [
        f"{path.relative_to(REPO)}:{node.lineno}"
        for path in (PACKAGE / "core").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input")
    ]
    assert calls == []


def test_no_file_is_longer_than_the_ceiling() -> None:
    ours = [path for folder in (PACKAGE, REPO / "tests", REPO / "benchmarks") for path in folder.rglob("*.*")]
    files = [path for path in ours if path.suffix in CEILINGS and "vendor" not in path.parts]
    counted = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {str(path.relative_to(REPO)): n for path, n in counted.items() if n > CEILINGS[path.suffix]} == {}


def test_every_file_is_named_for_its_idea() -> None:
    assert [str(path) for path in modules() if path.stem.lower() in VAGUE] == []


def test_importing_the_package_loads_nothing_else() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]

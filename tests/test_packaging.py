"""What is shipped is what is here: the wheel, installed in a clean environment, serves every static file."""

from __future__ import annotations

import configparser
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.server import REPO, clean_environ

pytestmark = pytest.mark.timeout(180)
STATIC = REPO / "llm_service/dashboard/static"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built from a copy so that nothing is left behind here."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        if (REPO / name).exists():
            shutil.copy(REPO / name, source)
    (source / "README.md").touch()
    shutil.copytree(REPO / "llm_service", source / "llm_service", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*command, "-w", str(source / "dist"), str(source)], capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel and nothing of this tree; its dependencies are the ones tested here."""
    target = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(target, with_pip=False, symlinks=True)
    scheme = {"base": str(target), "platbase": str(target)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    # A .pth line adds the outer packages without their own .pth files, so an editable install stays out.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(target / "bin/python"), "install", "--quiet"]
    done = subprocess.run(
        [*command, "--no-deps", "--no-index", "--ignore-installed", str(wheel)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def shipped_server(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """`llm-service dashboard start` of the installed wheel, far from this tree."""
    home = tmp_path_factory.mktemp("home")
    environ = {name: value for name, value in clean_environ(home).items() if name != "PYTHONPATH"}
    with (home / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [str(installed / "bin/llm-service"), "dashboard", "start", "--port", "0", "--no-browser", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environ,
            cwd=home,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (home / "stderr").read_text()
        yield json.loads(line)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def repository_files() -> list[str]:
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("llm_service/")}
    here = {
        path.relative_to(REPO).as_posix()
        for path in (REPO / "llm_service").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in here if not name.endswith((".swp", "~"))} - shipped == set()


def test_the_installed_package_is_the_wheels_own(installed: Path, tmp_path: Path) -> None:
    environ = {name: value for name, value in clean_environ(tmp_path).items() if name != "PYTHONPATH"}
    code = "import llm_service; print(llm_service.__file__, llm_service.__version__)"
    said = subprocess.run(
        [str(installed / "bin/python"), "-c", code], capture_output=True, text=True, env=environ, cwd=tmp_path
    ).stdout.split()
    assert said[0].startswith(str(installed))
    assert said[1] == "0.1.0"


def test_the_installed_server_serves_the_page_and_every_static_file(shipped_server: dict) -> None:
    files = repository_files()
    assert "index.html" in files
    token = Path(shipped_server["token_file"]).read_text().strip()
    connection = http.client.HTTPConnection("127.0.0.1", shipped_server["port"], timeout=30)
    wrong = {}
    for path, expected in [("/", "index.html"), *((f"/static/{name}", name) for name in files)]:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or (path != "/" and body != (STATIC / expected).read_bytes()):
            wrong[path] = response.status
    connection.close()
    assert wrong == {}


def test_every_runtime_dependency_is_pinned_above_its_lower_bound() -> None:
    setup = configparser.ConfigParser()
    setup.read(REPO / "setup.cfg")
    wanted = {}
    for line in setup["options"]["install_requires"].split():
        name, bound = line.split(">=")
        wanted[_canonical(name)] = bound.partition(",")[0]
    pins = {}
    for line in (REPO / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            pins[_canonical(name)] = version
    missing = {name for name, bound in wanted.items() if _parts(pins.get(name, "0")) < _parts(bound)}
    assert missing == set()


def test_the_pins_are_the_versions_tested_here() -> None:
    from importlib.metadata import PackageNotFoundError, version

    differing = {}
    for line in (REPO / "requirements.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, pinned = line.split("==")
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "missing"
        if found != pinned:
            differing[name] = found
    assert differing == {}


def test_the_repository_names_no_path_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True)
    assert listed.returncode == 0
    named = [
        name.decode()
        for name in listed.stdout.split(b"\0")
        if name and (REPO / name.decode()).is_file() and os.fsencode(REPO) in (REPO / name.decode()).read_bytes()
    ]
    assert named == []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))

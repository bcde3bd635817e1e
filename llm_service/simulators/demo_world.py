"""The demo's world as a process of its own: simulated servers, a board that moves, costs. It ends with its parent.

``python -m llm_service.simulators.demo_world FOLDER`` furnishes FOLDER/board, prints one line of JSON with the servers'
addresses, reads one with the dashboard's address and token, and works until its standard input ends: also the kernel
ends it, when the parent is killed. Then FOLDER is removed, because nobody else may be left to do it.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from llm_service.simulators.bobspark import Bobspark
from llm_service.simulators.conductor import Conductor
from llm_service.simulators.demo_board import DemoBoard
from llm_service.simulators.demo_costs import DemoCosts
from llm_service.simulators.skill_training import SkillTraining

BOARD = Path("demo", "board")
WORKERS, SLOTS, PAST_RUNS, LENGTH = 9, 6, 420, 3.0
SKILL_EVERY_S = 100.0
TRAINED = ("monday_com_expert_skills", "electrician", "molasses-master-expert", "plumbing_receptionist_expert")
REMOVE_TRIES = 20


class DemoWorld:
    """Everything that is simulated; `begin` starts it, `end` stops it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._seed = seed
        self.bobspark = Bobspark(seed=seed, slots=SLOTS, length=LENGTH, past_runs=PAST_RUNS, workers=WORKERS)
        self.skills = SkillTraining(seed=seed, past=True)
        self._board = DemoBoard(folder / BOARD, seed, time.time)
        self._conductor = Conductor("demo-board")
        self._costs: DemoCosts | None = None
        self._trained = 0

    def begin(self) -> None:
        """Furnish the board and open the servers."""
        self._board.furnish()
        self.bobspark.start()
        self.skills.start()
        self._board.begin(self._conductor)
        self._conductor.after(0.0, self._train_a_skill)
        self._conductor.start()

    def pay(self, url: str, token: str | None) -> None:
        """Hand in what things cost, at the dashboard's own door."""
        self._costs = DemoCosts(url, token, self._board, self._seed, time.time)
        self._costs.start()

    def end(self) -> None:
        """Stop everything."""
        if self._costs is not None:
            self._costs.stop()
        self._conductor.stop()
        self.bobspark.stop()
        self.skills.stop()

    def _train_a_skill(self) -> float:
        skill = TRAINED[self._trained % len(TRAINED)]
        self._trained += 1
        if self.skills.jobs.guarded(skill) is None:
            self.skills.jobs.start(skill, {"epochs": 10})
        return SKILL_EVERY_S


def main(folder: Path, seed: int = 4) -> None:
    """Work until standard input ends, then leave nothing behind."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent decides, by closing the pipe
    world = DemoWorld(folder, seed)
    world.begin()
    print(json.dumps({"bobspark": world.bobspark.url, "skill_training": world.skills.url}), flush=True)
    line = sys.stdin.readline()
    if line.strip():
        told = json.loads(line)
        world.pay(told["url"], told["token"])
    while sys.stdin.readline():
        pass
    world.end()
    remove(folder)


def remove(folder: Path) -> None:
    """Remove the folder; who still writes into it (a killed parent's helper) is waited for a little."""
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        threading.Event().wait(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

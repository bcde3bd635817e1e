"""Claude Code's logs as they lie on a busy machine: most bytes are tool results, a reply is one to three lines."""

from __future__ import annotations

import json
import random
import time
import uuid
from pathlib import Path
from typing import Any

MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")
PROJECTS = 40
_IDS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


class Sessions:
    """Writes sessions below `home`; the same ones for the same seed."""

    def __init__(self, home: Path, seed: int = 7) -> None:
        self._home = home
        self._chance = random.Random(seed)
        words = ["".join(self._chance.choices("etaoinshrdlucmfwyp", k=self._chance.randint(2, 9))) for _ in range(4000)]
        self._words = words
        names = zip(words, words[1:], words[2:], strict=False)
        self._code = [f"    def {a}(self, {b}):\n        return self.{c}[{len(a)}]\n" for a, b, c in names]
        self._at_s = int(time.time()) - 90 * 86_400
        self.calls = 0

    def write(self, total: int) -> int:
        """Write sessions until there are `total` bytes; gives how many there are."""
        written = number = 0
        while written < total:
            written += self._session(number)
            number += 1
        return written

    def _session(self, number: int) -> int:
        name, project = self._uuid(), f"proj{number % PROJECTS}"
        path = self._home / f".claude/projects/-home-ada-{project}" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        around = {"isSidechain": False, "userType": "external", "cwd": f"/home/ada/{project}", "sessionId": name}
        around |= {"version": "2.1.220", "gitBranch": "main"}
        lines: list[dict[str, Any]] = [{"type": "summary", "summary": self._prose(60), "leafUuid": self._uuid()}]
        cached = 18_000
        for turn in range(self._chance.randint(40, 400)):
            wrote = self._chance.randint(100, 4000)
            lines += self._reply(around, cached, wrote)
            cached += wrote
            lines.append(self._result(around))
            if turn % 15 == 0:
                lines.append({"type": "file-history-snapshot", "messageId": self._uuid(), "snapshot": {}})
        data = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
        path.write_bytes(data)
        return len(data)

    def _reply(self, around: dict[str, Any], cached: int, wrote: int) -> list[dict[str, Any]]:
        """One call: a line per content block, the last with all of its output."""
        self.calls += 1
        chance, copies = self._chance, self._chance.choice([1, 2, 2, 3])
        name, model, output = "".join(chance.choices(_IDS, k=22)), chance.choice(MODELS), chance.randint(80, 1200)
        lines = []
        for copy in range(copies):
            last = copy == copies - 1
            usage = {
                "input_tokens": 5,
                "cache_creation_input_tokens": wrote,
                "cache_read_input_tokens": cached,
                "cache_creation": {"ephemeral_5m_input_tokens": wrote, "ephemeral_1h_input_tokens": 0},
                "output_tokens": output if last else chance.randint(1, 9),
                "service_tier": "standard",
            }
            message = {"model": model, "id": f"msg_01{name}", "type": "message", "role": "assistant"}
            message |= {"content": [self._block(copy, last, name)], "stop_reason": None, "usage": usage}
            stamp = {"requestId": f"req_01{name}", "type": "assistant", "uuid": self._uuid(), "timestamp": self._now()}
            lines.append({"parentUuid": self._uuid(), **around, "message": message, **stamp})
        return lines

    def _block(self, copy: int, last: bool, name: str) -> dict[str, Any]:
        if last:
            size = self._chance.choice([200, 600, 3000])
            edit = {"file_path": "a.py", "old_string": self._source(300), "new_string": self._source(size)}
            return {"type": "tool_use", "id": f"toolu_{name}", "name": "Edit", "input": edit}
        if copy == 0:
            return {"type": "thinking", "thinking": self._prose(600), "signature": "E" * 400}
        return {"type": "text", "text": self._prose(400)}

    def _result(self, around: dict[str, Any]) -> dict[str, Any]:
        content = self._source(self._chance.choices([200, 800, 3000, 15_000], [4, 4, 3, 0.6])[0])
        result = {"type": "text", "file": {"filePath": "a.py", "content": content}}
        message = {"role": "user", "content": [{"type": "tool_result", "content": content}]}
        stamp = {"uuid": self._uuid(), "timestamp": self._now(), "toolUseResult": result}
        return {"parentUuid": self._uuid(), **around, "type": "user", "message": message, **stamp}

    def _prose(self, length: int) -> str:
        return " ".join(self._chance.choices(self._words, k=length // 6 + 1))

    def _source(self, length: int) -> str:
        return "".join(self._chance.choices(self._code, k=length // 50 + 1))

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128)))

    def _now(self) -> str:
        # Ninety days of work, whatever the size: a thousand sessions overlap as those of several terminals do.
        self._at_s += self._chance.randint(1, 12)
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self._at_s))

"""A process that writes invocations until it is killed: ``python -m tests.kit.store_writer STATE_DIR SEED``.

After each commit it prints the ids that it was told are kept, on one line.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from llm_service.core.invocations.usage import Door, Invocation
from tests.kit.store import HOUR_MS, NOON_MS, Clock, FlatPrices, Recorder, open_database, row


def batch(chance: random.Random) -> list[Invocation]:
    """Rows with doubles, better editions and sessions told of by several doors."""
    return [
        row(
            f"id-{chance.randrange(10**6 if chance.random() < 0.8 else 300)}",
            NOON_MS - chance.randrange(200 * HOUR_MS),
            model=chance.choice(("sonnet", "haiku", "new-model")),
            door=chance.choice(list(Door)),
            session=f"s-{chance.randrange(40)}",
            rank=chance.randrange(3),
            latency_ms=chance.randrange(5000),
        )
        for _ in range(chance.randrange(1, 400))
    ]


def main(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    recorder = Recorder(open_database(folder), FlatPrices(), now_ms=Clock())
    recorder.start()
    while True:
        rows = batch(chance)
        # Some are not waited for: they need not be there, but must not do harm.
        recorder.offer(batch(chance)[:20])
        recorder.record(rows)
        print(" ".join(call.invocation_id for call in rows), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

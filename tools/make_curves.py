"""Records the curves of tests/data/curves/: real small models, trained here with numpy, well and badly.

`python tools/make_curves.py` writes them anew. Everything is drawn from fixed seeds; another BLAS may change the last
digits, so the files are kept. Columns: step, loss, lr, at_ms (since the start). Rows are in the order in which a
trainer would tell them, so that a return to a checkpoint is a step back.
"""

from __future__ import annotations

import csv
from pathlib import Path

from curves.healthy import HEALTHY, fine_tune_of_the_table
from curves.sick import SICK
from curves.training import Row

FOLDER = Path(__file__).resolve().parent.parent / "tests/data/curves"


def main() -> None:
    """Write every curve into its file."""
    recorded = [("healthy", made.__name__, made) for made in HEALTHY]
    recorded += [("healthy", f"fine_tune_{number + 1}", fine_tune_of_the_table(number)) for number in range(4)]
    recorded += [("sick", made.__name__, made) for made in SICK]
    for kind, name, made in recorded:
        path = FOLDER / kind / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(Row._fields)
            rows.writerows((row.step, f"{row.loss:.6g}", f"{row.lr:.6g}", row.at_ms) for row in made())
        print(f"{path.relative_to(FOLDER)}")


if __name__ == "__main__":
    main()

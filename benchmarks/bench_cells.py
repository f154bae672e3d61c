"""Cell tables of arrays and of Parquet: seconds, peak memory, DuckDB's bare GROUP BY beside them.

Each job runs in a process of its own, and times what comes after the imports; the peak memory is
that of the whole process. ``--rows 100000000`` for the large file: 1 GB of disk, a minute to write.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BYTES_A_ROW = 40  # of disk, generously
COLUMNS = {"label": "y", "prediction": "said", "sensitive": ["sex", "race"]}
BARE = "SELECT sex, race, y, said, count(*) FROM read_parquet(?) GROUP BY ALL"
BARE_BINS = """
    SELECT sex, race, y, said, floor(score * 4096) AS bin, count(*), sum(score), sum(score * score),
    min(score), max(score) FROM read_parquet(?) GROUP BY ALL
"""
WRITE = """
    COPY (
        SELECT CASE WHEN random() < 0.5 THEN 'Female' ELSE 'Male' END AS sex,
            chr(65 + CAST(floor(random() * 5) AS INTEGER)) AS race,
            CAST(random() < 0.3 AS TINYINT) AS y, CAST(random() < 0.4 AS TINYINT) AS said,
            random() AS score
        FROM range({rows})
    ) TO '{path}' (FORMAT parquet)
"""


def bare(path: str, query: str) -> Callable[[], object]:
    import duckdb

    connection = duckdb.connect()
    return lambda: connection.execute(query, [path]).fetchall()


def ours(path: str, **more: str) -> Callable[[], object]:
    from audit.metrics.table.backends import cells_from_file

    return lambda: cells_from_file(path, **COLUMNS, **more)


def arrays(rows: int, groups: int, *, scored: bool) -> Callable[[], object]:
    import numpy as np

    from audit.metrics.table.cells import CellTable

    draw = np.random.default_rng(0)
    codes = draw.integers(0, groups, rows).astype(np.int8 if groups < 128 else np.int32)
    names = tuple(str(place) for place in range(groups))
    label, said = (draw.integers(0, 2, rows).astype(np.int8) for _ in range(2))
    score = draw.random(rows) if scored else None
    attribute = ("group", names, codes)
    return lambda: CellTable.from_arrays([attribute], label, said, score=score)


JOBS: dict[str, Callable[[str, int], Callable[[], object]]] = {
    "GROUP BY": lambda path, _: bare(path, BARE),
    "cells": lambda path, _: ours(path),
    "GROUP BY, even bins": lambda path, _: bare(path, BARE_BINS),
    "cells, scores": lambda path, _: ours(path, score="score"),
    "arrays, 10 groups": lambda _, rows: arrays(rows, 10, scored=False),
    "arrays, 10 groups, scores": lambda _, rows: arrays(rows, 10, scored=True),
    "arrays, 10⁶ groups": lambda _, rows: arrays(rows, 1_000_000, scored=False),
    "arrays, 10⁶ groups, scores": lambda _, rows: arrays(rows, 1_000_000, scored=True),
}


def run(job: str, path: str, rows: int, repeats: int) -> None:
    """Do one job in this process and print its seconds and peak memory."""
    call = JOBS[job](path, rows)
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": min(taken), "mb": peak}))


def measured(job: str, path: str = "", rows: int = 0, repeats: int = 3) -> dict[str, float]:
    command = [sys.executable, __file__, "--job", job, "--path", path, "--rows", str(rows)]
    done = subprocess.run(
        [*command, "--repeats", str(repeats)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def files(rows: int, folder: str, repeats: int) -> None:
    need, free = rows * BYTES_A_ROW, shutil.disk_usage(folder).free
    if need > free:
        print(f"expected {need / 1e9:.0f} GB of free disk, came {free / 1e9:.0f}: no large file")
        return
    path = str(Path(folder) / "rows.parquet")
    import duckdb

    duckdb.connect().execute(WRITE.format(rows=rows, path=path))
    size = Path(path).stat().st_size / 1e6
    print(f"\nParquet, {rows:,} rows, {size:,.0f} MB, {os.cpu_count()} cores")
    for bare_job, our_job in (("GROUP BY", "cells"), ("GROUP BY, even bins", "cells, scores")):
        theirs, own = (measured(job, path, repeats=repeats) for job in (bare_job, our_job))
        ratio = own["seconds"] / theirs["seconds"]
        for job, found, times in ((bare_job, theirs, ""), (our_job, own, f"{ratio:.2f}×")):
            print(f"{job:<28} {found['seconds']:>8.3f}s {found['mb']:>8,.0f} MB {times:>8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="of the Parquet file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only-files", action="store_true")
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--path", default="")
    given = parser.parse_args()
    if given.job:
        run(given.job, given.path, given.rows, given.repeats)
        return
    print("Arrays")
    for rows in [] if given.only_files else [1_000_000, 10_000_000]:
        for job in [name for name in JOBS if name.startswith("arrays")]:
            found = measured(job, rows=rows, repeats=2)
            print(f"{rows:>12,} {job:<28} {found['seconds']:>8.3f}s {found['mb']:>8,.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        files(given.rows, folder, given.repeats)


if __name__ == "__main__":
    main()

"""Peak memory and seconds of inputs: Python, imports, the index table, one check, one pass.

Each job runs in a process of its own: it reads the index table, builds the data set (which reads,
checks and hashes every row) and takes every row once more in batches. Memory is flat when the
large job peaks where the small one does; the last column is that ratio.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIDE, STEPS, CHANNELS, WORDS = 32, 50, 3, 12
PART = 5_000
BATCH = 256
KINDS: dict[str, dict[str, Any]] = {
    "images, .npy": {"kind": "image", "array": "images.npy"},
    "images, .npy, shuffled": {"kind": "image", "array": "images.npy", "column": "place"},
    "images, .npz": {"kind": "image", "array": "images.npz"},
    "images, folder of .png": {"kind": "image", "folder": "pictures", "column": "file"},
    "series, .npy": {"kind": "series", "array": "series.npy"},
    "texts": {"kind": "text", "column": "essay"},
}
FEW = {"images, folder of .png": (5_000, 20_000)}


def write(folder: Path, rows: int, kind: str) -> None:
    """Write an index table and the files of one kind of input."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    places = np.arange(rows)
    frame = pd.DataFrame({"y": places % 2, "sex": places // 2 % 2})
    if "shuffled" in kind:
        frame["place"] = draw.permutation(rows)
    if kind == "texts":
        words = np.array([f"word{place}" for place in range(5000)])
        frame["essay"] = [" ".join(draw.choice(words, WORDS)) for _ in range(rows)]
    if "png" in kind:
        from PIL import Image

        (folder / "pictures").mkdir()
        frame["file"] = [f"{place}.png" for place in places]
        for name in frame["file"]:
            image = draw.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(image).save(folder / "pictures" / name)
    frame.to_csv(folder / "index.csv", index=False)
    if kind.startswith("series"):
        _array(folder / "series.npy", (rows, STEPS, CHANNELS), "float32")
    elif kind.startswith("images, .np"):
        _array(folder / "images.npy", (rows, SIDE, SIDE, 3), "uint8")
    if kind.endswith(".npz"):
        import zipfile

        with zipfile.ZipFile(folder / "images.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / "images.npy", "images.npy")


def _array(path: Path, shape: tuple[int, ...], dtype: str) -> None:
    import numpy as np

    draw = np.random.default_rng(1)
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    for start in range(0, shape[0], PART):
        array[start : start + PART] = draw.integers(0, 256, array[start : start + PART].shape)
    array.flush()


def run(folder: Path, kind: str) -> None:
    """Build the data set and take every row, in this process."""
    import numpy as np

    from audit.config import DataConfig
    from audit.data.loading import build_dataset, feature_names, read_table

    began = time.perf_counter()
    values = {
        "path": "index.csv",
        "target": "y",
        "sensitive": ["sex"],
        "inputs": {"x": KINDS[kind]},
    }
    config = DataConfig.model_validate(values)
    table = read_table(config, folder)
    data = build_dataset(config, table, feature_names(config, table), base=folder)
    built = time.perf_counter()
    seen = 0
    for start in range(0, len(data), BATCH):
        seen += len(data.inputs["x"].take(np.arange(start, min(start + BATCH, len(data)))))
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": seen, "build": built - began, "take": done - built, "peak": peak}))


def measure(kind: str, rows: int) -> dict[str, float]:
    """Write the files, run the job in a fresh process, and remove the files."""
    folder = Path(tempfile.mkdtemp(prefix="bench-inputs-"))
    command = [sys.executable, __file__, "--folder", str(folder), "--kind", kind]
    try:
        subprocess.run([*command, "--write", str(rows)], check=True)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--kind", choices=[*KINDS])
    parser.add_argument("--write", type=int)
    asked = parser.parse_args()
    if asked.folder and asked.write:
        write(asked.folder, asked.write, asked.kind)
        return
    if asked.folder:
        run(asked.folder, asked.kind)
        return
    print(f"{'input':<24}{'rows':>9}{'build s':>9}{'take s':>8}{'peak MB':>9}{'ratio':>7}")
    for kind in [asked.kind] if asked.kind else KINDS:
        first = 0.0
        for rows in FEW.get(kind, (asked.small, asked.large)):
            found = measure(kind, rows)
            first = first or found["peak"]
            print(
                f"{kind:<24}{rows:>9,}{found['build']:>9.2f}{found['take']:>8.2f}"
                f"{found['peak']:>9.0f}{found['peak'] / first:>7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

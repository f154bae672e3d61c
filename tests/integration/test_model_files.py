"""Model files that are not what they are said to be: one line, exit 2, nothing written."""

from __future__ import annotations

import os
import sys
import zipfile

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from tables import people

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
FEATURES = ["skill", "commute", "age"]
SUFFIXES = (".onnx", ".pt2", ".pt", ".skops", ".keras", ".h5", ".safetensors")
ARCHIVES = (".pt2", ".skops", ".keras")
SAID = {
    ".onnx": "not an ONNX file",
    ".pt2": "damaged or no archive",
    ".pt": "damaged or no file of torch",
    ".skops": "expected a skops archive",
    ".keras": "damaged or no archive",
    ".h5": "damaged or no HDF5 file",
    ".safetensors": "holds weights alone",
}


def network(*ending):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1), *ending).eval()


def exported(folder):
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(network(), (torch.randn(4, 3),), dynamic_shapes=(rows,))
    torch.export.save(program, folder / "own.pt2")


def program(folder):
    torch.jit.save(torch.jit.script(network()), folder / "own.pt")


def refused(space, arguments=("run", "audit.yaml", "--output", "out")):
    before = space.files()
    code, out, err = space.audit(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert "Traceback" not in err
    assert space.files() == before
    return err


def asked(space, path, **changes):
    model = {"path": path, "output": "logit"} | changes
    space.write(
        model={key: item for key, item in model.items() if item is not None},
        data__features={"include": FEATURES},
        explain={"methods": []},
        weights={"gaps": []},
    )
    return refused(space)


def installed(suffix):
    extra = {".onnx": "onnx", ".h5": "h5py", ".keras": "h5py"}.get(suffix)
    if extra:
        pytest.importorskip(extra, reason=f"reading {suffix} needs an extra")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_text_under_the_name_of_a_model_is_told(space, suffix):
    installed(suffix)
    (space.folder / f"m{suffix}").write_text("hello, world\n" * 40)
    assert SAID[suffix] in asked(space, f"m{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_is_told(space, suffix):
    (space.folder / f"m{suffix}").touch()
    assert f"m{suffix} is empty: it has 0 bytes" in asked(space, f"m{suffix}")
    assert "is empty" in refused(space, ("init", f"m{suffix}", "people.csv", "--force"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_under_the_name_of_a_file_is_told(space, suffix):
    (space.folder / f"m{suffix}").mkdir()
    assert f"m{suffix} is a folder without config.json" in asked(space, f"m{suffix}")
    assert "is a folder" in refused(space, ("init", f"m{suffix}", "people.csv", "--force"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("target", ["m", "gone"], ids=["itself", "nowhere"])
def test_a_link_that_leads_nowhere_is_told(space, suffix, target):
    (space.folder / f"m{suffix}").symlink_to(f"{target}{suffix}")
    said = f"m{suffix} is a link to a file that does not exist"
    assert said in asked(space, f"m{suffix}")
    assert said in refused(space, ("init", f"m{suffix}", "people.csv", "--force"))


@pytest.mark.parametrize("suffix", ARCHIVES)
def test_an_archive_of_nothing_is_told(space, suffix):
    installed(suffix)
    zipfile.ZipFile(space.folder / f"m{suffix}", "w").close()
    assert f"m{suffix}" in asked(space, f"m{suffix}")


@pytest.mark.parametrize("make", [exported, program])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_an_archive_that_is_cut_short_is_told(space, make, share):
    make(space.folder)
    (path,) = (path for path in space.folder.glob("own.*"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    err = asked(space, path.name)
    assert "damaged" in err or "holds no models/model.json" in err


@pytest.mark.parametrize("make", [os.mkfifo], ids=["pipe"])
def test_what_is_no_file_is_not_waited_for(space, make):
    make(space.folder / "m.onnx")
    assert "m.onnx is neither a file nor a folder" in asked(space, "m.onnx")
    assert "neither a file" in refused(space, ("init", "m.onnx", "people.csv", "--force"))


@pytest.mark.parametrize("name", ["m.onnx", "m.pt2", "m.pt"])
def test_a_file_that_may_not_be_read_is_told(space, name, monkeypatch):
    from pathlib import Path

    (space.folder / name).write_text("x")
    opens = Path.open

    def forbidden(self, *args, **kwargs):
        if self.name == name:
            raise PermissionError(13, "Permission denied")
        return opens(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", forbidden)
    assert f"{name} cannot be read (Permission denied)" in asked(space, name)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("own.onx", "model file own.onx does not exist"),
        ("a\0b.onnx", "does not exist"),
        ("a\nb.onnx", "model file a b.onnx does not exist"),
        ("a" * 300 + ".onnx", "cannot be read (File name too long)"),
        (".", "is a folder without config.json"),
        ("people.csv", "people.csv is of an unknown format"),
        ("network.safetensors", "holds weights alone, which say nothing of the network"),
    ],
    ids=["typo", "null", "line break", "long", "here", "table", "weights"],
)
def test_a_path_that_names_no_model_is_told(space, path, said):
    assert said in asked(space, path)


def test_a_name_that_is_not_utf8_leaves_no_half_configuration(space):
    exported(space.folder)
    name = os.fsdecode(b"m\xff.pt2")
    try:
        (space.folder / "own.pt2").rename(space.folder / name)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    err = refused(space, ("init", name, "people.csv"))
    assert "expected names in UTF-8" in err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": None}, "model.output is missing: a torch.export archive does not say"),
        ({"output": "probability"}, "answers lie outside [0, 1], the first in row"),
        ({"output": "logits"}, "output: logits expects shape (n, 2)"),
        ({"classes": [0, 1, 2]}, "expected a network of two classes, came 3"),
        ({"classes": ["no", "yes"]}, "the network's classes are ['no', 'yes'], and data.target"),
        ({"classes": [1, 1]}, "expected exactly one class that is"),
    ],
    ids=["none", "range", "shape", "three classes", "other classes", "one class twice"],
)
def test_what_contradicts_the_network_is_told(space, changes, said):
    exported(space.folder)
    assert said in asked(space, "own.pt2", **changes)


def test_a_program_that_fails_is_told_without_its_source(space):
    program(space.folder)
    space.write(model={"path": "own.pt", "output": "logit"}, data__features={"include": ["age"]})
    err = refused(space, ("run", "audit.yaml", "--output", "out", "--trust"))
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x1 and 3x4)" in err
    assert "serialized code" not in err


@pytest.mark.parametrize(
    ("library", "suffix"), [("onnx", ".onnx"), ("h5py", ".h5"), ("transformers", "")]
)
def test_a_missing_extra_is_one_line(space, monkeypatch, library, suffix):
    path = space.folder / f"m{suffix}"
    if suffix:
        path.write_bytes(b"something")
    else:
        pytest.importorskip("transformers", reason='pip install "weight-audit[huggingface]"')
        from builders_huggingface import saved

        saved(path)
    monkeypatch.setitem(sys.modules, library, None)
    extra = {"onnx": "onnx", "h5py": "keras", "transformers": "huggingface"}[library]
    output = "logits" if library == "transformers" else "logit"
    assert f'pip install "weight-audit[{extra}]"' in asked(space, path.name, output=output)


def test_a_draft_takes_as_many_columns_as_the_network(space):
    exported(space.folder)
    people()[[*FEATURES, "sex", "hired"]].to_csv(space.folder / "small.csv", index=False)
    code, _, err = space.audit("init", "own.pt2", "small.csv")
    assert code == 0, err
    values = yaml.safe_load((space.folder / "audit.yaml").read_text())
    assert values["data"]["features"] == {"include": FEATURES}


def test_a_draft_names_the_column_of_texts(space):
    pytest.importorskip("transformers", reason='pip install "weight-audit[huggingface]"')
    from builders_huggingface import saved

    saved(space.folder / "reader")
    table = people()[["age", "city", "sex", "hired"]]
    table.assign(letter="good worker, " + table["city"]).to_csv(
        space.folder / "letters.csv", index=False
    )
    code, _, err = space.audit("init", "reader", "letters.csv")
    assert code == 0, err
    text = (space.folder / "audit.yaml").read_text()
    values = yaml.safe_load(text)
    assert values["data"]["features"] == {"include": ["letter"]}
    assert values["model"] == {"path": "reader"}
    assert "encode" not in text


def test_a_draft_of_a_file_that_needs_trust_says_so(space):
    import skops.io
    from sklearn.ensemble import RandomForestClassifier

    table = people()
    forest = RandomForestClassifier(3, max_depth=2, random_state=0)
    skops.io.dump(
        forest.fit(table[FEATURES].to_numpy(), np.asarray(table["hired"])),
        space.folder / "forest.skops",
    )
    assert "pass --trust" in refused(space, ("init", "forest.skops", "people.csv"))
    code, _, err = space.audit("init", "forest.skops", "people.csv", "--trust")
    assert code == 0, err
    text = (space.folder / "audit.yaml").read_text()
    assert "path: forest.skops   # can hold code: audit run needs --trust" in text
    assert "classes" not in text
    assert "encode" not in text
    assert "pass --trust" in refused(space)
    code, out, err = space.audit("run", "audit.yaml", "--output", "out", "--trust")
    assert code == 0, err
    assert "Note: read with --trust, which allowed: sklearn.tree._tree.Tree" in out


def test_a_draft_for_two_linear_outputs_says_logits(space):
    made = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).eval()
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(made, (torch.randn(4, 3),), dynamic_shapes=(rows,))
    torch.export.save(program, space.folder / "two.pt2")
    code, out, err = space.audit("init", "two.pt2", "people.csv", "--force")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("audit run audit.yaml")
    assert yaml.safe_load((space.folder / "audit.yaml").read_text())["model"]["output"] == "logits"


def test_a_program_is_drafted_with_the_flag_that_it_needs(space):
    program(space.folder)
    code, out, _ = space.audit("init", "own.pt", "people.csv", "--force")
    assert code == 0
    assert out.rstrip().endswith("audit run audit.yaml --trust")


@pytest.mark.parametrize("suffix", [".joblib", ".pkl"])
def test_a_pickled_estimator_is_refused_with_its_own_way_out(space, suffix):
    (space.folder / f"m{suffix}").write_bytes(b"\x80\x04.")
    assert "skops.io.dump(model, 'm.skops')" in asked(space, f"m{suffix}")

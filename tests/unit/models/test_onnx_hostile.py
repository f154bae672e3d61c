"""ONNX files that lie about sizes, reach outside their folder or want code run: one clear line."""

import resource
import struct
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from audit.errors import ModelError
from audit.models import onnx_reading, onnx_tensors, onnx_wire
from builders_onnx import FLOAT, loaded, model, node, weights

HUGE = 2**60


def refused(made, folder, *words, **settings):
    """Load a file, which must be refused in one line, soon and without taking memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(ModelError) as caught:
        loaded(made, folder, output="logit", **settings)
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said
    assert time.monotonic() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes
    return said


def plain():
    return model([node("MatMul", ["x", "w"], ["y"])], weights={"w": weights(3, 1)})


def weight(made):
    return made.graph.initializer[0]


def outside(made, location, **stated):
    tensor = weight(made)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **stated}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    return made


def test_weights_beside_the_file_are_read(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"skip" + np.float32([[1], [2], [4]]).tobytes())
    made = outside(plain(), "weights.bin", offset=4, length=12)
    found = loaded(made, tmp_path, output="logit")
    (linear,) = found.network.children()
    assert linear.weight.tolist() == [[1.0, 2.0, 4.0]]


@pytest.mark.parametrize(
    "location", ["../secret.bin", "sub/../../secret.bin", "..\\secret.bin", "", "a\0b"]
)
def test_weights_outside_the_folder_are_refused(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(bytes(12))
    folder = tmp_path / "model"
    folder.mkdir()
    made = outside(plain(), location)
    refused(made, folder, "'w'", "not in the folder of the model")


def test_weights_at_an_absolute_path_are_refused_even_inside_the_folder(tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(12))
    made = outside(plain(), str(tmp_path / "weights.bin"))
    refused(made, tmp_path, "not in the folder of the model")


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_weights_behind_a_link_out_of_the_folder_are_refused(tmp_path, linked):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/weights.bin").write_bytes(bytes(12))
    folder = tmp_path / "model"
    folder.mkdir()
    if linked == "file":
        (folder / "weights.bin").symlink_to(tmp_path / "secret/weights.bin")
        made = outside(plain(), "weights.bin")
    else:
        (folder / "inner").symlink_to(tmp_path / "secret")
        made = outside(plain(), "inner/weights.bin")
    refused(made, folder, "not in the folder of the model")


@pytest.mark.parametrize(
    "stated",
    [{"length": 8}, {"offset": 4}, {"offset": -4}, {"length": HUGE}, {"offset": "one"}],
    ids=str,
)
def test_weights_beside_the_file_are_as_long_as_stated(tmp_path, stated):
    (tmp_path / "weights.bin").write_bytes(bytes(12))
    refused(outside(plain(), "weights.bin", **stated), tmp_path, "'w'")


def test_weights_that_are_not_there_are_named(tmp_path):
    refused(outside(plain(), "weights.bin"), tmp_path, "'weights.bin' does not exist")


def test_external_weights_of_a_size_beyond_reason_take_no_memory(tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(12))
    made = outside(plain(), "weights.bin")
    weight(made).dims[:] = [HUGE, 1]
    refused(made, tmp_path, f"{HUGE:,}")


def test_external_weights_of_a_constant_are_looked_at_too(tmp_path):
    made = outside(plain(), "../secret.bin")
    tensor = TensorProto()
    tensor.CopyFrom(weight(made))
    del made.graph.initializer[:]
    constant = node("Constant", [], ["w"], value=tensor)
    made.graph.node.insert(0, constant)
    refused(made, tmp_path, "not in the folder of the model")


@pytest.mark.parametrize("dims", [[HUGE], [2**31, 2**31], [1024] * 6], ids=str)
def test_a_tensor_that_claims_more_than_there_is_takes_no_memory(tmp_path, dims):
    made = plain()
    weight(made).dims[:] = dims
    refused(made, tmp_path, "'w' claims")


@pytest.mark.parametrize("dims", [[3, 2], [2], [0], [-3, -1]], ids=str)
def test_a_tensor_whose_shape_is_not_that_of_its_data_is_refused(tmp_path, dims):
    made = plain()
    weight(made).dims[:] = dims
    refused(made, tmp_path, "tensor 'w'")


def test_numbers_that_are_stored_one_by_one_are_counted_too(tmp_path):
    made = plain()
    weight(made).ClearField("raw_data")
    weight(made).float_data.extend([1.0, 2.0])
    refused(made, tmp_path, "needs 3 values, the file holds 2")


def test_a_tensor_of_no_known_type_is_refused(tmp_path):
    made = plain()
    weight(made).data_type = 99
    refused(made, tmp_path, "no known type")


def test_a_sparse_tensor_is_refused(tmp_path):
    made = plain()
    values = numpy_helper.from_array(np.float32([1.0]), "w")
    places = numpy_helper.from_array(np.int64([0]), "places")
    del made.graph.initializer[:]
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [HUGE, 1]))
    refused(made, tmp_path, "sparse")


@pytest.mark.parametrize("kept", [0, 1, 7, 40, -1])
def test_a_file_that_is_cut_off_is_refused(tmp_path, kept):
    path = tmp_path / "network.onnx"
    path.write_bytes(plain().SerializeToString()[:kept])
    refused(path, tmp_path, "network.onnx")


@pytest.mark.parametrize(
    "content",
    [b"\x80\x04\x95garbage", b"PK\x03\x04" + bytes(40), b"{}", bytes(100), b"\xff" * 64],
    ids=["pickle", "zip", "json", "zeros", "ones"],
)
def test_a_file_of_another_format_is_refused(tmp_path, content):
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    refused(path, tmp_path, "network.onnx")


def test_a_pickle_is_not_run(tmp_path):
    import os
    import pickle

    class Touch:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'marker'}",)

    path = tmp_path / "network.onnx"
    path.write_bytes(pickle.dumps(Touch()))
    refused(path, tmp_path, "network.onnx")
    assert not (tmp_path / "marker").exists()


def sized(field, content):
    """Encode a field of a message: its number, its length and its content."""
    return bytes([field << 3 | 2]) + varint(len(content)) + content


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def test_a_file_of_many_empty_nodes_is_not_parsed(tmp_path):
    path = tmp_path / "network.onnx"
    path.write_bytes(sized(7, b"\x0a\x00" * 1_000_000))  # each node is two bytes
    refused(path, tmp_path, "more than 500,000 parts")


def test_a_file_that_is_nested_deeply_is_not_parsed(tmp_path):
    content = b""
    for _ in range(200):  # a graph in an attribute of a node of a graph ...
        content = sized(1, sized(5, sized(6, content)))
    path = tmp_path / "network.onnx"
    path.write_bytes(sized(7, content))
    refused(path, tmp_path, "nested deeper")


@pytest.mark.parametrize("length", [HUGE, 2**63, 2**32])
def test_a_length_beyond_the_file_is_not_believed(tmp_path, length):
    path = tmp_path / "network.onnx"
    path.write_bytes(bytes([7 << 3 | 2]) + varint(length) + b"rest")
    refused(path, tmp_path, "truncated")


def test_a_file_above_two_gigabytes_is_not_read(tmp_path):
    path = tmp_path / "network.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)  # takes no room on the disk
    refused(path, tmp_path, "more than 2 GB")


def test_functions_that_unfold_without_end_are_refused(tmp_path):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    bodies = []
    for level in range(40):  # each calls the one before it twice
        inner = node("Relu", ["a"], ["b"]) if level == 0 else None
        steps = [inner, node("Relu", ["b"], ["c"])] if inner else [
            node(f"F{level - 1}", ["a"], ["b"], domain="own"),
            node(f"F{level - 1}", ["b"], ["c"], domain="own"),
        ]  # fmt: skip
        bodies.append(helper.make_function("own", f"F{level}", ["a"], ["c"], steps, opsets))
    made = model([node("F39", ["x"], ["y"], domain="own")], functions=bodies)
    refused(made, tmp_path, "unfold to more than")
    few = model(
        [node("F2", ["x"], ["h"], domain="own"), node("MatMul", ["h", "w"], ["y"])],
        functions=bodies[:3],
        weights={"w": weights(3, 1)},
    )
    assert len(list(loaded(few, tmp_path, output="logit").network)) == 9


def test_a_function_that_calls_itself_is_refused(tmp_path):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    body = helper.make_function(
        "own", "F", ["a"], ["b"], [node("F", ["a"], ["b"], domain="own")], opsets
    )
    made = model([node("F", ["x"], ["y"], domain="own")], functions=[body])
    refused(made, tmp_path, "calls itself")


def test_operators_of_other_libraries_are_refused_and_no_library_is_loaded(tmp_path):
    made = model([node("Evil", ["x"], ["y"], domain="evil.example")])
    made.opset_import.append(helper.make_opsetid("evil.example", 1))
    refused(made, tmp_path, "operator Evil belongs to evil.example", "never loaded")


@pytest.mark.parametrize("op", ["Loop", "EPContext", "PyOp"])
def test_operators_that_run_on_or_read_files_are_refused(tmp_path, op):
    domain = "" if op == "Loop" else "com.microsoft"
    made = model([node(op, ["x"], ["y"], domain=domain)])
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    refused(made, tmp_path, f"operator {op}")


def test_a_forbidden_operator_inside_a_branch_is_found(tmp_path):
    inner = helper.make_graph(
        [node("Evil", ["x"], ["z"], domain="evil.example")],
        "inner",
        [],
        [helper.make_tensor_value_info("z", FLOAT, ["n", 3])],
    )
    choice = node("If", ["which"], ["y"], then_branch=inner, else_branch=inner)
    made = model([choice], weights={"which": np.bool_([True])})
    refused(made, tmp_path, "operator Evil")


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Expand", ["x", "huge"], ["e"]), node("ReduceMean", ["e"], ["y"], axes=[0, 2, 3])],
        [
            node("ConstantOfShape", ["huge"], ["c"]),
            node("ReduceSum", ["c"], ["s"], keepdims=0),
            node("Add", ["x", "s"], ["a"]),
            node("ReduceMean", ["a"], ["y"], axes=[1]),
        ],
        [node("Tile", ["x", "many"], ["t"]), node("ReduceMean", ["t"], ["y"], axes=[1])],
        [node("Pad", ["x", "around"], ["p"]), node("ReduceMean", ["p"], ["y"], axes=[1])],
    ],
    ids=["Expand", "ConstantOfShape", "Tile", "Pad"],
)
def test_a_small_file_that_makes_a_huge_tensor_is_refused(tmp_path, nodes):
    kept = {
        "huge": np.int64([2**20, 2**20, 1, 1]),
        "many": np.int64([1, 2**40]),
        "around": np.int64([0, 0, 0, 2**40]),
    }
    used = {name for one in nodes for name in one.input}
    made = model(nodes, weights={name: v for name, v in kept.items() if name in used})
    refused(made, tmp_path, f"operator {nodes[0].op_type} makes", "of one row")


def test_a_tensor_whose_size_the_rows_decide_is_refused(tmp_path):
    nodes = [
        node("ReduceMax", ["x"], ["m"], keepdims=0),
        node("Cast", ["m"], ["i"], to=7),
        node("Unsqueeze", ["i", "zero"], ["s"]),
        node("ConstantOfShape", ["s"], ["c"]),
        node("ReduceSum", ["c"], ["t"], keepdims=0),
        node("Add", ["x", "t"], ["a"]),
        node("ReduceMean", ["a"], ["y"], axes=[1]),
    ]
    made = model(nodes, weights={"zero": np.int64([0])})
    refused(made, tmp_path, "operator ConstantOfShape", "size that the file does not fix")


def test_columns_that_double_again_and_again_are_refused(tmp_path):
    nodes = [node("Concat", [f"h{place}"] * 2, [f"h{place + 1}"], axis=1) for place in range(40)]
    nodes += [node("ReduceMean", ["h40"], ["y"], axes=[1])]
    for columns in (3, "k"):
        made = model(nodes, inputs={"h0": (FLOAT, ["n", columns])})
        refused(made, tmp_path, "operator Concat makes", "of one row")


def test_a_name_with_line_breaks_does_not_break_the_message(tmp_path):
    made = plain()
    weight(made).name = "w\n\x1b[31m"
    made.graph.node[0].input[1] = weight(made).name
    weight(made).dims[:] = [HUGE]
    said = refused(made, tmp_path, "claims")
    assert said.isprintable()


def test_every_wire_type_is_walked_as_protobuf_has_it():
    message = onnx.ModelProto(ir_version=2**40, producer_name="é" * 200)
    message.graph.doc_string = "x" * 300
    message.graph.node.add().attribute.add(name="f", f=1.5, i=-1, floats=[1.0, 2.0])
    onnx_wire.require_parsable(message.SerializeToString(), onnx.ModelProto.DESCRIPTOR, "m")
    broken = message.SerializeToString() + struct.pack("<B", 3)  # a group, long gone
    with pytest.raises(ModelError):
        onnx_wire.require_parsable(broken, onnx.ModelProto.DESCRIPTOR, "m")


def test_the_limits_are_those_that_are_documented():
    assert (onnx_wire.MESSAGES, onnx_wire.DEPTH) == (500_000, 60)
    assert onnx_reading.LARGEST == onnx_tensors.LARGEST == 2**31 - 1

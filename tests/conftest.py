"""What holds for all tests."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("guard", deadline=None)  # how fast something is says a benchmark, never a test
settings.load_profile("guard")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: more threads cost four times the CPU on two cores

ROOMS = ("faults", "paths", "live", "house", "api", "guard", "fuzz")
"""Folders of tests in the order in which they begin: first those whose modules start whole guards, so that short ones fill up the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each process of `make test` takes module after module in this order."""
    items.sort(key=lambda item: ROOMS.index(item.path.relative_to(Path(__file__).parent).parts[0]))


@pytest.fixture(scope="session")
def tiny_network(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes ONNX networks that find a picture the nuder the redder it is, with their descriptions beside them.

    `answer` is `classes` (the mean of each of R, G, B), `boxes` (one box whose scores those are) or `nothing` (0 divided by 0).
    """

    def make(answer: str = "classes", **described: object) -> Path:
        from onnx import TensorProto, helper, save

        nodes = [helper.make_node("ReduceMean", ["picture"], ["scores"], axes=[2, 3], keepdims=0)]
        shape: list[int] = [1, 3]
        if answer == "boxes":
            nodes += [
                helper.make_node("Slice", ["scores", "zero", "one", "one"], ["box"]),
                helper.make_node("Concat", ["box", "box", "box", "box", "scores"], ["column"], axis=1),
                helper.make_node("Unsqueeze", ["column", "two"], ["answer"]),
            ]
            shape = [1, 7, 1]
        elif answer == "nothing":
            nodes += [helper.make_node("Sub", ["scores", "scores"], ["none"]), helper.make_node("Div", ["none", "none"], ["answer"])]
        else:
            nodes += [helper.make_node("Identity", ["scores"], ["answer"])]
        graph = helper.make_graph(
            nodes,
            "red",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 16, 16])],
            [helper.make_tensor_value_info("answer", TensorProto.FLOAT, shape)],
            [helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in (("zero", 0), ("one", 1), ("two", 2))],
        )
        path = tmp_path_factory.mktemp("network") / "red.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        description = {"sha256": digest, "side_px": 16, "nude": [0], "answer": "classes" if answer == "nothing" else answer, **described}
        path.with_suffix(".json").write_text(json.dumps(description))
        return path

    return make

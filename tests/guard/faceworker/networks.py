"""Tiny networks that find faces where they are told to."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 64
Answers = Mapping[str, Any]

LISTED: dict[str, Any] = {"kind": "boxes", "boxes": ["boxes"], "scores": ["scores"]}


def told(folder: Path, answers: Answers, seeing: str = "", rooted: bool = False, **described: object) -> Path:
    """Makes an ONNX network that answers what it is told, whatever it sees, described beside it.

    With `seeing` the named output is the mean of the first channel instead, and its square root with `rooted`.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    side = int(str(described.get("side_px", SIDE)))
    flat = described.get("layout") == "nhwc"
    shape = [1, side, side, 3] if flat else [1, 3, side, side]
    kept = [numpy_helper.from_array(np.asarray(value, np.float32), f"{name}.is") for name, value in answers.items()]
    first = [numpy_helper.from_array(np.asarray(axes, np.int64), name) for name, axes in (("from", [0]), ("to", [1]), ("axis", [1]))]
    nodes = [
        helper.make_node("Slice", ["picture", "from", "to", "axis"], ["channel"]),
        helper.make_node("ReduceMean", ["channel"], ["mean"], keepdims=0),
        helper.make_node("Sqrt" if rooted else "Identity", ["mean"], ["look"]),
        helper.make_node("Sub", ["look", "look"], ["nothing"]),
    ]
    nodes += [helper.make_node("Add", [f"{name}.is", "look" if name == seeing else "nothing"], [name]) for name in answers]
    graph = helper.make_graph(
        nodes,
        "told",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in answers],
        [*kept, *first],
    )
    path = folder / "told.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps({"sha256": digest, "side_px": side, **described}))
    return path


def listed(*faces: tuple[list[float], float], **more: Any) -> Answers:
    return {"boxes": [[face[0] for face in faces]], "scores": [[face[1] for face in faces]], **more}

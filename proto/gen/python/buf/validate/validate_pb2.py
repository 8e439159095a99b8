"""Builds the validator's rules as ordinary protobuf classes, from the copy that the validator itself carries."""

from google.protobuf import (  # noqa: F401  what the rules import has to be loaded first
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from google.protobuf.internal import builder
from protovalidate._gen.buf.validate import validate_pb

DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(
    validate_pb._DESC.proto.to_binary(),  # noqa: SLF001  protovalidate is pinned exactly because of this name
)
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())

"""The contract of the probe: a service with every shape of rpc, compiled when it is needed."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from arkalia.options.v1 import error_pb2, field_pb2, method_pb2  # noqa: F401  the probe imports them
from buf.validate import validate_pb2  # noqa: F401  the probe imports it
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor

from luna.kernel.errors import DomainError

SERVICE: Final = "probe.v1.ProbeService"
_ROOT: Final = Path(__file__).parents[2]
_PROTO: Final = """
syntax = "proto3";
package probe.v1;
import "arkalia/options/v1/error.proto";
import "arkalia/options/v1/field.proto";
import "arkalia/options/v1/method.proto";
import "buf/validate/validate.proto";
service ProbeService {
  rpc Ask(Question) returns (Answer) { option (arkalia.options.v1.method) = {deadline: {nanos: 300000000}}; }
  rpc Look(Question) returns (Answer) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Put(Question) returns (Answer) { option idempotency_level = IDEMPOTENT; }
  rpc Tell(Question) returns (stream Answer);
  rpc Collect(stream Question) returns (Answer);
  rpc Talk(stream Question) returns (stream Answer);
  rpc TellWriting(Question) returns (stream Answer);
  rpc TalkWriting(stream Question) returns (stream Answer);
}
message Question {
  string text = 1 [(buf.validate.field).string.max_len = 100];
  uint32 count = 2 [(buf.validate.field).uint32.lte = 1000];
  string secret = 3 [
    (arkalia.options.v1.sensitive) = true,
    (buf.validate.field).cel = {
      id: "secret.short", expression: "size(this) <= 8 ? '' : 'is not a secret: ' + this"
    }
  ];
  bytes ballast = 4;
}
message Answer { string text = 1; uint32 count = 2; bytes ballast = 3; }
enum ProbeErrorReason {
  PROBE_ERROR_REASON_UNSPECIFIED = 0;
  PROBE_ERROR_REASON_NO = 1 [(arkalia.options.v1.error) = {code: FAILED_PRECONDITION}];
  PROBE_ERROR_REASON_LATER = 2 [(arkalia.options.v1.error) = {code: UNAVAILABLE}];
  PROBE_ERROR_REASON_OUTSIDE = 3 [(arkalia.options.v1.error) = {code: UNAVAILABLE, outside: true}];
}
"""


class NoError(DomainError):
    """Refuses."""

    domain = "probe.arkalia.dev"
    reason = "PROBE_ERROR_REASON_NO"


class LaterError(DomainError):
    """Refuses for now."""

    domain = "probe.arkalia.dev"
    reason = "PROBE_ERROR_REASON_LATER"
    retry_after_seconds = 2.5


class OutsideError(DomainError):
    """Refuses because of what is elsewhere."""

    domain = "probe.arkalia.dev"
    reason = "PROBE_ERROR_REASON_OUTSIDE"


@cache
def contract() -> FileDescriptor:
    """Compile the probe into the default pool."""
    with TemporaryDirectory() as folder:
        Path(folder, "probe.proto").write_text(_PROTO)
        image = Path(folder, "probe.binpb")
        subprocess.run(
            [
                *(sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}"),
                f"--descriptor_set_in={_ROOT / 'proto' / 'gen' / 'arkalia.binpb'}",
                *(f"--descriptor_set_out={image}", "probe.proto"),
            ],
            check=True,
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())
    return descriptor_pool.Default().AddSerializedFile(files.file[0].SerializeToString())


def reasons() -> EnumDescriptor:
    return contract().enum_types_by_name["ProbeErrorReason"]


def message(name: str) -> Any:
    return message_factory.GetMessageClass(contract().message_types_by_name[name])


def question(text: str = "", **fields: Any) -> Any:
    return message("Question")(text=text, **fields)


def answer(text: str = "", **fields: Any) -> Any:
    return message("Answer")(text=text, **fields)

"""Reads from the contracts what the mesh must know about each rpc."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from arkalia.options.v1 import error_pb2, method_pb2
from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2
from google.rpc import code_pb2, error_details_pb2

_IDEMPOTENT: Final = {
    descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS,
    descriptor_pb2.MethodOptions.IDEMPOTENT,
}
_REASONS: Final = {"arkalia.options.v1.MeshErrorReason", "arkalia.options.v1.RequestErrorReason"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One way to call an rpc over REST."""

    verb: str
    template: str
    """The path, such as ``/v1/consumers/{name}``."""
    body: str
    """The field that the body fills; ``*`` for the whole request, empty for none."""
    body_message: str
    """The message that the body holds; empty if it holds none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpc:
    """What the mesh must know about an rpc."""

    service: str
    name: str
    client_streaming: bool
    server_streaming: bool
    idempotent: bool
    deadline_seconds: float | None
    priority: int
    """A value of `arkalia.options.v1.Priority`, never unspecified."""
    control: bool
    """Whether it steers or watches the node itself."""
    bindings: Sequence[Binding]

    @property
    def path(self) -> str:
        """The path of its gRPC calls."""
        return f"/{self.service}/{self.name}"

    @property
    def module(self) -> str:
        """The module that serves it: ``arkalia.<module>.v1``."""
        return module_of(self.service)

    @property
    def unary(self) -> bool:
        """Whether neither side streams."""
        return not (self.client_streaming or self.server_streaming)

    @property
    def urgent(self) -> bool:
        """Whether it is served however little the node can do."""
        return self.control or self.priority == method_pb2.PRIORITY_CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The contracts of the node, as one protoc image holds them."""

    files: descriptor_pb2.FileDescriptorSet
    rpcs: Sequence[Rpc]
    codes: Mapping[str, int]
    """The canonical code of every reason for which the mesh refuses a call."""

    @property
    def services(self) -> Sequence[str]:
        """The full names of all services, in order."""
        return sorted({rpc.service for rpc in self.rpcs})

    def stripped(self) -> bytes:
        """Return the image without comments, and with what errors carry in their details."""
        files = descriptor_pb2.FileDescriptorSet()
        files.CopyFrom(self.files)
        for file in files.file:
            file.ClearField("source_code_info")
        if error_details_pb2.DESCRIPTOR.name not in {file.name for file in files.file}:
            error_details_pb2.DESCRIPTOR.CopyToProto(files.file.add())
        return files.SerializeToString(deterministic=True)


def module_of(service: str) -> str:
    """Return the module of *service*, which is called ``arkalia.<module>.v1.XService``."""
    return service.split(".")[1]


def read_contract(image: bytes) -> Contract:
    """Read a protoc image."""
    files = descriptor_pb2.FileDescriptorSet.FromString(image)
    known = fields(files)
    return Contract(
        files=files,
        rpcs=[rpc for file in files.file if file.package.startswith("arkalia.") for rpc in _rpcs(file, known)],
        codes=_codes(files),
    )


Fields = Mapping[str, Sequence[descriptor_pb2.FieldDescriptorProto]]


def fields(files: descriptor_pb2.FileDescriptorSet) -> Fields:
    """Return the fields of every message, by its full name."""
    return {name: message.field for name, message in messages(files)}


def messages(files: descriptor_pb2.FileDescriptorSet) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    """Yield every message with its full name, those inside others too."""
    for file in files.file:
        yield from _nested(file.package, file.message_type)


def _nested(
    scope: str, found: Iterable[descriptor_pb2.DescriptorProto]
) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    for message in found:
        name = f"{scope}.{message.name}"
        yield name, message
        yield from _nested(name, message.nested_type)


def _rpcs(file: descriptor_pb2.FileDescriptorProto, known: Fields) -> Iterator[Rpc]:
    for service in file.service:
        for method in service.method:
            declared = method.options.Extensions[method_pb2.method]
            yield Rpc(
                service=f"{file.package}.{service.name}",
                name=method.name,
                client_streaming=method.client_streaming,
                server_streaming=method.server_streaming,
                idempotent=method.options.idempotency_level in _IDEMPOTENT,
                deadline_seconds=declared.deadline.ToTimedelta().total_seconds()
                if declared.HasField("deadline")
                else None,
                priority=declared.priority or method_pb2.PRIORITY_MEDIUM,
                control=declared.control,
                bindings=list(_bindings(method, known)),
            )


def _bindings(method: descriptor_pb2.MethodDescriptorProto, known: Fields) -> Iterator[Binding]:
    if not method.options.HasExtension(annotations_pb2.http):
        return
    rule = method.options.Extensions[annotations_pb2.http]
    for one in (rule, *rule.additional_bindings):
        verb, template = _pattern(one)
        request = method.input_type.removeprefix(".")
        yield Binding(verb=verb, template=template, body=one.body, body_message=_body_message(request, one.body, known))


def _pattern(rule: http_pb2.HttpRule) -> tuple[str, str]:
    verb = rule.WhichOneof("pattern")
    if verb == "custom":
        return rule.custom.kind, rule.custom.path
    return verb.upper(), getattr(rule, verb)


def _body_message(request: str, body: str, known: Fields) -> str:
    if body in {"", "*"}:
        return request if body else ""
    return next(field.type_name.removeprefix(".") for field in known[request] if field.name == body)


def _codes(files: descriptor_pb2.FileDescriptorSet) -> Mapping[str, int]:
    reasons = (
        value
        for file in files.file
        for enum in file.enum_type
        if f"{file.package}.{enum.name}" in _REASONS
        for value in enum.value
    )
    return {reason.name: reason.options.Extensions[error_pb2.error].code or code_pb2.UNKNOWN for reason in reasons}

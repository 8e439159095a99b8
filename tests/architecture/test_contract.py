"""The contracts keep the house rules, and what is generated from them is theirs."""

import json
from collections.abc import Iterator
from pathlib import Path

import protovalidate
import pytest
from arkalia.events.v1.event_service_pb2 import GetEventRequest
from arkalia.options.v1 import error_pb2, method_pb2
from buf.validate import validate_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor, MethodDescriptor
from google.rpc import code_pb2
from openapi_spec_validator import OpenAPIV31SpecValidator
from protovalidate._gen.buf.validate import validate_pb

import generate
from luna.contracts import load_contracts
from openapi import comments

WITHOUT_REST = {
    "arkalia.reflexia.v1.ReflexiaService.ReportVitals": "only the node's own processes call it, past Envoy",
    "arkalia.resilience.v1.CircuitBreakerService.ReportCircuitBreakers": "only the node's own processes call it",
    "arkalia.chaos.v1.ChaosService.InjectFault": "Envoy does not lead to it",
    "arkalia.chaos.v1.ChaosService.ListFaults": "Envoy does not lead to it",
    "arkalia.chaos.v1.ChaosService.ClearFaults": "Envoy does not lead to it",
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, descriptor_pb2.FileDescriptorSet]:
    folder = tmp_path_factory.mktemp("fresh") / "gen"
    image = generate.generate(folder)
    return folder, descriptor_pb2.FileDescriptorSet.FromString(image)


def methods() -> list[MethodDescriptor]:
    pool = descriptor_pool.Default()
    return [method for name in load_contracts() for method in pool.FindServiceByName(name).methods]


def error_enums() -> Iterator[EnumDescriptor]:
    load_contracts()
    for path in sorted((generate.PROTO / "arkalia").rglob("*_error.proto")):
        file = descriptor_pool.Default().FindFileByName(path.relative_to(generate.PROTO).as_posix())
        yield from file.enum_types_by_name.values()


def test_generated_code_is_fresh(fresh: tuple[Path, descriptor_pb2.FileDescriptorSet]) -> None:
    """
    Generating again changes no committed file.
    """
    assert generate.stale(fresh[0], generate.GENERATED) == []


def test_generating_is_deterministic(fresh: tuple[Path, descriptor_pb2.FileDescriptorSet], tmp_path: Path) -> None:
    """
    Two runs write the same bytes.
    """
    generate.generate(tmp_path / "again")

    assert generate.stale(fresh[0], tmp_path / "again") == []


def test_a_contract_that_does_not_compile_is_named(tmp_path: Path) -> None:
    """
    The message has the file and the line.
    """
    broken = tmp_path / "arkalia" / "broken.proto"
    broken.parent.mkdir()
    broken.write_text('syntax = "proto3";\npackage arkalia;\nmessage X { strin name = 1; }\n')

    with pytest.raises(generate.ContractError, match=r"arkalia/broken\.proto:3"):
        generate.generate(tmp_path / "gen", tmp_path)


def test_every_part_of_the_contract_is_documented(fresh: tuple[Path, descriptor_pb2.FileDescriptorSet]) -> None:
    """
    Services, rpcs, fields, enums and their values each have a comment that ends as a sentence does.
    """
    files = [file for file in fresh[1].file if file.name.startswith("arkalia/")]
    said = comments.comments(files)
    named = {name for file in files for name in comments.names(file)}

    assert len(named) > 100
    assert sorted(named - said.keys()) == []
    assert sorted(name for name in named if not said[name].endswith((".", ":", "`", "|"))) == []


def test_every_rpc_states_what_the_mesh_needs_to_know() -> None:
    """
    Whether it may be retried, who may call it, how much it matters.
    """
    silent = []
    for method in methods():
        options = method.GetOptions()
        ours = options.Extensions[method_pb2.method]
        if not (options.HasField("idempotency_level") and ours.scope and ours.priority):
            silent.append(method.full_name)

    assert silent == []


def test_scopes_name_a_module_and_what_is_done_to_it() -> None:
    """
    Such as `events:read`.
    """
    scopes = {method.GetOptions().Extensions[method_pb2.method].scope for method in methods()}

    assert sorted(scope for scope in scopes if len([part for part in scope.split(":") if part]) != 2) == []


def test_every_rpc_that_rest_can_carry_has_a_route() -> None:
    """
    Or a reason why not. REST cannot carry a stream of requests.
    """
    bare = {
        method.full_name
        for method in methods()
        if not method.client_streaming and not method.GetOptions().HasExtension(annotations_pb2.http)
    }

    assert bare == WITHOUT_REST.keys()


def test_reading_rpcs_have_no_side_effects() -> None:
    """
    What REST reaches with GET may be retried by anybody.
    """
    level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    guilty = [
        method.full_name
        for method in methods()
        if method.GetOptions().Extensions[annotations_pb2.http].get and method.GetOptions().idempotency_level != level
    ]

    assert guilty == []


def test_every_error_reason_has_a_status() -> None:
    """
    Each value but the zero carries a code that is not OK, and its name starts with that of its enum.
    """
    values = [value for enum in error_enums() for value in enum.values if value.number]

    assert len(values) > 10
    assert [value.name for value in values if value.GetOptions().Extensions[error_pb2.error].code == code_pb2.OK] == []


def test_error_reasons_are_unique() -> None:
    """
    A reason says by itself which module refused.
    """
    names = [value.name for enum in error_enums() for value in enum.values]

    assert len(names) == len(set(names))


def test_every_field_that_a_caller_sets_has_a_limit() -> None:
    """
    Strings and lists have a size, enums only known values, numbers are finite.
    """
    settable = {field.full_name: field for method in methods() for field in _fields(method)}

    assert len(settable) > 100
    assert sorted(name for name, field in settable.items() if not _limited(field)) == []


def test_the_openapi_document_is_valid() -> None:
    """
    So says a validator that is not ours.
    """
    document = json.loads((generate.GENERATED / "openapi.json").read_text())

    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["paths"]


def test_the_openapi_document_has_every_route() -> None:
    """
    One operation for each rpc with an http rule, under the rpc's own name.
    """
    document = json.loads((generate.GENERATED / "openapi.json").read_text())
    described = {operation["operationId"] for verbs in document["paths"].values() for operation in verbs.values()}
    routed = {
        f"{method.containing_service.name}_{method.name}"
        for method in methods()
        if method.GetOptions().HasExtension(annotations_pb2.http)
    }

    assert routed
    assert routed <= described


def test_the_rules_are_those_of_the_installed_validator() -> None:
    """
    They are a copy, made from a private module of protovalidate: this fails when that moves, or changes.
    """
    theirs = descriptor_pb2.FileDescriptorProto.FromString(validate_pb._DESC.proto.to_binary())
    ours = descriptor_pb2.FileDescriptorProto()
    validate_pb2.DESCRIPTOR.CopyToProto(ours)

    assert ours == theirs


def test_the_validator_enforces_the_contract() -> None:
    """
    A request outside its limits is refused, with the field; one inside passes.
    """
    validator = protovalidate.Validator()
    validator.validate(GetEventRequest(event_id="0190b5a8-7e3c-7a10-9f4e-0d7c6f3f2a11"))

    with pytest.raises(protovalidate.ValidationError) as caught:
        validator.validate(GetEventRequest(event_id="nonsense"))
    assert "event_id" in str(caught.value)


def _fields(method: MethodDescriptor) -> Iterator[FieldDescriptor]:
    waiting, seen = [method.input_type], set()
    while waiting:
        message = waiting.pop()
        if message.full_name in seen or not message.full_name.startswith("arkalia."):
            continue
        seen.add(message.full_name)
        for field in message.fields:
            yield field
            if field.message_type is not None:
                waiting.append(field.message_type)


def _limited(field: FieldDescriptor) -> bool:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if field.is_repeated and not field.message_type:
        return rules.repeated.HasField("max_items") and _bounded(field, rules.repeated.items)
    if field.is_repeated:
        return rules.repeated.HasField("max_items") or rules.map.HasField("max_pairs")
    return _bounded(field, rules)


def _bounded(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> bool:
    if field.enum_type is not None:
        return bool(rules.enum.defined_only or getattr(rules.enum, "in"))
    if field.type == FieldDescriptor.TYPE_STRING:
        return bool(
            rules.string.max_len or rules.string.len or rules.string.max_bytes or rules.string.WhichOneof("well_known")
        )
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bool(rules.bytes.max_len or rules.bytes.len)
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return bool(rules.double.finite)
    return True

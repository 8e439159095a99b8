"""What our plugin of protoc says about contracts, in the words of OpenAPI."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import generate

PROBE = Path(__file__).with_name("probe.proto").read_text()


def openapi(folder: Path, probe: str) -> Mapping[str, Any]:
    contracts = folder / "proto"
    shutil.copytree(generate.PROTO / "arkalia" / "options", contracts / "arkalia" / "options")
    file = contracts / "arkalia" / "probe" / "v1" / "probe.proto"
    file.parent.mkdir(parents=True)
    file.write_text(probe)
    generate.generate(folder / "gen", contracts)
    found: Mapping[str, Any] = json.loads((folder / "gen" / "openapi.json").read_text())
    return found


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return openapi(tmp_path_factory.mktemp("openapi"), PROBE)


def schema(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["components"]["schemas"][f"arkalia.probe.v1.{name}"]
    return found


def test_the_document_is_valid(document: Mapping[str, Any]) -> None:
    """
    So says a validator that is not ours.
    """
    assert list(OpenAPIV31SpecValidator(dict(document)).iter_errors()) == []


def test_every_binding_is_an_operation(document: Mapping[str, Any]) -> None:
    """
    Additional bindings and custom verbs too; a template's pattern is left out of the path.
    """
    found = {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}

    assert found == {
        ("/v1/probes/{name}", "put"),
        ("/v1/probes/{name}:place", "post"),
        ("/v1/probes:watch", "get"),
    }


def test_a_field_in_the_path_is_not_in_the_body(document: Mapping[str, Any]) -> None:
    """
    It is a parameter with the limits of the contract.
    """
    operation = document["paths"]["/v1/probes/{name}"]["put"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]

    assert operation["parameters"] == [
        {
            "name": "name",
            "in": "path",
            "description": "The name.",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$"},
        }
    ]
    assert set(body["properties"]) == {"place", "tags", "counts"}
    assert body["required"] == ["place", "tags"]


def test_fields_beside_a_body_field_travel_in_the_query(document: Mapping[str, Any]) -> None:
    """
    All but those in the path, and but maps, which a query cannot carry.
    """
    operation = document["paths"]["/v1/probes/{name}:place"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]

    assert [(each["name"], each["in"]) for each in operation["parameters"]] == [("name", "path"), ("tags", "query")]
    assert body["$ref"] == "#/components/schemas/arkalia.probe.v1.Place"


def test_fields_of_messages_in_the_query_have_dotted_names(document: Mapping[str, Any]) -> None:
    """
    In the names that JSON has for them.
    """
    parameters = document["paths"]["/v1/probes:watch"]["get"]["parameters"]

    assert [each["name"] for each in parameters] == ["interval", "filter.kinds", "filter.sinceTime"]
    assert "at least 0.100s" in parameters[0]["description"]
    assert parameters[1]["schema"]["items"]["not"] == {"enum": ["KIND_UNSPECIFIED"]}
    assert parameters[2]["schema"] == {"type": "string", "format": "date-time"}


def test_limits_of_lists_and_maps_are_carried_over(document: Mapping[str, Any]) -> None:
    """
    Of the whole, and of each element.
    """
    operation = document["paths"]["/v1/probes/{name}"]["put"]
    properties = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    tags, counts = properties["tags"], properties["counts"]

    assert (tags["minItems"], tags["maxItems"], tags["items"]["maxLength"]) == (1, 4, 5)
    assert (counts["maxProperties"], counts["propertyNames"]) == (3, {"maxLength": 2})
    assert counts["additionalProperties"]["type"] == "string"


def test_numbers_that_may_be_infinite_say_so(document: Mapping[str, Any]) -> None:
    """
    JSON has no word for them, so they are strings.
    """
    properties = schema(document, "Place")["properties"]

    assert properties["height"]["type"] == "number"
    assert (properties["height"]["minimum"], properties["height"]["exclusiveMaximum"]) == (0, 9.5)
    assert properties["depth"]["anyOf"][1] == {"enum": ["NaN", "Infinity", "-Infinity"]}
    assert properties["picture"]["maxLength"] == 8


def test_a_required_oneof_wants_exactly_one_field(document: Mapping[str, Any]) -> None:
    """
    A field that is merely optional is no choice.
    """
    assert schema(document, "Place")["allOf"] == [{"oneOf": [{"required": ["height"]}, {"required": ["picture"]}]}]


def test_a_message_may_contain_itself(document: Mapping[str, Any]) -> None:
    """
    By reference.
    """
    assert schema(document, "Place")["properties"]["around"]["$ref"] == "#/components/schemas/arkalia.probe.v1.Place"


def test_enums_are_strings_with_their_meaning(document: Mapping[str, Any]) -> None:
    """
    As comments of the contract have it.
    """
    kind = schema(document, "Kind")

    assert kind["enum"] == ["KIND_UNSPECIFIED", "KIND_ROUND"]
    assert "* `KIND_ROUND`: Round." in kind["description"]


def test_operations_carry_what_the_mesh_needs_to_know(document: Mapping[str, Any]) -> None:
    """
    Scope, priority, idempotency and deadline.
    """
    operation = document["paths"]["/v1/probes/{name}"]["put"]

    assert {key: value for key, value in operation.items() if key.startswith("x-")} == {
        "x-arkalia-scope": "probe:write",
        "x-arkalia-priority": "PRIORITY_LOW",
        "x-arkalia-idempotency": "IDEMPOTENT",
        "x-arkalia-deadline": "2s",
    }
    assert operation["summary"] == "Puts a probe in its place"


def test_a_stream_answers_in_two_formats(document: Mapping[str, Any]) -> None:
    """
    Lines of JSON, or server-sent events.
    """
    content = document["paths"]["/v1/probes:watch"]["get"]["responses"]["200"]["content"]

    assert set(content) == {"application/json", "text/event-stream"}


def test_failures_list_their_reasons(document: Mapping[str, Any]) -> None:
    """
    Those of the module, and those that any request may meet.
    """
    reasons = document["components"]["responses"]["arkalia.probe.v1.Error"]["x-arkalia-reasons"]
    found = {each["reason"]: each for each in reasons}

    assert found["PROBE_ERROR_REASON_GONE"] == {
        "reason": "PROBE_ERROR_REASON_GONE",
        "code": "NOT_FOUND",
        "httpStatus": 404,
        "retryable": False,
    }
    assert found["REQUEST_ERROR_REASON_INVALID"]["httpStatus"] == 400


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("/v1/probes/{name}", "/v1/probes/{nome}", "the path names 'nome'"),
        ("/v1/probes/{name}", "/v1/probes/*/{name}", "wildcard without a name"),
        ('put: "/v1/probes/{name}"', 'get: "/v1/probes:watch"', "another rpc has GET /v1/probes:watch"),
        ('body: "place"', 'body: "plaice"', "the body 'plaice' is no field"),
    ],
)
def test_a_wrong_http_rule_stops_generation(tmp_path: Path, good: str, bad: str, said: str) -> None:
    """
    With the rpc and what is wrong about it.
    """
    with pytest.raises(generate.ContractError, match=said.replace("*", r"\*")) as caught:
        openapi(tmp_path, PROBE.replace(good, bad, 1))
    assert "ProbeService" in str(caught.value)

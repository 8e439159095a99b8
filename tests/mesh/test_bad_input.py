"""Every bad request gets an answer that says what is wrong, in the shape of ``google.rpc.Status``."""

from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub

from tests.mesh.mesh import Mesh

pytestmark = pytest.mark.mesh

JSON = {"content-type": "application/json"}


def refusal(answer: httpx.Response) -> tuple[int, int, str]:
    """Return the HTTP status, the canonical code and the reason."""
    status = answer.json()
    (detail,) = status["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert detail["domain"] == "mesh.arkalia.dev"
    assert status["message"]
    return answer.status_code, status["code"], detail["reason"].removeprefix("MESH_ERROR_REASON_")


def test_an_unknown_field_of_a_body_is_named(rest: httpx.Client) -> None:
    """
    The answer says which, and which there are.
    """
    answer = rest.post("/v1/echo", json={"message": "x", "mesage": "y"})

    assert refusal(answer) == (400, 3, "UNKNOWN_FIELD")
    assert answer.json()["details"][0]["metadata"] == {"field": "mesage"}
    assert (
        answer.json()["message"] == 'unknown field "mesage"; the fields of arkalia.helloria.v1.EchoRequest are: message'
    )


ANY = "type.googleapis.com/arkalia.helloria.v1.EchoRequest"
APPEND = "/v1/events:append"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/consumers", {"policy": {"filter": {"typs": []}}}, "policy.filter.typs"),
        (APPEND, {"appends": [{}, {"events": [{"sauce": 1}]}]}, "appends[1].events[0].sauce"),
        (APPEND, {"appends": [{"events": [{"payload": {"x": 1, "@type": ANY}}]}]}, "appends[0].events[0].payload.x"),
        ("/v1/events:detectAnomalies", {"rules": [{"window": "1s", "window_": 1}]}, "rules[0].window_"),
    ],
)
def test_an_unknown_field_is_found_at_any_depth(rest: httpx.Client, path: str, body: Any, field: str) -> None:
    """
    In messages, lists and payloads of type Any.
    """
    answer = rest.post(path, json=body)

    assert refusal(answer) == (400, 3, "UNKNOWN_FIELD")
    assert answer.json()["details"][0]["metadata"] == {"field": field}


def test_a_body_that_fills_one_field_is_checked_as_that_field(rest: httpx.Client) -> None:
    """
    ``PUT /v1/consumers/{name}`` takes a policy, not a request.
    """
    answer = rest.put("/v1/consumers/x", json={"filter": {"stream": "a"}, "policy": {}})

    assert refusal(answer) == (400, 3, "UNKNOWN_FIELD")
    assert answer.json()["details"][0]["metadata"] == {"field": "policy"}


@pytest.mark.parametrize(
    "body",
    [
        '{"message":',
        '{"message":"x"',
        '{"message":"x"}}',
        '{"message":"x",}',
        "{'message':'x'}",
        '{"message":NaN}',
        '{"message":01}',
        '{"message":"\\x"}',
        '{"message":"a\nb"}',
        '{"message":tru}',
        '{"message":"a","message":"b"}',
        "[" * 200,
        "nonsense",
        '{"message":{"a":1}}',
        '{"message":["a"]}',
        " ",
    ],
)
def test_a_body_that_is_not_the_right_json_is_refused(rest: httpx.Client, body: str) -> None:
    """
    Broken syntax, fields given twice, values of the wrong kind.
    """
    answer = rest.post("/v1/echo", content=body, headers=JSON)

    assert refusal(answer) == (400, 3, "MALFORMED")


@pytest.mark.parametrize(
    "body",
    ["{}", ' {"message" : "a\\u00e9\\n\\"}" } ', '{"message":null}', '{"\\u006dessage":"x"}', ""],
)
def test_json_that_is_merely_unusual_is_taken(rest: httpx.Client, body: str) -> None:
    """
    White space, escapes, null, and no body at all.
    """
    answer = rest.post("/v1/echo", content=body, headers=JSON)

    assert answer.status_code == 200, answer.text


def test_a_body_must_be_declared_as_json(rest: httpx.Client) -> None:
    """
    What a page of another origin can send without asking first is not JSON, and goes no further.
    """
    answer = rest.post("/v1/echo", content='{"message":"x"}', headers={"content-type": "text/plain"})

    assert refusal(answer) == (415, 3, "CONTENT_TYPE")


@pytest.mark.parametrize("query", [{"nope": "1"}, {"page_size": "many"}, {"page_token.x": "1"}])
def test_an_unknown_or_malformed_query_parameter_is_refused(rest: httpx.Client, query: dict[str, str]) -> None:
    """
    The answer names the parameter.
    """
    answer = rest.get("/v1/capabilities", params=query)

    assert refusal(answer) == (400, 3, "MALFORMED")
    assert next(iter(query)).split(".")[0] in answer.json()["message"]


def stuffing() -> Iterator[bytes]:
    yield b'{"message":"'
    for _ in range(52):
        yield b"x" * 100_000
    yield b'"}'


@pytest.mark.parametrize("declared", [True, False], ids=["with its length", "in chunks"])
def test_a_body_of_five_megabytes_is_refused(rest: httpx.Client, *, declared: bool) -> None:
    """
    Whether or not it says in advance how long it is.
    """
    answer = rest.post("/v1/echo", content=b"".join(stuffing()) if declared else stuffing(), headers=JSON)

    assert refusal(answer) == (413, 8, "TOO_LARGE")


def test_a_body_of_four_megabytes_is_taken(rest: httpx.Client) -> None:
    """
    Up to the limit, Envoy holds the whole body and checks it.
    """
    message = "x" * (4 * 1024 * 1024 - 64)
    answer = rest.post("/v1/echo", json={"message": message})

    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["message"] == message


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/nope"),
        ("GET", "/v1/nope"),
        ("DELETE", "/v1/echo"),
        ("POST", "/arkalia.helloria.v1.HelloriaService/Echo"),
    ],
)
def test_an_unknown_path_is_answered_with_where_to_look(rest: httpx.Client, verb: str, path: str) -> None:
    """
    The OpenAPI document lists what there is.
    """
    answer = rest.request(verb, path)

    assert refusal(answer) == (404, 5, "UNKNOWN_PATH")
    assert "/openapi.json" in answer.json()["message"]


def test_an_escaped_slash_in_a_path_is_refused(rest: httpx.Client) -> None:
    """
    Envoy and a server could read it differently, so neither gets to.
    """
    answer = rest.get("/v1/echo/a%2Fb")

    assert (answer.status_code, answer.json()["code"]) == (400, 3)


def test_an_error_of_a_module_keeps_its_details_over_rest(rest: httpx.Client) -> None:
    """
    Its own reason, not one of the mesh.
    """
    answer = rest.post("/v1/echo", json={"message": "fail:7"})
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "A_REASON",
        "domain": "test",
        "metadata": {"id": "7"},
    }

    assert answer.status_code == 404
    assert answer.json() == {"code": 5, "message": "no such thing", "details": [detail]}


def test_a_grpc_caller_gets_plain_messages(channel: grpc.Channel) -> None:
    """
    What is JSON for REST is text in the status of a gRPC call.
    """
    unknown: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
        "/arkalia.helloria.v1.HelloriaService/Nope"
    )
    with pytest.raises(grpc.RpcError) as caught:
        unknown(b"")

    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.details() == "there is nothing here; /openapi.json lists what there is"


def test_a_large_grpc_message_is_left_to_the_server(channel: grpc.Channel) -> None:
    """
    Envoy passes it on, and the server says RESOURCE_EXHAUSTED.
    """
    with pytest.raises(grpc.RpcError) as caught:
        HelloriaServiceStub(channel).Echo(EchoRequest(message="x" * 5_000_000))

    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_no_body_was_let_through_unchecked(mesh: Mesh) -> None:
    """
    The Lua that checks bodies has failed at none of those above.
    """
    assert "script log" not in (mesh.places.log / "envoy.txt").read_text()

"""What is checked without the validator is checked as the validator would."""

import random
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from arkalia.memory.v1.memory_pb2 import Attribute, NewMemory
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from protovalidate import Validator

from luna.contracts import load_contracts
from luna.transport.plain_rules import has_rules, plain

POOL = descriptor_pool.Default()
METHODS = [method for name in load_contracts() for method in POOL.FindServiceByName(name).methods]
REQUESTS = {method.input_type.full_name: method.input_type for method in METHODS if has_rules(method.input_type)}
PLAIN = sorted(name for name, request in REQUESTS.items() if plain(request))
VALIDATOR = Validator()
LENGTHS = (0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025)
NUMBERS = (0, 1, 2, 15, 16, 17, 99, 100, 101, 999, 1000, 1001, 10_000, 2**31 - 1)
SECONDS = (-1, 0, 0, 1, 2, 60, 600, 3599, 3600, 3601, 86_399, 86_400, 86_401, 8_999_999_999, 9_000_000_000)
DEPTH_MAX = 4
WORDS = (
    "a/b.c:d@e-f_g",
    "-a",
    "a b",
    "a\n",
    "\na",
    "0" * 8 + "-0000" * 3 + "-" + "A" * 12,
    "0" * 8 + "-0000" * 3 + "-" + "g" * 12,
)
"""What patterns like and do not like."""
TIMES = {"google.protobuf.Timestamp", "google.protobuf.Duration"}


def value_of(field: Any, chance: random.Random, depth: int) -> Any:
    if field.cpp_type == field.CPPTYPE_MESSAGE:
        return (
            moment(field, chance)
            if field.message_type.full_name in TIMES
            else some(field.message_type, chance, depth + 1)
        )
    if field.cpp_type == field.CPPTYPE_STRING:
        length = chance.choice(LENGTHS)
        # Longer in bytes than in characters, now and then.
        return b"x" * length if field.type == field.TYPE_BYTES else chance.choice(["x" * length, "é" * length, *WORDS])
    if field.cpp_type == field.CPPTYPE_ENUM:
        return chance.choice([*field.enum_type.values_by_number, 77])
    if field.cpp_type == field.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type in {field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT}:
        return chance.choice([0.0, 0.5, 1.0, 1.5, -1.0, float("nan")])
    return chance.choice(NUMBERS)


def moment(field: Any, chance: random.Random) -> Any:
    seconds, nanos = chance.choice(SECONDS), chance.choice((0, 0, 1, 999_999_999))
    found: Any = message_factory.GetMessageClass(field.message_type)()
    found.seconds, found.nanos = seconds, -nanos if seconds < 0 and found.DESCRIPTOR.name == "Duration" else nanos
    return found


def some(request: Any, chance: random.Random, depth: int = 0) -> Message:
    """Return a message with each field unset, at the edge of what is allowed, or beyond."""
    message = message_factory.GetMessageClass(request)()
    for field in request.fields:
        if (
            chance.random() < 0.3
            or depth > DEPTH_MAX
            or (field.message_type and field.message_type.GetOptions().map_entry)
        ):
            continue
        if field.is_repeated:
            values = [value_of(field, chance, depth) for _ in range(chance.choice((0, 1, 2, 33)))]
            getattr(message, field.name).extend(values)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(value_of(field, chance, depth))
        else:
            setattr(message, field.name, value_of(field, chance, depth))
    return message


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_what_is_plainly_good_is_good(name: str, seed: int) -> None:
    """
    And what is refused is not plainly good, for every request of every contract whose limits are plain.
    """
    good = plain(REQUESTS[name])
    assert good is not None
    message = some(REQUESTS[name], random.Random(seed))
    violations = VALIDATOR.collect_violations(message)

    assert good(message) == (not violations), [violation.proto for violation in violations]


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "x" * 65_536},
        {"text": "x" * 65_537},
        {"text": "é" * 32_768},
        {"text": "é" * 32_769},
        {"text": ""},
        {"importance": float("nan")},
        {"importance": -0.0},
        {"attributes": [Attribute(key="a")] * 32},
        {"attributes": [Attribute(key="a")] * 33},
        {"attributes": [Attribute()]},
        {"id": "-"},
    ],
    ids=repr,
)
def test_one_of_many_that_is_other_is_looked_at(changed: Mapping[str, Any]) -> None:
    """
    At what it says, and at what it does not.
    """
    many = RetainManyRequest(namespace="n", memories=[NewMemory(id=f"{place}", text="x") for place in range(100)])
    many.memories[70].MergeFrom(NewMemory(**changed))
    if not changed.get("text", "x"):
        many.memories[70].ClearField("text")
    good = plain(RetainManyRequest.DESCRIPTOR)

    assert good is not None
    assert good(many) == (not VALIDATOR.collect_violations(many))


@pytest.mark.parametrize("size", [2_097_152, 2_097_153])
def test_bytes_may_be_so_many(size: int) -> None:
    good = plain(RetainManyRequest.DESCRIPTOR)
    request = RetainManyRequest(namespace="n", memories=[NewMemory(text="x")], vectors=bytes(size))

    assert good is not None
    assert good(request) == (not VALIDATOR.collect_violations(request))


def test_most_of_what_a_sidecar_is_asked_is_plain() -> None:
    """
    So it does without the validator until somebody sends what is wrong.
    """
    asked = {name for name in REQUESTS if name.startswith(("arkalia.node.", "arkalia.recovery."))}

    assert asked - set(PLAIN) == {"arkalia.recovery.v1.UpdateRecoveryPolicyRequest"}


def test_a_sidecar_does_not_load_the_validator() -> None:
    """
    Nor what it is made of: twelve megabytes.
    """
    script = "import sys, luna.sidecar.serving; print('protovalidate' in sys.modules, 'protobuf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]

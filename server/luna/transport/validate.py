"""The step that holds every request message to the limits of the contract."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from arkalia.options.v1 import field_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from luna.transport.plain_rules import has_rules, plain
from luna.transport.request_errors import FieldViolation, InvalidRequestError
from luna.transport.rpc import Rpc
from luna.transport.step import Check, Step

if TYPE_CHECKING:
    from protovalidate import Validator, Violation

MANY: Final = 64
"""How many messages in one are checked sooner together than one by one."""

_HIDDEN: Final = "is not valid"


class Validate(Step):
    """Refuses messages with values outside their limits, and lists all of them.

    The validator is loaded for the first request that is not plainly good, if nobody did before. Those that hold many
    messages it sees only if they are not.
    """

    name = "validate"
    inside = frozenset({"errors", "deadline", "admission"})

    def on_message(self, rpc: Rpc) -> Check | None:
        """Check a message, unless its type has no limits anywhere."""
        request = rpc.request
        if request is None or not has_rules(request):
            return None
        good = plain(request)
        lists = [field.name for field in request.fields if field.is_repeated and field.message_type]

        def check(message: Message) -> None:
            if good and (_is_many(message, lists) or not _validator.cache_info().currsize) and good(message):
                return
            if violations := _validator().collect_violations(message):
                raise InvalidRequestError([_describe(violation, request) for violation in violations])

        return check


def load_validator() -> None:
    """Have the validator ready. Until then, what is plainly good passes without it."""
    _validator()


@cache
def _validator() -> "Validator":
    from protovalidate import Validator  # noqa: PLC0415  twelve megabytes, see `Validate`

    return Validator()


def _is_many(message: Message, lists: Iterable[str]) -> bool:
    return any(len(getattr(message, name)) >= MANY for name in lists)


def _describe(violation: "Violation", request: Descriptor) -> FieldViolation:
    found = violation.proto
    path, sensitive = _path(found.field.elements if found.field else (), request)
    description = _HIDDEN if sensitive else found.message or _HIDDEN
    return FieldViolation(field=path, description=description, rule=found.rule_id)


def _path(elements: Iterable[Any], request: Descriptor) -> tuple[str, bool]:
    """Return the path as text, and whether it leads into a sensitive field, whose keys are hidden too."""
    words: list[str] = []
    message: Descriptor | None = request
    sensitive = False
    for element in elements:
        field = message.fields_by_name.get(element.field_name) if message is not None else None
        sensitive = sensitive or (field is not None and _sensitive(field))
        words.append(element.field_name + _subscript(element.subscript, hidden=sensitive))
        message = _inner(field)
    return ".".join(words), sensitive


def _inner(field: FieldDescriptor | None) -> Descriptor | None:
    if field is None or field.message_type is None:
        return None
    inner = field.message_type
    return inner.fields_by_name["value"].message_type if inner.GetOptions().map_entry else inner


def _sensitive(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().Extensions[field_pb2.sensitive])


def _subscript(subscript: Any, *, hidden: bool) -> str:
    if subscript is None:
        return ""
    if hidden and subscript.field != "index":
        return "[…]"
    return f"[{subscript.value!r}]"

"""IAM conditions, evaluated for one request.

Cloud Run gives a condition `request.path`, `request.host` and `request.time`; `resource.name`, `resource.type` and
`resource.service` it never gives, and what uses an attribute that is not given "is never interpreted as granting
access". Tags of the resource are evaluated for every service.

Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from ..deferred import dataclass
from ..model.fact import Absent, Fact, Known, value_of
from ..model.http import Call
from ..model.iam import TAGS_NOT_ASKED, Tag
from .cel import TAGS, Hidden, NotReadError, Value, compiled


class ConditionResult(StrEnum):
    """How a condition stands for this request."""

    YES = "met"
    NO = "not met"
    BY_CALL = "met by some calls, or none"
    UNSUPPORTED = "uses attributes that Cloud Run never evaluates"
    UNCLEAR = "cannot be evaluated here"


@dataclass(frozen=True)
class RequestAttributes:
    """What a condition can see."""

    path: str | None  # the path called, empty when it is not known; None asks for any call
    host: str  # the host called; empty when it is not known
    time: int | None  # seconds since 1970; None when it is not known


def request_of(call: Call, now: Fact[int]) -> RequestAttributes:
    """Return the call as a condition sees it."""
    return RequestAttributes(call.path if call.path_known else "", call.host, value_of(now))


_OF_REQUEST: Final = ("request.path", "request.host", "request.time")
_GIVEN: Final = frozenset({*_OF_REQUEST, TAGS})


def asks_for_tags(expression: str) -> bool:
    """Whether a condition looks at the tags of the resource."""
    try:
        return TAGS in compiled(expression).names
    except NotReadError:
        return False


def needs_more(expression: str) -> bool | None:
    """Whether a condition asks for what Cloud Run never gives; None where it cannot be read."""
    try:
        return not compiled(expression).names <= _GIVEN
    except NotReadError:
        return None


def evaluate(
    expression: str, request: RequestAttributes, tags: Fact[tuple[Tag, ...]] = TAGS_NOT_ASKED
) -> ConditionResult:
    """Evaluate the condition of a binding for one request; never raises."""
    try:
        part = compiled(expression)
    except NotReadError:
        return ConditionResult.UNCLEAR
    match part.value({**_attributes(request), TAGS: _shown(tags)}):
        case True:
            # Whether a half that is never evaluated spoils the other half is not documented.
            return ConditionResult.YES if part.names <= _GIVEN else ConditionResult.UNCLEAR
        case False:
            return ConditionResult.NO
        case Hidden.NEVER:
            return ConditionResult.UNSUPPORTED
        case Hidden.CALL:
            return ConditionResult.BY_CALL
        case _:
            return ConditionResult.UNCLEAR


def evaluate_in_denial(expression: str, tags: Fact[tuple[Tag, ...]] = TAGS_NOT_ASKED) -> ConditionResult:
    """Evaluate the condition of a deny rule, which knows the functions on tags only; never raises.

    Source: https://docs.cloud.google.com/iam/docs/deny-overview
    """
    try:
        part = compiled(expression)
    except NotReadError:
        return ConditionResult.UNCLEAR
    shown = _shown(tags)
    match part.value({**dict.fromkeys(_OF_REQUEST, Hidden.NEVER), TAGS: shown}):
        case True:
            return ConditionResult.YES
        case False if part.names <= {TAGS}:
            # Whether a half that cannot be evaluated spoils the other half is not documented.
            return ConditionResult.NO
        case Hidden.NEVER if TAGS not in part.names or not isinstance(shown, Hidden):
            return ConditionResult.UNSUPPORTED
        case _:
            return ConditionResult.UNCLEAR


def _shown(tags: Fact[tuple[Tag, ...]]) -> Value:
    """Return the tags as expressions see them; where the resource itself was not found, there is nothing to tag."""
    match tags:
        case Known(value):
            return tuple((one.key, one.key_id, one.value, one.value_id) for one in value)
        case Absent():
            return ()
        case _:
            return Hidden.UNSEEN


def _attributes(request: RequestAttributes) -> dict[str, Value]:
    given: dict[str, Value] = {
        "request.path": Hidden.CALL if request.path is None else request.path or Hidden.UNSEEN,
        "request.host": Hidden.CALL if request.path is None else request.host or Hidden.UNSEEN,
        "request.time": Hidden.UNSEEN,
    }
    if request.time is not None:
        given["request.time"] = datetime.fromtimestamp(request.time, UTC)
    return given

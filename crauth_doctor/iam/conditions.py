"""IAM conditions, evaluated for one request.

Cloud Run gives a condition `request.path`, `request.host` and `request.time`; `resource.name`, `resource.type` and
`resource.service` it never gives, and what uses an attribute that is not given "is never interpreted as granting
access". Tags of the resource are evaluated for every service, and are not read here.

Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from .cel import Hidden, NotReadError, Value, compiled


class Met(StrEnum):
    """How a condition stands for this request."""

    YES = "met"
    NO = "not met"
    BY_CALL = "met by some calls, or none"
    UNSUPPORTED = "uses attributes that Cloud Run never evaluates"
    UNCLEAR = "cannot be evaluated here"


@dataclass(frozen=True, slots=True)
class Request:
    """What a condition can see.

    Args:
        path: the path called; None asks for any call.
        host: the host called; empty when it is not known.
        time: seconds since 1970; None when it is not known.
    """

    path: str | None
    host: str
    time: int | None


_GIVEN: Final = frozenset({"request.path", "request.host", "request.time"})
_NOTHING: Final[dict[str, Value]] = {}


def met(expression: str, request: Request) -> Met:
    """Evaluate the condition of a binding for one request; never raises."""
    try:
        part = compiled(expression)
    except NotReadError:
        return Met.UNCLEAR
    match part.value(_attributes(request)):
        case True:
            # Whether a half that is never evaluated spoils the other half is not documented.
            return Met.YES if part.names <= _GIVEN else Met.UNCLEAR
        case False:
            return Met.NO
        case Hidden.NEVER:
            return Met.UNSUPPORTED
        case Hidden.CALL:
            return Met.BY_CALL
        case _:
            return Met.UNCLEAR


def met_by_denial(expression: str) -> Met:
    """Evaluate the condition of a deny rule, which knows the functions on tags only; never raises.

    Source: https://docs.cloud.google.com/iam/docs/deny-overview
    """
    try:
        part = compiled(expression)
    except NotReadError:
        return Met.UNCLEAR
    value = part.value(_NOTHING)
    if part.names or not isinstance(value, bool):
        return Met.UNCLEAR
    return Met.YES if value else Met.NO


def _attributes(request: Request) -> dict[str, Value]:
    given: dict[str, Value] = {
        "request.path": Hidden.CALL if request.path is None else request.path,
        "request.host": Hidden.CALL if request.path is None else request.host or Hidden.UNSEEN,
        "request.time": Hidden.UNSEEN,
    }
    if request.time is not None:
        given["request.time"] = datetime.fromtimestamp(request.time, UTC)
    return given

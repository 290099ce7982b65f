"""IAM conditions, evaluated for one request.

Cloud Run gives a condition `request.path`, `request.host` and `request.time`; `resource.*` it never gives, and what
uses an attribute that is not given "is never interpreted as granting access".

Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celpy import Runner
    from celpy.evaluation import Result


class Met(StrEnum):
    """How a condition stands for this request."""

    YES = "met"
    NO = "not met"
    UNSUPPORTED = "uses attributes that Cloud Run never evaluates"
    UNCLEAR = "cannot be evaluated here"


@dataclass(frozen=True, slots=True)
class Request:
    """What a condition can see.

    Args:
        path: the path called.
        host: the host called; empty when it is not known.
        time: seconds since 1970; None when it is not known.
    """

    path: str
    host: str
    time: int | None


_STRING = re.compile(r"""(?:[rR])?("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
_ATTRIBUTE = re.compile(r"(?<![\w.])(request|resource|api|destination|origin|source|principal)\s*\.\s*(\w+)")
_GIVEN = {("request", "path"), ("request", "host"), ("request", "time")}


def met(expression: str, request: Request) -> Met:
    """Evaluate a CEL condition for one request."""
    used = set(_ATTRIBUTE.findall(_STRING.sub('""', expression)))
    supported, unsupported = used & _GIVEN, used - _GIVEN
    if any(root != "resource" for root, _ in unsupported):
        return Met.UNCLEAR
    if ("request", "time") in used and request.time is None:
        return Met.UNCLEAR
    if ("request", "host") in used and not request.host:
        return Met.UNCLEAR
    if unsupported and not supported:
        return Met.UNSUPPORTED
    result = _evaluate(expression, request)
    if result is None:
        return Met.UNSUPPORTED if unsupported else Met.UNCLEAR
    if unsupported and result:
        return Met.UNCLEAR  # whether a half that is never evaluated spoils the other half is not documented
    return Met.YES if result else Met.NO


def _evaluate(expression: str, request: Request) -> bool | None:
    """Return the truth of it; None when CEL makes nothing of it."""
    from celpy import celtypes
    from celpy.celparser import CELParseError
    from celpy.evaluation import CELEvalError

    given = celtypes.MapType(
        {celtypes.StringType("path"): celtypes.StringType(request.path), "host": celtypes.StringType(request.host)}
    )
    if request.time is not None:
        given[celtypes.StringType("time")] = celtypes.TimestampType(datetime.fromtimestamp(request.time, UTC))
    try:
        result = _program(expression).evaluate({"request": given})
    except (CELParseError, CELEvalError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    return bool(result) if isinstance(result, bool | celtypes.BoolType) else None


@lru_cache(maxsize=256)
def _program(expression: str) -> Runner:
    import celpy

    environment = celpy.Environment()
    return environment.program(environment.compile(expression), functions={"extract": _extract})


def _extract(text: Result, template: Result) -> Result:
    """Do what IAM's `extract` does: the part of the text that stands in the template's braces.

    Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#extract
    """
    from celpy import celtypes

    found = re.fullmatch(r"([^{}]*)\{[^{}]*\}([^{}]*)", str(template))
    if not found:
        return celtypes.StringType("")
    before, after = found.groups()
    _, opened, rest = str(text).partition(before) if before else ("", "-", str(text))
    if not opened:
        return celtypes.StringType("")
    value, closed, _ = rest.partition(after) if after else (rest, "-", "")
    return celtypes.StringType(value if closed else "")

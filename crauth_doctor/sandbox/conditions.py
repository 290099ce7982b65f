"""IAM conditions: CEL with IAM's own functions.

https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import lru_cache
from typing import Any

from .world import Json

_LOCK = threading.Lock()


def holds(expression: str, attributes: Json) -> bool | None:
    """Whether a condition is met; `None` where it cannot be evaluated.

    An attribute that is not among `attributes` is an error, as it is in CEL: `a || b` is still met by the other side.
    """
    from celpy import celtypes
    from celpy.celparser import CELParseError
    from celpy.evaluation import CELEvalError

    try:
        program = _program(expression)
        value = program.evaluate({name: _cel(value) for name, value in attributes.items()})
    except (CELParseError, CELEvalError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return bool(value) if isinstance(value, celtypes.BoolType) else None


def granted(binding: Json, attributes: Json) -> bool:
    """Whether a binding counts: it has no condition, or one that is met."""
    condition = binding.get("condition")
    if not condition:
        return True
    return holds(str(condition.get("expression", "")), attributes) is True


def _program(expression: str) -> Any:
    with _LOCK:
        return _compiled(expression)


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Any:
    import celpy

    environment = celpy.Environment()
    never = celpy.celtypes.BoolType(False)
    functions = {
        "extract": _extract,
        # No resource of a world carries tags: https://cloud.google.com/iam/docs/conditions-attribute-reference#resource-tags
        **{name: lambda *_: never for name in ("matchTag", "matchTagId", "hasTagKey", "hasTagKeyId")},
    }
    return environment.program(environment.compile(expression), functions=functions)


def _extract(text: Any, template: Any) -> Any:
    """`extract("/{name}/")`: https://cloud.google.com/iam/docs/conditions-attribute-reference#extract."""
    import celpy

    before, _, rest = str(template).partition("{")
    after = rest.partition("}")[2]
    _, found, tail = str(text).partition(before) if before else ("", True, str(text))
    if not found:
        return celpy.celtypes.StringType("")
    if after:
        value, found, _ = tail.partition(after)
        return celpy.celtypes.StringType(value if found else "")
    return celpy.celtypes.StringType(tail)


def _cel(value: Any) -> Any:
    import celpy

    if isinstance(value, datetime):
        return celpy.celtypes.TimestampType(value)
    if isinstance(value, dict):
        return celpy.celtypes.MapType({celpy.celtypes.StringType(key): _cel(each) for key, each in value.items()})
    return celpy.celtypes.StringType(str(value))

"""What the answers of Google's APIs look like: of each field that is read, which JSON type it has.

`shapes.json` says it for every method of the table, from Google's discovery documents; see tests/gcp/test_shapes.py.
A text is "", a number or a truth 0, what may be anything null, a list `[item]`, an object its fields, `*` for any.
Documentation: https://developers.google.com/discovery/v1/reference/apis
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from ..google_json.json_access import Json, NotUnderstoodError

Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | str | int | None"

ANY_FIELD: Final = "*"


def fitting(schema: str, answer: Json) -> Json:
    """Return an answer as it came.

    Raises:
        NotUnderstoodError: a field is of another type than Google documents, or null, which its APIs never write; or
            one resource was asked for, and the answer has no name.
    """
    shape = shapes()[schema]
    _check("", answer, shape)
    if schema.endswith(".get") and isinstance(shape, Mapping) and "name" in shape and not answer.get("name"):
        raise NotUnderstoodError("an answer without a name")
    return answer


@cache
def shapes() -> Mapping[str, Shape]:
    """Return the shape of each method's answer."""
    found: dict[str, Shape] = json.loads(files(__package__).joinpath("shapes.json").read_text(encoding="utf-8"))
    return found


def _check(field: str, value: object, shape: Shape) -> None:
    match shape, value:
        case None, _:
            return
        case Mapping(), dict():
            every = shape.get(ANY_FIELD)
            for name, inner in value.items():
                _check(str(name), inner, shape.get(name, every))
        case [item], list():
            for inner in value:
                _check(field, inner, item)
        case str(), str():
            return
        case int(), bool() | int() | float() | str():
            return
        case _:
            raise NotUnderstoodError(f"{field or 'the answer'} is not of the type that Google documents")

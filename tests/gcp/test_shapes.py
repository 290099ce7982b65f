"""Which JSON type each field of an answer has: made from Google's discovery documents, kept where the code reads it.

Make `shapes.json` anew with `python tests/gcp/test_shapes.py`.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

import crauth_doctor
from crauth_doctor.gcp.methods import TABLE, Row
from crauth_doctor.gcp.shapes import ANY_FIELD, Shape, fitting, shapes
from crauth_doctor.google_json.json_access import NotUnderstoodError
from tests.gcp.test_methods import method_of
from tests.source import tree_of, walked

PACKAGE: Final = Path(crauth_doctor.__file__).parent
NUMBERS: Final = {"int32", "int64", "uint32", "uint64"}
SERVICE: Final = "run:v2:projects.locations.services.get"
ANSWERED: Final = [row for row in TABLE if row.method != "PATCH"]


@cache
def words() -> set[str]:
    """Every word of the source that may be the name of a field."""
    files = [path for folder in ("gcp", "google_json") for path in (PACKAGE / folder).rglob("*.py")]
    nodes = [node.value for path in files for node in walked(tree_of(path)) if isinstance(node, ast.Constant)]
    collections = {word for row in TABLE for word in (row.items, row.schema.split(".")[-2].rpartition(":")[2])}
    return {node for node in nodes if isinstance(node, str) and re.fullmatch(r"\w+", node)} | collections


def shape_of(schema: dict[str, Any], schemas: dict[str, Any], kept: set[str], inside: tuple[str, ...] = ()) -> Shape:
    """The shape of what a discovery document describes; of what holds itself, nothing is said inside."""
    name = schema.get("$ref")
    if name is not None:
        return None if name in inside else shape_of(schemas[name], schemas, kept, (*inside, name))
    match schema:
        case {"type": "array"}:
            return [shape_of(schema["items"], schemas, kept, inside)]
        case {"properties": properties}:
            return {one: shape_of(of, schemas, kept, inside) for one, of in sorted(properties.items()) if one in kept}
        case {"type": "object"}:
            return {ANY_FIELD: shape_of(schema.get("additionalProperties", {}), schemas, kept, inside)}
        case {"type": "string"}:
            return 0 if schema.get("format") in NUMBERS else ""
        case {"type": "boolean" | "integer" | "number"}:
            return 0
        case _:
            return None


def answer_of(row: Row, kept: set[str]) -> Shape:
    method = method_of(row)
    return shape_of(method.get("response", {}), method["schemas"], kept)


def made() -> dict[str, Shape]:
    kept = words()
    return {row.schema: answer_of(row, kept) for row in sorted(ANSWERED, key=lambda row: row.schema)}


def agrees(ours: Shape, theirs: Shape) -> bool:
    """Whether a shape says nothing else than another one, which may have fields that are newer, or have lost some."""
    match ours, theirs:
        case dict(), dict():
            return all(agrees(one, theirs[name]) for name, one in ours.items() if name in theirs)
        case [one], [other]:
            return agrees(one, other)
        case _:
            return ours == theirs


def test_the_shape_of_an_answer_is_what_google_documents() -> None:
    documented = made()
    assert documented.keys() <= shapes().keys(), "run `python tests/gcp/test_shapes.py`"
    assert [schema for schema, shape in documented.items() if not agrees(shapes()[schema], shape)] == []


@pytest.mark.parametrize(
    "answer",
    [
        {"name": "s", "ingress": 7},
        {"name": "s", "urls": "https://x"},
        {"name": "s", "urls": [7]},
        {"name": "s", "template": []},
        {"name": "s", "template": {"serviceAccount": {}}},
        {"name": "s", "template": None},
        {"name": "s", "generation": [1]},
        {"name": ""},
        {},
    ],
)
def test_what_is_of_another_type_is_not_understood(answer: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError):
        fitting(SERVICE, answer)


def test_what_is_not_read_may_be_anything_and_a_number_may_stand_as_text() -> None:
    answer = {"name": "s", "newIn2031": [None], "generation": "7", "traffic": [{"percent": 100, "newIn2031": {}}]}
    assert fitting(SERVICE, answer) is answer


if __name__ == "__main__":
    lines = [f'"{schema}":{json.dumps(shape, separators=(",", ":"))}' for schema, shape in made().items()]
    (PACKAGE / "gcp" / "shapes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

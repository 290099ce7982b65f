from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from crauth_doctor.gcp import products, rest

DOCUMENTS = files("googleapiclient") / "discovery_cache" / "documents"


def method_of(row: rest.Row) -> tuple[dict[str, Any], dict[str, Any]]:
    api, version, path = row.schema.split(":")
    document: dict[str, Any] = json.loads((DOCUMENTS / f"{api}.{version}.json").read_text(encoding="utf-8"))
    *resources, name = path.split(".")
    node = document
    for resource in resources:
        node = node["resources"][resource]
    return document, node["methods"][name]


def example_of(flat: str) -> str:
    return re.sub(r"\{(\w+)\}", "x", flat)


@pytest.mark.parametrize("row", products.TABLE, ids=lambda row: row.schema)
def test_the_table_agrees_with_googles_discovery_documents(row: rest.Row) -> None:
    document, method = method_of(row)
    assert document["rootUrl"] == f"https://{row.host}/"
    assert method["httpMethod"] == row.method == "GET"
    ours = row.path.replace("{+name}", "{}").replace("{+parent}", "{}")
    example = f"/{document['servicePath']}{example_of(method.get('flatPath', method['path']))}"
    pattern = re.escape(ours).replace(re.escape("{}"), "(.+)")
    assert re.fullmatch(pattern, example), (ours, example)
    assert set(row.query or {}) <= set(method["parameters"])
    for name, value in (row.query or {}).items():
        assert value in method["parameters"][name].get("enum", [value])
    if row.items:
        answer = document["schemas"][method["response"]["$ref"]]["properties"]
        assert row.items in answer
        assert answer[row.items]["type"] == "array"

"""Every method that is called, held against Google's discovery documents."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

import pytest

from crauth_doctor.gcp.audiences import holder
from crauth_doctor.gcp.methods import ACCOUNT, TABLE, Row
from crauth_doctor.gcp.products.permissions import carrier

from .conftest import CHECKOUT

DOCUMENTS = files("googleapiclient") / "discovery_cache" / "documents"
NAMES = {
    "iam:v1:projects.serviceAccounts": f"projects/p/serviceAccounts/{CHECKOUT}",
    "compute:v1:subnetworks": "projects/p/regions/r/subnetworks/s",
    "compute:v1:instances": "projects/p/zones/z-a/instances/i",
    "compute:v1:securityPolicies": "projects/p/global/securityPolicies/s",
    "compute:v1:regionSecurityPolicies": "projects/p/regions/r/securityPolicies/s",
    "appengine:v1:apps": "apps/p",
    "cloudbuild:v1:projects.locations": "projects/p/locations/r/defaultServiceAccount",
    "cloudresourcemanager:v3:folders": "folders/1",
    "cloudresourcemanager:v3:organizations": "organizations/1",
    "iam:v2:policies": "policies/p/denypolicies/d",
}
"""Names that are not made of the collections in the method's name."""


@cache
def document_of(name: str) -> Any:
    return json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))


def method_of(row: Row) -> dict[str, Any]:
    api, version, path = row.schema.split(":")
    document = document_of(f"{api}.{version}")
    *resources, name = path.split(".")
    node = document
    for resource in resources:
        node = node["resources"][resource]
    return {
        **node["methods"][name],
        "root": document["rootUrl"],
        "base": "/" + document["servicePath"],
        "schemas": document["schemas"],
    }


def name_of(row: Row) -> str:
    """A name of what the method is called on."""
    whole = row.schema.rpartition(".")[0]
    if whole in NAMES:
        return NAMES[whole]
    if whole.startswith("iap"):
        return "projects/7/iap_web/cloud_run-r/services/s"
    collections = whole.split(":")[2].split(".")
    return "/".join(word for each in collections for word in (each, "global" if each == "locations" else "x"))


def test_the_table_agrees_with_googles_discovery_documents() -> None:
    for row in TABLE:
        agrees(row)


def agrees(row: Row) -> None:
    method, name = method_of(row), name_of(row)
    above = name.rsplit("/", 1)[0]
    names = {
        "name": name,
        "parent": above if "denypolicies" in name else "/".join(name.split("/")[:-2]) or above,
        "project": "p",
        "email": CHECKOUT,
        "zone": "z",
        "domain": "a.example.com",
        "constraint": "run.allowedIngress",
        "role": {"iam:v1:roles.get": "roles/x", "iam:v1:projects.roles.get": "projects/p/roles/x"}.get(
            row.schema, "organizations/1/roles/x"
        ),
    }
    assert method["httpMethod"] == row.method
    assert method["root"] == f"https://{row.host}/"
    patterns = {key: f"(?:{one.get('pattern', '[^/]+').strip('^$')})" for key, one in method["parameters"].items()}
    template = method["base"] + method["path"]
    expected = re.sub(r"\{\+?(\w+)\}", lambda found: patterns[found[1]], template)
    path, _, query = row.url_path(names).partition("?")
    assert re.fullmatch(expected, path), (expected, path)
    assert {*(row.query or {}), *parse_qs(query)} <= set(method["parameters"])
    for key, value in (row.query or {}).items():
        assert value in method["parameters"][key].get("enum", [value])
    if row.items:
        answer = method["schemas"][method["response"]["$ref"]]["properties"]
        assert row.items in answer
        assert "nextPageToken" in answer or "pageToken" not in method["parameters"]
        if row.schema.endswith("aggregatedList"):
            scope = method["schemas"][answer[row.items]["additionalProperties"]["$ref"]]["properties"]
            answer, items = scope, row.schema.split(":")[2].partition(".")[0]
        else:
            items = row.items
        assert answer[items]["type"] == "array"
    if row.method == "POST":
        sent = method["schemas"][method["request"]["$ref"]]["properties"] if "request" in method else {}
        assert set(row.body or {}) <= set(sent)


def test_policies_are_always_read_in_version_3() -> None:
    found = [row for row in TABLE if row.schema.endswith("getIamPolicy")]
    assert found
    for row in found:
        asked = (row.query or {}).get("options.requestedPolicyVersion")
        assert asked == "3" or row.body == {"options": {"requestedPolicyVersion": 3}}, row


def test_names_are_quoted() -> None:
    assert ACCOUNT.url_path({"project": "a/../b", "email": "x?y#z@p"}) == (
        "/v1/projects/a%2F..%2Fb/serviceAccounts/x%3Fy%23z@p"
    )


@pytest.mark.parametrize(
    "resource", ["//storage.googleapis.com/projects/_/buckets/b", "orders", "", "//run.googleapis.com/x"]
)
def test_no_other_kind_of_resource_is_written(resource: str) -> None:
    assert carrier(resource) is None
    assert holder(resource) is None

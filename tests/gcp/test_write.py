"""The writes, held against Google's discovery documents."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from crauth_doctor.gcp import audiences, rest, update, write

DOCUMENTS = files("googleapiclient") / "discovery_cache" / "documents"
NAMES = {
    "run": "projects/p/locations/r/{kind}/x",
    "iam": "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
    "iap": "projects/1/iap_web/cloud_run-r/services/x",
    "compute": "projects/p/regions/r/subnetworks/s",
    "cloudresourcemanager": "{kind}/1",
    "cloudscheduler": "projects/p/locations/r/jobs/j",
    "pubsub": "projects/p/subscriptions/s",
}


def method_of(row: rest.Row) -> dict[str, Any]:
    api, version, path = row.schema.split(":")
    document: dict[str, Any] = json.loads((DOCUMENTS / f"{api}.{version}.json").read_text(encoding="utf-8"))
    node = document
    *resources, name = path.split(".")
    for resource in resources:
        node = node["resources"][resource]
    method: dict[str, Any] = node["methods"][name]
    return {
        **method,
        "root": document["rootUrl"],
        "base": "/" + document["servicePath"],
        "schemas": document["schemas"],
    }


@pytest.mark.parametrize("row", [*write.TABLE, *update.TABLE, *audiences.TABLE], ids=lambda row: row.schema)
def test_the_table_agrees_with_googles_discovery_documents(row: rest.Row) -> None:
    method = method_of(row)
    api, _, path = row.schema.split(":")
    names = {"name": NAMES.get(api, "").format(kind=path.split(".")[-2]), "project": "p", "constraint": "c.d"}
    assert method["httpMethod"] == row.method
    assert method["root"] == f"https://{row.host}/"
    patterns = {
        name: f"(?:{one.get('pattern', '[^/]+').removeprefix('^').removesuffix('$')})"
        for name, one in method["parameters"].items()
    }
    template = method["base"] + method["path"]
    expected = re.sub(r"\{\+?(\w+)\}", lambda found: patterns[found[1]], template)
    assert re.fullmatch(expected, row.url_path(names)), (expected, row.url_path(names))
    assert set(row.query or {}) <= set(method["parameters"])


@pytest.mark.parametrize("row", write.TABLE, ids=lambda row: row.schema)
def test_policies_are_always_read_in_version_3(row: rest.Row) -> None:
    if row.read.endswith("getIamPolicy"):
        asked = (row.query or {}).get("options.requestedPolicyVersion")
        assert asked == "3" or row.body == {"options": {"requestedPolicyVersion": 3}}


@pytest.mark.parametrize(
    "resource", ["//storage.googleapis.com/projects/_/buckets/b", "orders", "", "//run.googleapis.com/x"]
)
def test_no_other_kind_of_resource_is_written(resource: str) -> None:
    assert write.carrier(resource) is None
    assert audiences.holder(resource) is None

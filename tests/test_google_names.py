"""Permissions, roles and pages that are printed are Google's: each stands in a list with its source and date.

A new name is looked up in Google's pages and put into `google_names.json`, or, of a role, into `iam/roles.json`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crauth_doctor
from crauth_doctor.gcp.methods import TABLE
from crauth_doctor.workflows.permissions import COMMANDS, permissions
from tests.generated import pages
from tests.source import tree_of, walked

ROOT = Path(crauth_doctor.__file__).parent
NAMES: dict[str, Any] = json.loads(Path(__file__).with_name("google_names.json").read_text(encoding="utf-8"))
ROLES = {
    name
    for table in json.loads((ROOT / "iam/roles.json").read_text(encoding="utf-8"))["tables"]
    for name in table["roles"]
}
CAUSES = json.loads((ROOT / "workflows/causes.json").read_text(encoding="utf-8"))
PERMISSION = re.compile(
    r"\b(?:run|iam|iap|resourcemanager|compute|dns|logging|orgpolicy|pubsub|cloudtasks|cloudscheduler|cloudfunctions|"
    r"cloudbuild|eventarc|workflows|apigateway|appengine|container|vpcaccess|serviceusage|cloudasset)"
    r"\.[a-zA-Z]+\.[a-zA-Z]+\b"
)
OTHERS = re.compile(r"\.googleapis\.com|\.gserviceaccount|\.gke\.io|\.managed\.|\.testIamPermissions")
"""Hosts, domains, constraints, and a method for which no permission is needed."""
NEW_BASIC = {"roles/admin", "roles/writer", "roles/reader"}
"""Source: https://docs.cloud.google.com/iam/docs/roles-overview#basic."""


def known(*kinds: str) -> set[str]:
    return {name for kind in kinds for name in NAMES[kind]["names"]}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the package that may be printed: the sandbox is no part of what is said of Google."""
    for path in sorted(ROOT.rglob("*.py")):
        if "sandbox" in path.relative_to(ROOT).parts:
            continue
        for node in walked(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield str(path.relative_to(ROOT)), node.value
    for path in (*sorted(ROOT.rglob("*.j2")), ROOT / "workflows/causes.json", *pages()):
        yield path.name, path.read_text(encoding="utf-8")


def test_every_permission_is_one_of_googles() -> None:
    listed = known("permissions", "more_permissions", "unpublished_permissions")
    found = {(name, where) for where, text in texts() for name in PERMISSION.findall(text) if not OTHERS.search(name)}
    assert {each for each in found if each[0] not in listed} == set()
    asked = {row.read for row in TABLE if row.read.count(".") == 2 and not OTHERS.search(row.read)}
    asked |= {one.permission for command in COMMANDS for one in permissions(command, fix=True).needs}
    assert asked - listed == set()


def test_every_role_is_one_of_googles() -> None:
    whole = re.compile(r"(?<![\w/])roles/[a-zA-Z]+(?:\.[a-zA-Z]+)*\b(?![.*…])")
    found = {(name, where) for where, text in texts() for name in whole.findall(text)}
    assert {each for each in found if each[0] not in ROLES | NEW_BASIC} == set()


def test_the_pages_of_the_causes_were_looked_at_and_no_other() -> None:
    assert known("pages") == {cause["see"].partition("#")[0] for cause in CAUSES}


def test_the_pages_that_readers_are_sent_to_were_looked_at() -> None:
    linked = {
        url for page in pages() for url in re.findall(r"https://[\w.-]*google\.com[\w./-]*", page.read_text("utf-8"))
    }
    assert linked - known("pages") - known("more_pages") == set()


def test_each_list_has_its_source_and_date() -> None:
    for kind, one in NAMES.items():
        assert one["source"].startswith("http"), kind
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", one["as_of"]), kind
        assert one["names"] == sorted(set(one["names"])), kind

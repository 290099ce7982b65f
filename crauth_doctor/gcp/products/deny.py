"""IAM deny policies.

Documentation: https://docs.cloud.google.com/iam/docs/deny-overview
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from ...google_json import policies
from ...google_json.json_access import Json, NotUnderstoodError
from ...model.fact import Absent, Fact, Source
from ...model.iam import DenyRule
from .. import methods, rest
from ..door import Asked, Door, UnansweredError, read

LIST: Final = methods.DENY_POLICIES.read


def deny_rules(google: Door, name: str) -> Fact[tuple[DenyRule, ...]]:
    """Read every rule of the deny policies that stand on `projects/P`, `folders/F` or `organizations/O` itself.

    A list holds no rules, so each policy is read by itself.
    Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v2/policies/listPolicies
    """
    point = f"//cloudresourcemanager.googleapis.com/{name}"
    return google.noted(read(Source(LIST, point), lambda: tuple(_rules(google, point))))


def _rules(google: Door, point: str) -> Iterator[DenyRule]:
    parent = f"policies/{quote(point.removeprefix('//'), safe='')}/denypolicies"
    for one in rest.pages(google, Asked(methods.DENY_POLICIES, point, {"parent": parent}), {}):
        name = str(one.get("name", ""))
        if "/denypolicies/" not in name:
            raise NotUnderstoodError("a list of something else than deny policies")
        yield from policies.deny_rules(_policy(google, name, point), point)


def _policy(google: Door, name: str, point: str) -> Json:
    """Read a policy that a list has named: one that is not found then, or is another, is not known not to deny."""
    short = name.rsplit("/", 1)[-1]
    try:
        found = google.answer(Asked(methods.DENY_POLICY, point, {"name": name}))
    except UnansweredError as error:
        if isinstance(error.fact, Absent):
            raise NotUnderstoodError(f"the deny policy {short} was listed, and is not found") from error
        raise
    if str(found.get("name", "")).rsplit("/", 1)[-1] != short:
        raise NotUnderstoodError(f"an answer that is not the deny policy {short}")
    return found

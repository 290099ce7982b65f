"""IAM deny policies, by Google's client over REST.

Documentation: https://docs.cloud.google.com/iam/docs/deny-overview
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from google.api_core import exceptions as api

from ..google_json import policies
from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Fact, Source
from ..model.iam import DenyRule
from .connection import Google
from .errors import as_json, read, retrying

LIST: Final = "iam.denypolicies.list"
_PAGES: Final = 10


def deny_rules(google: Google, name: str) -> Fact[tuple[DenyRule, ...]]:
    """Read every rule of the deny policies that stand on `projects/P`, `folders/F` or `organizations/O` itself.

    A list holds no rules, so each policy is read by itself.
    Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v2/policies/listPolicies
    """
    point = f"//cloudresourcemanager.googleapis.com/{name}"
    return google.noted(read(Source(LIST, point), lambda: tuple(_rules(google, point))))


def _rules(google: Google, point: str) -> Iterator[DenyRule]:
    for name in _names(google, point):
        yield from policies.deny_rules(_policy(google, name, name.rsplit("/", 1)[-1]), point)


def _names(google: Google, point: str) -> Iterator[str]:
    parent = f"policies/{quote(point.removeprefix('//'), safe='')}/denypolicies"
    page_token = ""
    for _ in range(_PAGES):
        page = _page(google, {"parent": parent, "page_token": page_token})
        for one in page.policies:
            if "/denypolicies/" not in one.name:
                raise NotUnderstoodError("a list of something else than deny policies")
            yield one.name
        page_token = page.next_page_token
        if not page_token:
            return
    raise NotUnderstoodError(f"more than {_PAGES} pages of deny policies")


def _page(google: Google, request: dict[str, str]) -> Any:
    client = google.deny_policies()
    pager = retrying(
        google.deadline, lambda seconds: client.list_policies(request=request, retry=None, timeout=seconds)
    )
    return next(iter(pager.pages))


def _policy(google: Google, name: str, short: str) -> Json:
    """Read a policy that a list has named: one that is not found then, or is another, is not known not to deny."""
    client = google.deny_policies()
    try:
        found = retrying(google.deadline, lambda seconds: client.get_policy(name=name, retry=None, timeout=seconds))
    except api.NotFound as error:
        raise NotUnderstoodError(f"the deny policy {short} was listed, and is not found") from error
    if found.name.rsplit("/", 1)[-1] != short:
        raise NotUnderstoodError(f"an answer that is not the deny policy {short}")
    return as_json(found)

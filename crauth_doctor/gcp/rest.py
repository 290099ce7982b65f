"""The many small reads, over REST by one table.

`google-cloud-iam` has no REST transport for service accounts and roles, and a client library each for a single GET of
Compute, DNS or Resource Manager would be heavier than the read. A test checks the table against Google's discovery
documents.
Documentation: https://developers.google.com/discovery/v1/reference/apis
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

from google.api_core import exceptions as api

from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from .google import Google
from .read import HTTP_OK, json_object, read, retrying

T = TypeVar("T")

PAGES: Final = 50
"""Pages of one list that are read at most."""

_LEFT_OUT: Final = ("unreachable", "unreachableLocations", "missingZones")
"""Fields in which a list says what it could not ask, of Cloud Run, Functions, API Gateway, Kubernetes Engine ….

Source: https://google.aip.dev/217
"""

_V3_POLICY: Final[Json] = {"options": {"requestedPolicyVersion": 3}}
_CRM: Final = "cloudresourcemanager.googleapis.com"
_IAM: Final = "iam.googleapis.com"


@dataclass(frozen=True, slots=True)
class Row:
    """One read.

    Args:
        read: its name: the permission that it needs.
        schema: API, version and method in Google's discovery documents.
        host: the API's host.
        method: GET or POST.
        path: with `{name}` for each part of a resource's name; `{+name}` may hold slashes.
        items: the field that holds a page's items, where it is a list.
        body: what is sent with POST.
        query: what stands after the question mark.
    """

    read: str
    schema: str
    host: str
    method: str
    path: str
    items: str = ""
    body: Json | None = None
    query: Mapping[str, str] | None = None

    def url_path(self, names: Mapping[str, str]) -> str:
        """Fill in the names, each safely quoted."""
        path = self.path
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="@:"))
            path = path.replace(f"{{+{name}}}", quote(value, safe="/@:"))
        return path


ACCOUNT: Final = Row(
    "iam.serviceAccounts.get",
    "iam:v1:projects.serviceAccounts.get",
    _IAM,
    "GET",
    "/v1/projects/{project}/serviceAccounts/{email}",
)
ACCOUNT_POLICY: Final = Row(
    "iam.serviceAccounts.getIamPolicy",
    "iam:v1:projects.serviceAccounts.getIamPolicy",
    _IAM,
    "POST",
    "/v1/projects/{project}/serviceAccounts/{email}:getIamPolicy",
    query={"options.requestedPolicyVersion": "3"},
)
PREDEFINED_ROLE: Final = Row("iam.roles.get", "iam:v1:roles.get", _IAM, "GET", "/v1/{+role}")
PROJECT_ROLE: Final = Row("iam.roles.get", "iam:v1:projects.roles.get", _IAM, "GET", "/v1/{+role}")
ORGANIZATION_ROLE: Final = Row("iam.roles.get", "iam:v1:organizations.roles.get", _IAM, "GET", "/v1/{+role}")
ANCESTRY: Final = Row(
    "resourcemanager.projects.get",
    "cloudresourcemanager:v1:projects.getAncestry",
    _CRM,
    "POST",
    "/v1/projects/{project}:getAncestry",
    body={},
)
PROJECT: Final = Row(
    "resourcemanager.projects.get",
    "cloudresourcemanager:v3:projects.get",
    _CRM,
    "GET",
    "/v3/projects/{project}",
)
PROJECT_POLICY: Final = Row(
    "resourcemanager.projects.getIamPolicy",
    "cloudresourcemanager:v3:projects.getIamPolicy",
    _CRM,
    "POST",
    "/v3/projects/{id}:getIamPolicy",
    body=_V3_POLICY,
)
FOLDER_POLICY: Final = Row(
    "resourcemanager.folders.getIamPolicy",
    "cloudresourcemanager:v3:folders.getIamPolicy",
    _CRM,
    "POST",
    "/v3/folders/{id}:getIamPolicy",
    body=_V3_POLICY,
)
ORGANIZATION_POLICY: Final = Row(
    "resourcemanager.organizations.getIamPolicy",
    "cloudresourcemanager:v3:organizations.getIamPolicy",
    _CRM,
    "POST",
    "/v3/organizations/{id}:getIamPolicy",
    body=_V3_POLICY,
)
SUBNETWORK: Final = Row(
    "compute.subnetworks.get",
    "compute:v1:subnetworks.get",
    "compute.googleapis.com",
    "GET",
    "/compute/v1/{+name}",
)
CONNECTOR: Final = Row(
    "vpcaccess.connectors.get",
    "vpcaccess:v1:projects.locations.connectors.get",
    "vpcaccess.googleapis.com",
    "GET",
    "/v1/{+name}",
)
ZONES: Final = Row(
    "dns.managedZones.list",
    "dns:v1:managedZones.list",
    "dns.googleapis.com",
    "GET",
    "/dns/v1/projects/{project}/managedZones",
    items="managedZones",
)
RECORDS: Final = Row(
    "dns.resourceRecordSets.list",
    "dns:v1:resourceRecordSets.list",
    "dns.googleapis.com",
    "GET",
    "/dns/v1/projects/{project}/managedZones/{zone}/rrsets",
    items="rrsets",
)
GLOBAL_FORWARDING_RULES: Final = Row(
    "compute.globalForwardingRules.list",
    "compute:v1:globalForwardingRules.list",
    "compute.googleapis.com",
    "GET",
    "/compute/v1/projects/{project}/global/forwardingRules",
    items="items",
)
GLOBAL_ADDRESSES: Final = Row(
    "compute.globalAddresses.list",
    "compute:v1:globalAddresses.list",
    "compute.googleapis.com",
    "GET",
    "/compute/v1/projects/{project}/global/addresses",
    items="items",
)
FUNCTION_POLICY: Final = Row(
    "cloudfunctions.functions.getIamPolicy",
    "cloudfunctions:v2:projects.locations.functions.getIamPolicy",
    "cloudfunctions.googleapis.com",
    "GET",
    "/v2/{+name}:getIamPolicy",
    query={"options.requestedPolicyVersion": "3"},
)
KNATIVE_SERVICE: Final = Row(
    "run.services.get",
    "run:v1:projects.locations.services.get",
    "run.googleapis.com",
    "GET",
    "/v1/{+name}",
)
LOG_ENTRIES: Final = Row(
    "logging.logEntries.list",
    "logging:v2:entries.list",
    "logging.googleapis.com",
    "POST",
    "/v2/entries:list",
    items="entries",
)

DOMAIN_MAPPING: Final = Row(
    "run.domainmappings.get",
    "run:v1:namespaces.domainmappings.get",
    "run.googleapis.com",
    "GET",
    "/apis/domains.cloudrun.com/v1/namespaces/{project}/domainmappings/{domain}",
)

TABLE: Final = (
    DOMAIN_MAPPING,
    ACCOUNT,
    ACCOUNT_POLICY,
    PREDEFINED_ROLE,
    PROJECT_ROLE,
    ORGANIZATION_ROLE,
    ANCESTRY,
    PROJECT,
    PROJECT_POLICY,
    FOLDER_POLICY,
    ORGANIZATION_POLICY,
    SUBNETWORK,
    CONNECTOR,
    ZONES,
    RECORDS,
    GLOBAL_FORWARDING_RULES,
    GLOBAL_ADDRESSES,
    FUNCTION_POLICY,
    KNATIVE_SERVICE,
    LOG_ENTRIES,
)


def get(google: Google, row: Row, target: str, parse: Callable[[Json], T], **names: str) -> Fact[T]:
    """Make a read of one object.

    Args:
        google: the door.
        row: which read.
        target: full resource name of what is read.
        parse: makes the value of the JSON object; what it raises makes the fact unknown.
        names: the parts of the path.
    """
    return google.noted(read(Source(row.read, target), lambda: parse(_send(google, row, row.url_path(names)))))


def named(google: Google, row: Row, name: str, parse: Callable[[Json], T]) -> Fact[T]:
    """Make a read of one object by its relative resource name."""
    return get(google, row, f"//{row.host}/{name}", parse, name=name)


def list_all(
    google: Google,
    row: Row,
    target: str,
    parse: Callable[[list[Json]], T],
    *,
    body: Json | None = None,
    most: int | None = None,
    **names: str,
) -> Fact[T]:
    """Make a read of a list, all its pages. For the other arguments see `get`.

    Args:
        google: the door.
        row: which read.
        target: full resource name of what is read.
        parse: makes the value of the items.
        body: what goes with POST.
        most: as soon as there are so many items, no further page is read.
        **names: the parts of the path.
    """
    source = Source(row.read, target)
    unreachable: dict[str, None] = {}
    fact = google.noted(read(source, lambda: parse(_pages(google, row, row.url_path(names), body, most, unreachable))))
    if not unreachable or isinstance(fact, Unknown):
        return fact
    partial = incomplete(source, unreachable)
    google.noted(partial)
    is_found = isinstance(fact, Known) and bool(fact.value)
    return fact if is_found else partial


def incomplete(source: Source, unreachable: Iterable[str]) -> Unknown:
    """Say that a list leaves something out; that nothing is in it is not known then."""
    return Unknown(source, Obstacle.UNREACHABLE, f"not all locations could be asked: {', '.join(unreachable)}")


def _pages(
    google: Google, row: Row, path: str, body: Json | None, most: int | None, unreachable: dict[str, None]
) -> list[Json]:
    items: list[Json] = []
    page_token = ""
    for _ in range(PAGES):
        page = _send(google, row, path, body=body, page_token=page_token)
        found = page.get(row.items, [])
        if not isinstance(found, list):
            raise NotUnderstoodError(f"{row.items} is no list")
        if not all(isinstance(item, dict) for item in found):
            raise NotUnderstoodError(f"{row.items} holds something else than objects")
        items += found
        unreachable |= dict.fromkeys(place for field in _LEFT_OUT for place in map(str, page.get(field) or ()))
        page_token = str(page.get("nextPageToken") or "")
        if not page_token or (most is not None and len(items) >= most):
            return items
    raise NotUnderstoodError(f"more than {PAGES} pages")


def _send(google: Google, row: Row, path: str, *, body: Json | None = None, page_token: str = "") -> Json:
    session = google.session()
    paging = {"pageToken": page_token} if page_token else {}
    is_post = row.method == "POST"
    sent = {**(row.body or {}), **(body or {}), **paging} if is_post else None
    params = {**(row.query or {}), **({} if is_post else paging)}

    def attempt(seconds: float) -> Json:
        answer = session.request(
            row.method,
            google.base(row.host) + path,
            params=params,
            json=sent,
            timeout=seconds,
            max_allowed_time=None,
            allow_redirects=False,
        )
        if answer.status_code != HTTP_OK:
            raise api.from_http_response(answer)
        return json_object(answer)

    return retrying(google.deadline, attempt)

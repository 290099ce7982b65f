"""Service accounts and roles."""

from __future__ import annotations

from ...google_json import policies
from ...google_json.json_access import Json, NotUnderstoodError
from ...google_json.policies import answered_policy
from ...model.fact import Fact
from ...model.iam import Account, Policy, Role
from .. import methods, rest
from ..door import Door


def account(google: Door, email: str) -> Fact[Account]:
    """Read a service account; absent when there is none of that e-mail."""
    project = project_of(email)

    def parse(found: Json) -> Account:
        if str(found.get("email", "")).lower() != email.lower():
            raise NotUnderstoodError("an answer that is not the account that was asked for")
        return policies.account(found)

    return rest.get(google, methods.ACCOUNT, full_name(email), parse, project=project, email=email)


def account_policy(google: Door, email: str) -> Fact[Policy]:
    """Read who may do what with a service account."""
    project = project_of(email)
    return rest.get(google, methods.ACCOUNT_POLICY, full_name(email), answered_policy, project=project, email=email)


def role(google: Door, name: str) -> Fact[Role]:
    """Read what a role contains.

    It is named `roles/…`, `projects/P/roles/…` or `organizations/O/roles/…`.
    """
    rows = {"projects": methods.PROJECT_ROLE, "organizations": methods.ORGANIZATION_ROLE}
    row = rows.get(name.partition("/")[0], methods.PREDEFINED_ROLE)

    def parse(found: Json) -> Role:
        if found.get("name") != name:
            raise NotUnderstoodError("an answer that is not the role that was asked for")
        return policies.role(found)

    return rest.get(google, row, f"//iam.googleapis.com/{name}", parse, role=name)


def full_name(email: str) -> str:
    """Full resource name of a service account."""
    return f"//iam.googleapis.com/projects/{project_of(email)}/serviceAccounts/{email}"


def project_of(email: str) -> str:
    """The project, id or number, of a service account, as far as its e-mail tells; `-` where it does not.

    Asked with `-`, the API answers 403 for an account that does not exist, so the project is named where it can be.
    Documentation: https://docs.cloud.google.com/iam/docs/service-account-types,
    https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
    """
    local, _, domain = email.lower().partition("@")
    if domain == "developer.gserviceaccount.com" and local.endswith("-compute"):
        return local.removesuffix("-compute")
    if domain == "appspot.gserviceaccount.com":
        return local
    owner = domain.removesuffix(".iam.gserviceaccount.com")
    if owner == domain or owner.startswith("gcp-sa-") or (local.startswith("service-") and local[8:].isdigit()):
        return "-"
    project, dot, organization = owner.partition(".")
    return f"{organization}:{project}" if dot else owner

"""IAM API v1: service accounts and roles. https://cloud.google.com/iam/docs/reference/rest."""

from __future__ import annotations

from ..iam import policies, roles
from ..state import resource_names as names
from ..state.world import Json
from .errors import ApiError, not_found
from .framework import Api, ApiCall, page

api = Api("iam.googleapis.com", "Identity and Access Management (IAM) API")

_ACCOUNTS = "/v1/projects/{project}/serviceAccounts"
_ACCOUNT = _ACCOUNTS + "/{account}"


def _denied(permission: str) -> str:
    return f"Permission '{permission}' denied on resource (or it may not exist)."


def _require_account(call: ApiCall, verb: str) -> str:
    """The full name of the account in the path, if the caller may; a missing one is told only to who may."""
    reference = call.args["account"]
    found = call.cloud.account(reference)
    project = call.project_id() if call.args["project"] != "-" else (names.account_project(reference) or "-")
    name = found[0] if found else names.service_account(project, reference)
    if verb:
        call.require(f"iam.serviceAccounts.{verb}", name, _denied(f"iam.serviceAccounts.{verb}"))
    if found is None:
        raise not_found("Unknown service account")
    return name


def _shown(call: ApiCall, name: str) -> Json:
    found = call.cloud.account(name.rsplit("/", 1)[1])
    if found is None:
        raise not_found("Unknown service account")
    return found[1]


@api.route("GET", _ACCOUNT)
def get_account(call: ApiCall) -> Json:
    """A service account, by e-mail or unique id."""
    return _shown(call, _require_account(call, "get"))


@api.route("GET", _ACCOUNTS)
def list_accounts(call: ApiCall) -> Json:
    """The service accounts of a project."""
    project = call.project_id()
    call.require("iam.serviceAccounts.list", f"{names.PROJECTS}projects/{project}", _denied("iam.serviceAccounts.list"))
    where = f"{names.IAM}projects/{project}/serviceAccounts/"
    found = sorted(each for each in call.cloud.resources if each.startswith(where) and "/keys/" not in each)
    return page(call, [_shown(call, each) for each in found], "accounts", default=20)


@api.route("POST", _ACCOUNT + ":enable")
def enable(call: ApiCall) -> Json:
    """Let a disabled account work again."""
    call.cloud.resources[_require_account(call, "enable")].pop("disabled", None)
    return {}


@api.route("POST", _ACCOUNT + ":disable")
def disable(call: ApiCall) -> Json:
    """Keep an account from getting tokens."""
    call.cloud.resources[_require_account(call, "disable")]["disabled"] = True
    return {}


policies.serve(api, _ACCOUNT, find=_require_account)


@api.route("GET", "/v1/roles/{role}")
def get_predefined_role(call: ApiCall) -> Json:
    """A predefined role. Whoever is signed in may read it."""
    role = f"roles/{call.args['role']}"
    if roles.title(role) is None:
        raise _no_such_role(role)
    shown: Json = {"name": role, "title": roles.title(role), "description": "", "stage": "GA", "etag": "AA=="}
    return shown | {"includedPermissions": sorted(roles.permissions(role))}


@api.route("GET", "/v1/projects/{project}/roles/{role}", "/v1/organizations/{organization}/roles/{role}")
def get_custom_role(call: ApiCall) -> Json:
    """A custom role, with what every one has."""
    parent = f"projects/{call.project_id()}" if "project" in call.args else f"organizations/{call.args['organization']}"
    role = f"{parent}/roles/{call.args['role']}"
    name = f"{names.IAM}{role}"
    call.require("iam.roles.get", name, f"You don't have permission to view the role at {role}.")
    if name not in call.cloud.resources:
        raise _no_such_role(role)
    defaults = {"name": role, "title": call.args["role"], "stage": "GA", "etag": "BwYAAAAAAAA="}
    return defaults | call.cloud.resources[name]


def _no_such_role(role: str) -> ApiError:
    return not_found(f"The role named {role} was not found.")

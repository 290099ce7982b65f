"""IAM API v1: service accounts and roles. https://cloud.google.com/iam/docs/reference/rest."""

from __future__ import annotations

from ..iam import policies, roles
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .errors import ApiError, invalid, not_found
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


@api.route("POST", _ACCOUNTS)
def create_account(call: ApiCall) -> Json:
    """Make a service account."""
    project, body = call.project_id(), call.body()
    call.require(
        "iam.serviceAccounts.create", f"{names.PROJECTS}projects/{project}", _denied("iam.serviceAccounts.create")
    )
    local = str(body.get("accountId") or "")
    if not local:
        raise invalid("The account ID is missing.")
    name = names.service_account(project, f"{local}@{project}.iam.gserviceaccount.com")
    with call.cloud.writing():
        if name in call.cloud.resources:
            raise ApiError(
                409,
                f"Service account {local} already exists within project projects/{project}.",
                status="ALREADY_EXISTS",
            )
        number = names.stable_number(f"{name}#{call.cloud.next()}", 21)
        call.cloud.put(name, {**body.get("serviceAccount", {}), "uniqueId": number})
    return _shown(call, name)


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


@api.route("DELETE", _ACCOUNT)
def delete(call: ApiCall) -> Json:
    """Delete an account. Its bindings stay, and name nobody."""
    call.cloud.put(_require_account(call, "delete"), None)
    return {}


policies.serve(api, _ACCOUNT, find=_require_account)


@api.route("GET", "/v1/roles/{role}")
def get_predefined_role(call: ApiCall) -> Json:
    """A predefined role. Whoever is signed in may read it."""
    role = f"roles/{call.args['role']}"
    if roles.title(role) is None:
        raise _no_such_role(role)
    return predefined(role, full=True)


@api.route("GET", "/v1/roles")
def list_predefined_roles(call: ApiCall) -> Json:
    """The predefined roles that are known here; their permissions with `view=FULL`."""
    full = call.request.query("view") == "FULL"
    return page(call, [predefined(each, full=full) for each in roles.names()], "roles", default=300)


@api.route("GET", "/v1/projects/{project}/roles/{role}", "/v1/organizations/{organization}/roles/{role}")
def get_custom_role(call: ApiCall) -> Json:
    """A custom role."""
    name = f"{_role_parent(call)}/roles/{call.args['role']}"
    call.require("iam.roles.get", f"{names.IAM}{name}", _refused("iam.roles.get", name))
    if f"{names.IAM}{name}" not in call.cloud.resources:
        raise _no_such_role(name)
    return custom(call.cloud, name)


@api.route("GET", "/v1/projects/{project}/roles", "/v1/organizations/{organization}/roles")
def list_custom_roles(call: ApiCall) -> Json:
    """The custom roles of a project or organization."""
    parent = _role_parent(call)
    call.require("iam.roles.list", f"{names.PROJECTS}{parent}", _refused("iam.roles.list", parent))
    where = f"{names.IAM}{parent}/roles/"
    found = sorted(each.removeprefix(names.IAM) for each in call.cloud.resources if each.startswith(where))
    shown = [custom(call.cloud, each) for each in found]
    if call.request.query("view") != "FULL":
        shown = [{key: value for key, value in each.items() if key != "includedPermissions"} for each in shown]
    return page(call, [each for each in shown if not each.get("deleted")], "roles", default=300)


def _role_parent(call: ApiCall) -> str:
    if "project" in call.args:
        return f"projects/{call.project_id()}"
    return f"organizations/{call.args['organization']}"


def _refused(permission: str, name: str) -> str:
    return (
        f"You don't have permission to view the role at {name}."
        if permission == "iam.roles.get"
        else _denied(permission)
    )


def _no_such_role(role: str) -> ApiError:
    return not_found(f"The role named {role} was not found.")


def predefined(role: str, *, full: bool) -> Json:
    """A predefined role as JSON."""
    shown: Json = {"name": role, "title": roles.title(role), "description": "", "stage": "GA", "etag": "AA=="}
    if full:
        shown["includedPermissions"] = sorted(roles.permissions(role))
    return shown


def custom(cloud: Cloud, name: str) -> Json:
    """A custom role as JSON, with what every one has."""
    defaults = {"name": name, "title": name.rsplit("/", 1)[1], "stage": "GA", "etag": "BwYAAAAAAAA="}
    return defaults | cloud.resources[f"{names.IAM}{name}"]

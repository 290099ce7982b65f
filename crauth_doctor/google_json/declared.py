"""What Terraform, Pulumi, Config Connector, Asset Inventory and OpenAPI write of resources, as Google's APIs do.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs,
https://www.pulumi.com/registry/packages/gcp/api-docs/,
https://docs.cloud.google.com/config-connector/docs/reference/overview,
https://docs.cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/searchAllIamPolicies,
https://docs.cloud.google.com/api-gateway/docs/openapi-overview
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final

from ..deferred import dataclass, regex
from . import json_access as look
from .json_access import Json
from .senders import backends_in

_RUN: Final = "//run.googleapis.com/"
_MANAGER: Final = "//cloudresourcemanager.googleapis.com/"
_IAP: Final = "//iap.googleapis.com/projects/{project}/iap_web"
_PLACE: Final = "projects/{project}/locations/{location}"
_NAMES: Final[Mapping[str, str]] = {
    "google_cloud_run_v2_service": f"{_PLACE}/services/{{name}}",
    "google_cloud_run_v2_job": f"{_PLACE}/jobs/{{name}}",
    "google_cloud_run_v2_worker_pool": f"{_PLACE}/workerPools/{{name}}",
    "google_cloud_scheduler_job": "projects/{project}/locations/{region}/jobs/{name}",
    "google_cloud_tasks_queue": f"{_PLACE}/queues/{{name}}",
    "google_pubsub_subscription": "projects/{project}/subscriptions/{name}",
    "google_eventarc_trigger": f"{_PLACE}/triggers/{{name}}",
    "google_workflows_workflow": "projects/{project}/locations/{region}/workflows/{name}",
    "google_cloudfunctions2_function": f"{_PLACE}/functions/{{name}}",
    "google_service_account": "projects/{project}/serviceAccounts/{email}",
}
"""The resources that are read as the API's own, and how those are named."""
_AS_THEY_ARE: Final = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "google_compute_region_network_endpoint_group google_compute_backend_service google_compute_subnetwork "
        "google_compute_region_backend_service google_dns_managed_zone google_org_policy_policy"
    ).split()
)
_POLICIES_OF: Final[Mapping[str, str]] = {
    "google_cloud_run_service": f"{_RUN}{_PLACE}/services/{{service}}",
    "google_cloud_run_v2_service": f"{_RUN}{_PLACE}/services/{{name}}",
    "google_cloud_run_v2_job": f"{_RUN}{_PLACE}/jobs/{{name}}",
    "google_cloudfunctions_function": f"//cloudfunctions.googleapis.com/{_PLACE}/functions/{{cloudFunction}}",
    "google_cloudfunctions2_function": f"//cloudfunctions.googleapis.com/{_PLACE}/functions/{{cloudFunction}}",
    "google_project": f"{_MANAGER}projects/{{project}}",
    "google_folder": f"{_MANAGER}folders/{{folder}}",
    "google_organization": f"{_MANAGER}organizations/{{orgId}}",
    "google_service_account": "//iam.googleapis.com/{serviceAccountId}",
    "google_iap_web": f"{_IAP}",
    "google_iap_web_cloud_run_service": f"{_IAP}/cloud_run-{{location}}/services/{{cloudRunServiceName}}",
    "google_iap_web_backend_service": f"{_IAP}/compute/services/{{webBackendService}}",
    "google_iap_web_region_backend_service": f"{_IAP}/compute-{{region}}/services/{{webRegionBackendService}}",
}
"""What a policy of such a resource stands on."""
_IAM: Final = regex(r"(?P<on>\w+)_iam_(?:member|binding|policy)")
_PULUMI: Final = regex(r"gcp:(?P<module>\w+)(?:/\w+)?:(?P<type>\w+)")
_MODULES: Final[Mapping[str, str]] = {
    "cloudrunv2": "cloud_run_v2",
    "cloudrun": "cloud_run_service",
    "cloudscheduler": "cloud_scheduler",
    "cloudtasks": "cloud_tasks",
    "cloudfunctionsv2": "cloudfunctions2",
    "projects": "project",
    "organizations": "organization",
    "serviceaccount": "service_account",
}
"""Modules of Pulumi whose words in Terraform's names are others."""
_WORD: Final = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CONNECTOR: Final = ".cnrm.cloud.google.com/"
_KINDS: Final[Mapping[str, str]] = {
    "RunService": f"{_RUN}{_PLACE}/services/{{name}}",
    "RunJob": f"{_RUN}{_PLACE}/jobs/{{name}}",
    "Project": f"{_MANAGER}projects/{{name}}",
    "Folder": f"{_MANAGER}folders/{{name}}",
    "Organization": f"{_MANAGER}organizations/{{name}}",
    "IAMServiceAccount": "//iam.googleapis.com/projects/{project}/serviceAccounts/{name}",
}
"""Kinds of Config Connector that a policy stands on."""
_REPEATED: Final = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "containers env rules networkInterfaces ports bindings members traffic trafficStatuses conditions"
    ).split()
)
_KNATIVE: Final = "serving.knative.dev/v1"
_DEPTH: Final = 12
_MOST: Final = 2000


@dataclass(frozen=True)
class Declared:
    """One resource, or one policy, in the words of its API."""

    value: dict[str, object]  # as the API writes it
    on: str = ""  # full name of what a policy is set on; empty where it is a resource
    is_wanted: bool = True  # whether it is what somebody asked for, and need not be what is
    is_partial: bool = False  # whether more may hold than is shown


def declared(value: object) -> list[Declared]:
    """Return what a document of such a tool holds; nothing where it is none of theirs."""
    if not isinstance(value, dict):
        return []
    readers = (_of_terraform, _of_pulumi, _of_connector, _of_assets, _of_openapi)
    return next((made for reader in readers if (made := list(reader(value))[:_MOST])), [])


def of_terraform(kind: str, attributes: Mapping[str, object], *, is_wanted: bool) -> Declared | None:
    """Return a resource of Terraform's provider in the API's words; None where its kind decides nothing here.

    Args:
        kind: `google_cloud_run_v2_service`, and the like.
        attributes: in snake case, blocks as lists of one, as Terraform writes them; or in Pulumi's words.
        is_wanted: whether they come from source text or a plan, and not from a state.
    """
    found = camelled(attributes)
    if not isinstance(found, dict):
        return None
    if policy := _IAM.fullmatch(kind):
        return _policy(_POLICIES_OF.get(policy["on"], ""), found, is_wanted=is_wanted)
    if kind == "google_cloud_run_service":
        return Declared(_knative(found), is_wanted=is_wanted)
    if kind == "google_project":
        numbered = {"projectNumber": found.get("number"), "projectId": found.get("projectId")}
        return Declared({**numbered, **_stands_in(found)}, is_wanted=is_wanted)
    if kind == "google_eventarc_trigger":
        calls = look.mapping(found, "destination")
        found = {**found, "destination": {**calls, "cloudRun": calls.get("cloudRunService")}}
    if kind in _NAMES:
        return Declared({**found, "name": _filled(_NAMES[kind], found)}, is_wanted=is_wanted)
    return Declared(found, is_wanted=is_wanted) if kind in _AS_THEY_ARE else None


def camelled(value: object, depth: int = 0) -> object:
    """Return what Terraform writes with names as APIs write them, and blocks that stand once without their list."""
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        return [camelled(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, object] = {}
    for name, each in value.items():
        key, inner = _camel(str(name)), camelled(each, depth + 1)
        is_block = isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], dict) and key not in _REPEATED
        made[key] = inner[0] if is_block and isinstance(inner, list) else inner
    return made


def _camel(key: str) -> str:
    if "_" not in key or not key.replace("_", "").isalnum():
        return key
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _of_terraform(value: dict[str, object]) -> Iterator[Declared]:
    """A state file, or what `terraform show -json` prints of a state or a plan."""
    for each in look.items(value, "resources") if "terraform_version" in value or "lineage" in value else ():
        for instance in look.items(each, "instances"):
            yield from _one(each, look.mapping(instance, "attributes"), is_wanted=False)
    planned = look.mapping(value, "planned_values", "root_module")
    for each in _in_modules(planned or look.mapping(value, "values", "root_module")):
        yield from _one(each, look.mapping(each, "values"), is_wanted=bool(planned))


def _in_modules(module: object, depth: int = 0) -> Iterator[object]:
    yield from look.items(module, "resources")
    for child in look.items(module, "child_modules") if depth < _DEPTH else ():
        yield from _in_modules(child, depth + 1)


def _one(resource: object, attributes: dict[str, object], *, is_wanted: bool) -> Iterator[Declared]:
    made = of_terraform(look.text(resource, "type") or "", attributes, is_wanted=is_wanted) if attributes else None
    if made is not None and look.text(resource, "mode") != "data":
        yield made


def _of_pulumi(value: dict[str, object]) -> Iterator[Declared]:
    """An exported stack, or a program in YAML."""
    for each in look.items(value, "deployment", "resources"):
        attributes = look.mapping(each, "outputs") or look.mapping(each, "inputs")
        yield from _of_type(look.text(each, "type"), attributes, is_wanted=False)
    for each in look.mapping(value, "resources").values():
        yield from _of_type(look.text(each, "type"), look.mapping(each, "properties"), is_wanted=True)


def _of_type(name: str | None, attributes: dict[str, object], *, is_wanted: bool) -> Iterator[Declared]:
    found = _PULUMI.fullmatch(name or "")
    if found is None:
        return
    module = _MODULES.get(found["module"], found["module"])
    type_ = "_".join(word.lower() for word in _WORD.split(found["type"]))
    kind = f"google_{module}_{type_}".replace("service_service", "service").replace("account_account", "account")
    if made := of_terraform(kind, attributes, is_wanted=is_wanted):
        yield made


def _of_connector(value: dict[str, object]) -> Iterator[Declared]:
    """One of Config Connector's objects: a service, or a policy of something."""
    kind, spec = look.text(value, "kind") or "", look.mapping(value, "spec")
    if _CONNECTOR not in (look.text(value, "apiVersion") or ""):
        return
    namespace = look.text(value, "metadata", "annotations", "cnrm.cloud.google.com/project-id")
    namespace = namespace or look.text(value, "metadata", "namespace")
    project = (_referred(spec.get("projectRef")) or namespace or "-").removeprefix("projects/")
    name = look.text(spec, "resourceID") or look.text(value, "metadata", "name") or "-"
    if kind.startswith("IAM") and (on := look.mapping(spec, "resourceRef")):
        yield from _connected(on, spec, project, is_whole=kind == "IAMPolicy")
    elif kind == "RunService":
        place = {"project": project, "location": spec.get("location"), "name": name}
        template = look.mapping(spec, "template")
        account = _referred(template.get("serviceAccountRef"))
        template = {**template, **({"serviceAccount": account} if account else {})}
        yield Declared({**spec, "template": template, "name": _filled(f"{_PLACE}/services/{{name}}", place)})


def _connected(on: dict[str, object], spec: dict[str, object], project: str, *, is_whole: bool) -> Iterator[Declared]:
    name = (_referred(on) or "-").rsplit("/", 1)[-1]
    stands_on = _KINDS.get(look.text(on, "kind") or "")
    if stands_on is None:
        return
    place = {"project": project, "name": name}
    outside = look.text(on, "external") or ""
    whole = f"{_RUN}{outside}" if stands_on.startswith(_RUN) and "/locations/" in outside else ""
    bindings = look.items(spec, "bindings") or [{"role": spec.get("role"), "members": [spec.get("member")]}]
    made = [_members_of(each) for each in bindings]
    yield Declared({"bindings": made}, whole or _filled(stands_on, place), is_partial=not is_whole)


def _members_of(binding: object) -> dict[str, object]:
    """Return a binding with members as texts: a partial policy has them as objects."""
    found = look.mapping(binding)
    members = [look.text(each, "member") or each for each in look.items(found, "members")]
    return {**found, "members": members}


def _referred(reference: object) -> str | None:
    return look.text(reference, "external") or look.text(reference, "name")


def _of_assets(value: dict[str, object]) -> Iterator[Declared]:
    """What Cloud Asset Inventory lists or exports: a resource, its policy, or the bindings that match a query."""
    analysis = look.mapping(value, "mainAnalysis") or value
    for each in look.items(analysis, "analysisResults"):
        on, binding = look.text(each, "attachedResourceFullName") or "", look.mapping(each, "iamBinding")
        if on and binding:
            yield Declared({"bindings": [binding]}, on, is_wanted=False, is_partial=True)
    if "assetType" not in value and "resource" not in value:
        return
    name = look.text(value, "resource") or look.text(value, "name") or ""
    searched, whole = look.mapping(value, "policy"), look.mapping(value, "iamPolicy")
    if name.startswith("//") and (searched or whole):
        yield Declared(searched or whole, name, is_wanted=False, is_partial=bool(searched))
    if data := look.mapping(value, "resource", "data"):
        yield Declared(data, is_wanted=False)


def _of_openapi(value: dict[str, object]) -> Iterator[Declared]:
    """The gateway that serves an API of this description; one for Cloud Endpoints names the proxy that serves it."""
    backends = [{"x-google-backend": each} for each, _ in zip(backends_in(value), range(_BACKENDS), strict=False)]
    host = look.text(value, "host") or ""
    if not backends or "info" not in value or host.endswith(_ENDPOINTS):
        return
    contents = b64encode(json.dumps(backends, default=str).encode()).decode()
    documents = [{"document": {"contents": contents}}]
    yield Declared({"name": _CONFIG, "gatewayServiceAccount": "-", "openapiDocuments": documents})
    yield Declared({"name": "projects/-/locations/-/gateways/-", "apiConfig": _CONFIG})


_CONFIG: Final = "projects/-/locations/global/apis/-/configs/-"
_BACKENDS: Final = 20
_ENDPOINTS: Final = (".run.app", ".cloud.goog", ".appspot.com")


def _policy(stands_on: str, found: dict[str, object], *, is_wanted: bool) -> Declared | None:
    """Return what one IAM resource grants; others may grant more."""
    if not stands_on:
        return None
    given = found.get("policyData")
    data = look.parsed(given) if isinstance(given, str) else given
    named = [*look.items(found, "members"), found.get("member")]
    members = [each for each in named if isinstance(each, str) and each]
    role = look.text(found, "role")
    bindings = look.items(data, "bindings") or ([{"role": role, "members": members}] if role and members else [])
    condition = look.mapping(found, "condition")
    bound = [{**look.mapping(each), **({"condition": condition} if condition else {})} for each in bindings]
    if not bound:
        return None
    return Declared({"bindings": bound}, _filled(stands_on, found), is_wanted=is_wanted, is_partial=True)


def _filled(pattern: str, given: Json) -> str:
    """Return a name of this pattern; a value that is a whole name already tells all of it, `-` what nothing tells."""
    host, slashes, below = pattern.rpartition(".googleapis.com/")
    last = look.text(given, pattern.rpartition("{")[2].rstrip("}")) or ""
    if "projects/" in last:
        return f"{host}{slashes}{last[last.index('projects/') :]}"
    values = {key: (look.text(given, key) or "-").rsplit("/", 1)[-1] for key in _FIELDS if f"{{{key}}}" in below}
    return f"{host}{slashes}{below.format(**values)}"


_FIELDS: Final = (
    *("project", "location", "region", "name", "service", "email", "cloudFunction", "folder", "orgId"),
    *("serviceAccountId", "cloudRunServiceName", "webBackendService", "webRegionBackendService"),
)


def _stands_in(found: dict[str, object]) -> dict[str, object]:
    folder, organization = look.text(found, "folderId"), look.text(found, "orgId")
    if folder:
        return {"parent": f"folders/{folder.rsplit('/', 1)[-1]}"}
    return {"parent": f"organizations/{organization}"} if organization else {}


def _knative(found: dict[str, object]) -> dict[str, object]:
    """Return a service of Terraform's first resource as version 1 of the API writes it."""
    metadata, template = look.mapping(found, "metadata"), look.mapping(found, "template")
    region, project = look.text(found, "location"), look.text(found, "project")
    url = look.text(found, "status", "url")
    labels = {"cloud.googleapis.com/location": region} if region else {}
    return {
        "apiVersion": _KNATIVE,
        "kind": "Service",
        "metadata": {
            "name": found.get("name"),
            "namespace": project or "-",
            "labels": labels,
            "annotations": look.mapping(metadata, "annotations"),
        },
        "spec": {"template": template},
        **({"status": {"url": url}} if url else {}),
    }

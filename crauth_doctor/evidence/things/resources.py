"""What was pasted of Google's JSON, as a document: resources and policies by their full names."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from ...deferred import regex
from ...google_json import json_access as look
from ...google_json import services
from ...google_json.full_names import full_name
from ...google_json.saved import kept
from ...model.document import POLICY_OF, TROUBLESHOOTER, Document, ResourceJson
from ...model.exported import Export, ExportKind
from ..trees.redactor import unmarked

_HOSTS: Mapping[ExportKind, tuple[str, str]] = {
    ExportKind.SERVICE: ("run", "locations/-/services"),
    ExportKind.JOB: ("run", "locations/-/jobs"),
    ExportKind.DOMAIN_MAPPING: ("run", "locations/-/domainmappings"),
    ExportKind.FUNCTION: ("cloudfunctions", "locations/-/functions"),
    ExportKind.FUNCTION_GEN1: ("cloudfunctions", "locations/-/functions"),
    ExportKind.SCHEDULER_JOB: ("cloudscheduler", "locations/-/jobs"),
    ExportKind.TASK: ("cloudtasks", "locations/-/queues/-/tasks"),
    ExportKind.QUEUE: ("cloudtasks", "locations/-/queues"),
    ExportKind.SUBSCRIPTION: ("pubsub", "subscriptions"),
    ExportKind.TRIGGER: ("eventarc", "locations/-/triggers"),
    ExportKind.WORKFLOW: ("workflows", "locations/-/workflows"),
    ExportKind.SERVICE_ACCOUNT: ("iam", "serviceAccounts"),
    ExportKind.PROVIDER: ("iam", "locations/global/workloadIdentityPools/-/providers"),
    ExportKind.SUBNETWORK: ("compute", "regions/-/subnetworks"),
    ExportKind.DNS_ZONE: ("dns", "managedZones"),
    ExportKind.BACKEND_SERVICE: ("compute", "global/backendServices"),
}
_LOGS = 1000
_ATTACHED = regex(r"^policies/(?P<point>[^/]+)/denypolicies/")
_LIMITED = regex(r"^(?P<on>(?:projects|folders|organizations)/[^/]+)/policies/(?P<constraint>.+)$")


_SOME_SERVICE = "//run.googleapis.com/projects/-/locations/-/services/-"


class Resources:
    """The JSON that was recognised in a paste, while it is being read."""

    def __init__(self) -> None:
        self.found: list[tuple[Export, dict[str, object]]] = []
        self.logs: list[object] = []

    def add(self, export: Export, value: dict[str, object]) -> None:
        """Keep the JSON that a setting was read from."""
        self.found.append((export, value))

    def document(self, at: int | None) -> Document:
        """Return all of it; of a resource that is pasted twice, the last."""
        resources: dict[str, ResourceJson] = {}
        iam: dict[str, ResourceJson] = {}
        deny: dict[str, tuple[ResourceJson, ...]] = {}
        limits: dict[str, dict[str, ResourceJson]] = {}
        partial, wanted = set[str](), set[str]()
        for export, value in self.found:
            name = export.name or ""
            found = kept(unmarked(value))
            if export.kind is ExportKind.POLICY:
                is_assumed = not name and _may_be_a_services(export)
                on = _SOME_SERVICE if is_assumed else name
                name = f"{POLICY_OF}{on}" if on else ""  # nothing says whose it is
                is_less = bool(name) and export.partial and on in iam
                if is_less and name not in partial:
                    continue  # all of it is shown elsewhere
                bindings = [*look.items(iam.get(on), "bindings"), *look.items(found, "bindings")]
                iam |= {on: {**found, "bindings": bindings} if is_less else found} if name else {}
                partial -= {name}
                wanted = wanted - {name} | ({name} if is_assumed else set())
            elif export.kind is ExportKind.DENY_POLICY and (point := _ATTACHED.match(look.text(value, "name") or "")):
                name = "//" + unquote(point["point"])
                deny[name] = (*deny.get(name, ()), found)
            elif export.kind is ExportKind.ORG_POLICY and (limit := _LIMITED.match(name)):
                name = f"//cloudresourcemanager.googleapis.com/{limit['on']}"
                limits.setdefault(name, {})[limit["constraint"]] = found
            elif export.kind is ExportKind.TROUBLESHOOTER:
                name = f"{TROUBLESHOOTER}{name}"
                resources[name] = found
            elif export.kind is ExportKind.RESOURCE and name:
                resources[name] = found
            elif export.kind in _HOSTS:
                name = full_name(value) or _full_name(export)
                resources[name] = kept(unmarked(services.as_v2(value))) if export.kind is ExportKind.SERVICE else found
            if name:
                partial |= {name} if export.partial else set()
                wanted |= {name} if export.wanted else set()
        logs = tuple(kept(unmarked(each)) for each in self.logs[:_LOGS])
        shown, asked = frozenset(partial), frozenset(wanted)
        return Document(resources, iam, deny, limits, logs, at=at, partial=shown, wanted=asked)


def _may_be_a_services(export: Export) -> bool:
    """Whether a policy that nothing names can stand on a service: basic roles and those of agents stand above it."""
    roles = [binding.role for binding in export.policy.bindings] if export.policy else []
    return "iam-policy" not in export.command and all(
        (role.startswith("roles/run.") and role != "roles/run.serviceAgent") or not role.startswith("roles/")
        for role in roles
    )


def _full_name(export: Export) -> str:
    host, where = _HOSTS[export.kind]
    name = (export.name or "-").removeprefix(f"//{host}.googleapis.com/")
    if "projects/" in name:
        return f"//{host}.googleapis.com/{name[name.rfind('projects/') :]}"
    return f"//{host}.googleapis.com/projects/-/{where}/{name}"

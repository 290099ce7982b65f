"""Every method of Google's APIs that is called over REST, in one table, held against their discovery documents.

A client library for a single GET would be heavier than the read: to import Google's for Cloud Run takes longer than a
check waits for all answers, and leaves out what it does not know. `google-cloud-iam` has no REST transport for service
accounts and roles.
Documentation: https://developers.google.com/discovery/v1/reference/apis
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from ..deferred import dataclass
from ..google_json.json_access import Json

_V3: Final = {"options.requestedPolicyVersion": "3"}
_V3_BODY: Final[Json] = {"options": {"requestedPolicyVersion": 3}}


@dataclass(frozen=True)
class Row:
    """One method."""

    read: str  # its name: the permission that it needs
    schema: str  # API, version and method in Google's discovery documents
    host: str
    method: str  # GET, POST or PATCH
    path: str  # with `{name}` for each part of a resource's name; `{+name}` may hold slashes
    items: str = ""  # the field that holds a page's items, where it is a list
    body: Json | None = None  # what is sent with POST
    query: Mapping[str, str] | None = None  # what stands after the question mark
    client: str | None = None  # the method of Google's client that is called in its place; see `clients`

    def url_path(self, names: Mapping[str, str]) -> str:
        """Fill in the names, each safely quoted."""
        path = self.path
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="@:"))
            path = path.replace(f"{{+{name}}}", quote(value, safe="/@:"))
        return path


def row(
    schema: str,
    path: str = "",
    *,
    read: str = "",
    items: str = "",
    body: Json | None = None,
    query: Mapping[str, str] | None = None,
    method: str = "",
    client: str | None = None,
) -> Row:
    """Return a method; what is left out is as Google's APIs have it nearly always. For the arguments see `Row`."""
    api, version, name = schema.split(":")
    collection, verb = name.split(".")[-2:]
    is_list, is_plain = verb == "list", verb in {"get", "list", "patch"}
    default = f"/{version}/{{+parent}}/{collection}" if is_list else f"/{version}/{{+name}}"
    return Row(
        read or f"{api.removeprefix('cloud') if api == 'cloudresourcemanager' else api}.{collection}.{verb}",
        schema,
        f"{api}.googleapis.com",
        method or ("PATCH" if verb == "patch" else "POST" if body is not None else "GET"),
        path or (default if is_plain else f"{default}:{verb}"),
        items or (collection if is_list else ""),
        body,
        query,
        client,
    )


def policy_row(schema: str, *, by_query: bool, method: str = "", path: str = "", read: str = "") -> Row:
    """Return the method that reads an allow policy, version 3, asked for in the query or in the body."""
    query, body = (_V3, None) if by_query else (None, _V3_BODY)
    return row(f"{schema}.getIamPolicy", path, read=read, query=query, body=body, method=method)


_ACCOUNT: Final = "/v1/projects/{project}/serviceAccounts/{email}"
ACCOUNT: Final = row("iam:v1:projects.serviceAccounts.get", _ACCOUNT)
ACCOUNT_POLICY: Final = policy_row(
    "iam:v1:projects.serviceAccounts", by_query=True, method="POST", path=f"{_ACCOUNT}:getIamPolicy"
)
ACCOUNTS: Final = row("iam:v1:projects.serviceAccounts.list", items="accounts")
ENABLE_ACCOUNT: Final = row("iam:v1:projects.serviceAccounts.enable", method="POST")
DISABLE_ACCOUNT: Final = row("iam:v1:projects.serviceAccounts.disable", method="POST")
ACCOUNT_DOCUMENT: Final = row("iam:v1:projects.serviceAccounts.get")
PREDEFINED_ROLE: Final = row("iam:v1:roles.get", "/v1/{+role}")
PROJECT_ROLE: Final = row("iam:v1:projects.roles.get", "/v1/{+role}")
ORGANIZATION_ROLE: Final = row("iam:v1:organizations.roles.get", "/v1/{+role}")
PROVIDER: Final = row(
    "iam:v1:projects.locations.workloadIdentityPools.providers.get", read="iam.workloadIdentityPoolProviders.get"
)
ID_TOKEN: Final = row(
    "iamcredentials:v1:projects.serviceAccounts.generateIdToken",
    read="iam.serviceAccounts.getOpenIdToken",
    method="POST",
    body={"includeEmail": True},
)
DENY_POLICIES: Final = row(
    "iam:v2:policies.listPolicies",
    "/v2/{+parent}",
    read="iam.denypolicies.list",
    items="policies",
    client="list_policies",
)
DENY_POLICY: Final = row("iam:v2:policies.get", read="iam.denypolicies.get", client="get_policy")

ANCESTRY: Final = row(
    "cloudresourcemanager:v1:projects.getAncestry",
    "/v1/projects/{project}:getAncestry",
    read="resourcemanager.projects.get",
    body={},
)
PROJECTS: Final = row(
    "cloudresourcemanager:v3:projects.search",
    "/v3/projects:search",
    read="resourcemanager.projects.get",
    items="projects",
)
"""Lists what the operator may get, and nothing else."""
PROJECT: Final = row("cloudresourcemanager:v3:projects.get", "/v3/projects/{project}")
EFFECTIVE_TAGS: Final = row(
    "cloudresourcemanager:v3:effectiveTags.list",
    "/v3/effectiveTags?parent={parent}",
    read="run.services.listEffectiveTags",
    items="effectiveTags",
)
"""Asked of a service, and so on the host of its region, as `gcloud resource-manager tags bindings list` does."""
EFFECTIVE_POLICY: Final = row(
    "orgpolicy:v2:projects.policies.getEffectivePolicy",
    "/v2/projects/{project}/policies/{constraint}:getEffectivePolicy",
    read="orgpolicy.policy.get",
)
TROUBLESHOOT: Final = row(
    "policytroubleshooter:v3:iam.troubleshoot",
    "/v3/iam:troubleshoot",
    read="policytroubleshooter.troubleshoot",
    method="POST",
)
"""No single permission lets one ask; what the answer may rest on is what the operator may read."""
IAP_POLICY: Final = policy_row("iap:v1:v1", by_query=False, read="iap.webServiceVersions.getIamPolicy")

SUBNETWORK: Final = row("compute:v1:subnetworks.get", "/compute/v1/{+name}")
SET_PRIVATE_ACCESS: Final = row(
    "compute:v1:subnetworks.setPrivateIpGoogleAccess",
    "/compute/v1/{+name}/setPrivateIpGoogleAccess",
    method="POST",
)
INSTANCE: Final = row("compute:v1:instances.get", "/compute/v1/{+name}")
GLOBAL_FORWARDING_RULES: Final = row(
    "compute:v1:globalForwardingRules.list", "/compute/v1/projects/{project}/global/forwardingRules", items="items"
)
GLOBAL_ADDRESSES: Final = row(
    "compute:v1:globalAddresses.list", "/compute/v1/projects/{project}/global/addresses", items="items"
)
LOAD_BALANCING: Final = {
    kind: row(
        f"compute:v1:{kind}.aggregatedList",
        f"/compute/v1/projects/{{project}}/aggregated/{kind}",
        read=f"compute.{kind}.list",
        items="items",
        query={"maxResults": "500"},
    )
    for kind in (
        *("urlMaps", "backendServices", "networkEndpointGroups", "forwardingRules"),
        *("targetHttpsProxies", "targetHttpProxies", "sslCertificates"),
    )
}
"""What load balancers are made of, of every region and global, by kind."""
SECURITY_POLICY: Final = row("compute:v1:securityPolicies.get", "/compute/v1/{+name}")
REGION_SECURITY_POLICY: Final = row(
    "compute:v1:regionSecurityPolicies.get", "/compute/v1/{+name}", read="compute.securityPolicies.get"
)
CONNECTOR: Final = row("vpcaccess:v1:projects.locations.connectors.get")
ZONES: Final = row("dns:v1:managedZones.list", "/dns/v1/projects/{project}/managedZones")
RECORDS: Final = row(
    "dns:v1:resourceRecordSets.list", "/dns/v1/projects/{project}/managedZones/{zone}/rrsets", items="rrsets"
)

SERVICE: Final = row("run:v2:projects.locations.services.get")
SERVICES: Final = row("run:v2:projects.locations.services.list", query={"pageSize": "1000"})
"""That `-` stands for all locations, the documentation of v2 denies, and firebase-tools and others rely on it."""
KNATIVE_SERVICES: Final = row(
    "run:v1:namespaces.services.list", "/apis/serving.knative.dev/v1/namespaces/{project}/services", items="items"
)
"""All regions of a project at once, as gcloud lists them."""
SERVICE_POLICY: Final = policy_row("run:v2:projects.locations.services", by_query=True, method="GET")
KNATIVE_SERVICE: Final = row("run:v1:projects.locations.services.get")
DOMAIN_MAPPING: Final = row(
    "run:v1:namespaces.domainmappings.get",
    "/apis/domains.cloudrun.com/v1/namespaces/{project}/domainmappings/{domain}",
)
RUN_INSTANCE: Final = row("run:v2:projects.locations.instances.get")
RUN_INSTANCES: Final = row("run:v2:projects.locations.instances.list")
WORKER_POOL: Final = row("run:v2:projects.locations.workerPools.get", read="run.workerpools.get")
WORKER_POOLS: Final = row("run:v2:projects.locations.workerPools.list", read="run.workerpools.list")
RUN_JOB: Final = row("run:v2:projects.locations.jobs.get")
RUN_JOBS: Final = row("run:v2:projects.locations.jobs.list")
UPDATE_WORKER_POOL: Final = row("run:v2:projects.locations.workerPools.patch", read="run.workerpools.update")
UPDATE_RUN_JOB: Final = row("run:v2:projects.locations.jobs.patch", read="run.jobs.update")
OPERATION: Final = row("run:v2:projects.locations.operations.get")
FUNCTION: Final = row("cloudfunctions:v2:projects.locations.functions.get")
FUNCTIONS: Final = row("cloudfunctions:v2:projects.locations.functions.list")
FUNCTION_POLICY: Final = policy_row("cloudfunctions:v2:projects.locations.functions", by_query=True)
CLUSTER: Final = row("container:v1:projects.locations.clusters.get")
CLUSTERS: Final = row("container:v1:projects.locations.clusters.list")
APP: Final = row("appengine:v1:apps.get", read="appengine.applications.get")
APP_SERVICE: Final = row("appengine:v1:apps.services.get")
APP_VERSIONS: Final = row("appengine:v1:apps.services.versions.list")
BUILD_TRIGGER: Final = row("cloudbuild:v1:projects.locations.triggers.get", read="cloudbuild.builds.get")
BUILD_ACCOUNT: Final = row(
    "cloudbuild:v1:projects.locations.getDefaultServiceAccount", "/v1/{+name}", read="cloudbuild.builds.get"
)

SCHEDULER_JOB: Final = row("cloudscheduler:v1:projects.locations.jobs.get")
SCHEDULER_JOBS: Final = row("cloudscheduler:v1:projects.locations.jobs.list")
SCHEDULER_LOCATIONS: Final = row("cloudscheduler:v1:projects.locations.list")
UPDATE_SCHEDULER_JOB: Final = row(
    "cloudscheduler:v1:projects.locations.jobs.patch",
    read="cloudscheduler.jobs.update",
    query={"updateMask": "httpTarget.oidcToken"},
)
QUEUE: Final = row("cloudtasks:v2:projects.locations.queues.get")
QUEUES: Final = row("cloudtasks:v2:projects.locations.queues.list")
QUEUE_LOCATIONS: Final = row("cloudtasks:v2:projects.locations.list")
TASK: Final = row("cloudtasks:v2:projects.locations.queues.tasks.get", query={"responseView": "FULL"})
TASKS: Final = row(
    "cloudtasks:v2:projects.locations.queues.tasks.list", query={"responseView": "FULL", "pageSize": "100"}
)
FULL_VIEW: Final = "cloudtasks.tasks.fullView"
"""What a task carries takes this besides."""
SUBSCRIPTION: Final = row("pubsub:v1:projects.subscriptions.get")
SUBSCRIPTIONS: Final = row("pubsub:v1:projects.subscriptions.list")
MODIFY_PUSH: Final = row(
    "pubsub:v1:projects.subscriptions.modifyPushConfig", read="pubsub.subscriptions.update", method="POST"
)
TRIGGER: Final = row("eventarc:v1:projects.locations.triggers.get")
TRIGGERS: Final = row("eventarc:v1:projects.locations.triggers.list")
WORKFLOW: Final = row("workflows:v1:projects.locations.workflows.get")
WORKFLOWS: Final = row("workflows:v1:projects.locations.workflows.list")
CONNECTION: Final = row("bigqueryconnection:v1:projects.locations.connections.get", read="bigquery.connections.get")
CONNECTIONS: Final = row("bigqueryconnection:v1:projects.locations.connections.list", read="bigquery.connections.list")
UPTIME_CHECK: Final = row("monitoring:v3:projects.uptimeCheckConfigs.get")
UPTIME_CHECKS: Final = row("monitoring:v3:projects.uptimeCheckConfigs.list")
REASONING_ENGINE: Final = row("aiplatform:v1:projects.locations.reasoningEngines.get")
GATEWAY: Final = row("apigateway:v1:projects.locations.gateways.get")
GATEWAYS: Final = row("apigateway:v1:projects.locations.gateways.list")
API_CONFIG: Final = row(
    "apigateway:v1:projects.locations.apis.configs.get", read="apigateway.apiconfigs.get", query={"view": "FULL"}
)
LOG_ENTRIES: Final = row("logging:v2:entries.list", "/v2/entries:list", read="logging.logEntries.list", method="POST")


@dataclass(frozen=True)
class Carrier:
    """A kind of resource that carries an allow policy."""

    get: Row  # reads the policy, version 3
    set: Row
    test: Row  # tells which permissions the operator has


def _carrier(schema: str, *, method: str = "POST", by_query: bool = False, permission: str = "") -> Carrier:
    def other(verb: str) -> Row:
        return row(f"{schema}.{verb}", read=permission and f"{permission}.{verb}", method="POST")

    read = policy_row(schema, by_query=by_query, method=method, read=permission and f"{permission}.getIamPolicy")
    return Carrier(read, other("setIamPolicy"), other("testIamPermissions"))


CARRIERS: Final = {
    ("run.googleapis.com", "services"): _carrier("run:v2:projects.locations.services", method="GET", by_query=True),
    ("run.googleapis.com", "jobs"): _carrier("run:v2:projects.locations.jobs", method="GET", by_query=True),
    ("iam.googleapis.com", "serviceAccounts"): _carrier("iam:v1:projects.serviceAccounts", by_query=True),
    ("iap.googleapis.com", "services"): _carrier("iap:v1:v1", permission="iap.webServices"),
    **{
        ("cloudresourcemanager.googleapis.com", kind): _carrier(f"cloudresourcemanager:v3:{kind}")
        for kind in ("projects", "folders", "organizations")
    },
}
"""By host, and the word before the last in the name."""

TABLE: Final = (
    *(found for found in tuple(globals().values()) if isinstance(found, Row)),
    *LOAD_BALANCING.values(),
    *(found for one in CARRIERS.values() for found in (one.get, one.set, one.test)),
)
"""Every method, for the test that holds them against Google's discovery documents."""

HOSTS: Final = tuple(sorted({one.host for one in [*globals().values()] if isinstance(one, Row)}))
"""The hosts of all these APIs."""

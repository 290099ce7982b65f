"""APIs that are served as the world states them: one line for each kind of resource.

A resource `//SERVICE/NAME` answers GET at `PREFIX/NAME`, and its collection lists it.
"""

from __future__ import annotations

from dataclasses import dataclass

_TITLES = {
    "accesscontextmanager": "Access Context Manager API",
    "aiplatform": "Vertex AI API",
    "apigateway": "API Gateway API",
    "appengine": "App Engine Admin API",
    "artifactregistry": "Artifact Registry API",
    "bigqueryconnection": "BigQuery Connection API",
    "cloudbuild": "Cloud Build API",
    "cloudfunctions": "Cloud Functions API",
    "cloudscheduler": "Cloud Scheduler API",
    "cloudtasks": "Cloud Tasks API",
    "compute": "Compute Engine API",
    "container": "Kubernetes Engine API",
    "dns": "Cloud DNS API",
    "eventarc": "Eventarc API",
    "iam": "Identity and Access Management (IAM) API",
    "monitoring": "Cloud Monitoring API",
    "pubsub": "Cloud Pub/Sub API",
    "serviceusage": "Service Usage API",
    "vpcaccess": "Serverless VPC Access API",
    "workflows": "Workflows API",
}


@dataclass(frozen=True)
class ResourceKind:
    """One kind of resource: where it is served, and what reading it takes. `listed` is the list's key."""

    service: str
    prefixes: tuple[str, ...]
    collection: str
    permission: str
    listed: str

    @property
    def host(self) -> str:
        """The API's host."""
        return f"{self.service}.googleapis.com"

    @property
    def title(self) -> str:
        """What Google calls the API."""
        return _TITLES.get(self.service, self.service)


def _kind(service: str, prefixes: str, collection: str, permission: str, listed: str | None = None) -> ResourceKind:
    return ResourceKind(service, tuple(prefixes.split()), collection, permission, listed or collection)


KINDS = (
    _kind("cloudbuild", "/v1", "triggers", "cloudbuild.builds"),
    _kind("cloudfunctions", "/v2 /v1", "functions", "cloudfunctions.functions"),
    _kind("cloudscheduler", "/v1", "jobs", "cloudscheduler.jobs"),
    _kind("cloudtasks", "/v2", "queues", "cloudtasks.queues"),
    _kind("cloudtasks", "/v2", "tasks", "cloudtasks.tasks"),
    _kind("pubsub", "/v1", "subscriptions", "pubsub.subscriptions"),
    _kind("pubsub", "/v1", "topics", "pubsub.topics"),
    _kind("eventarc", "/v1", "triggers", "eventarc.triggers"),
    _kind("eventarc", "/v1", "channels", "eventarc.channels"),
    _kind("bigqueryconnection", "/v1", "connections", "bigquery.connections"),
    _kind("monitoring", "/v3", "uptimeCheckConfigs", "monitoring.uptimeCheckConfigs"),
    _kind("aiplatform", "/v1", "reasoningEngines", "aiplatform.reasoningEngines"),
    _kind("workflows", "/v1", "workflows", "workflows.workflows"),
    _kind("vpcaccess", "/v1", "connectors", "vpcaccess.connectors"),
    _kind("container", "/v1", "clusters", "container.clusters"),
    _kind("iam", "/v1", "workloadIdentityPools", "iam.workloadIdentityPools"),
    _kind("iam", "/v1", "providers", "iam.workloadIdentityPoolProviders", "workloadIdentityPoolProviders"),
    _kind("iam", "/v1", "keys", "iam.serviceAccountKeys"),
    _kind("compute", "/compute/v1", "networks", "compute.networks", "items"),
    _kind("compute", "/compute/v1", "subnetworks", "compute.subnetworks", "items"),
    _kind("compute", "/compute/v1", "instances", "compute.instances", "items"),
    _kind("compute", "/compute/v1", "networkEndpointGroups", "compute.networkEndpointGroups", "items"),
    _kind("compute", "/compute/v1", "backendServices", "compute.backendServices", "items"),
    _kind("compute", "/compute/v1", "urlMaps", "compute.urlMaps", "items"),
    _kind("compute", "/compute/v1", "securityPolicies", "compute.securityPolicies", "items"),
    _kind("compute", "/compute/v1", "forwardingRules", "compute.forwardingRules", "items"),
    _kind("compute", "/compute/v1", "targetHttpsProxies", "compute.targetHttpsProxies", "items"),
    _kind("compute", "/compute/v1", "targetHttpProxies", "compute.targetHttpProxies", "items"),
    _kind("compute", "/compute/v1", "sslCertificates", "compute.sslCertificates", "items"),
    _kind("compute", "/compute/v1", "routers", "compute.routers", "items"),
    _kind("compute", "/compute/v1", "addresses", "compute.addresses", "items"),
    _kind("dns", "/dns/v1", "managedZones", "dns.managedZones"),
    _kind("dns", "/dns/v1", "policies", "dns.policies"),
    _kind("dns", "/dns/v1", "rrsets", "dns.resourceRecordSets"),
    _kind("accesscontextmanager", "/v1", "servicePerimeters", "accesscontextmanager.servicePerimeters"),
    _kind("apigateway", "/v1", "gateways", "apigateway.gateways"),
    _kind("apigateway", "/v1", "configs", "apigateway.apiconfigs", "apiConfigs"),
    _kind("appengine", "/v1", "apps", "appengine.applications"),
    _kind("appengine", "/v1", "services", "appengine.services"),
    _kind("appengine", "/v1", "versions", "appengine.versions"),
    _kind("serviceusage", "/v1", "services", "serviceusage.services"),
    _kind("artifactregistry", "/v1", "repositories", "artifactregistry.repositories"),
)
HOSTS = tuple(dict.fromkeys(kind.host for kind in KINDS))

"""Google's predefined roles, as far as they decide who may invoke, mint, read or grant.

Permissions are written as patterns over PERMISSIONS. Which roles hold `run.routes.invoke`, and which are mistaken for
holding it: https://cloud.google.com/iam/docs/roles-permissions/run and the tables beside it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

_VERBS = {
    "run.configurations": "get list",
    "run.domainmappings": "get list create delete",
    "run.executions": "cancel delete get list",
    "run.jobs": "create delete get getIamPolicy list run runWithOverrides setIamPolicy update",
    "run.locations": "list",
    "run.operations": "delete get list",
    "run.revisions": "delete get list",
    "run.routes": "get invoke list",
    "run.services": "create delete get getIamPolicy list setIamPolicy update",
    "run.tasks": "get list",
    "cloudfunctions.functions": (
        "call create delete generateDownloadUrl get getIamPolicy invoke list setIamPolicy sourceCodeGet update"
    ),
    "cloudfunctions.locations": "get list",
    "cloudfunctions.operations": "get list",
    "iap.webServiceVersions": "accessViaIAP getIamPolicy setIamPolicy getSettings updateSettings",
    "iap.web": "getIamPolicy setIamPolicy getSettings updateSettings",
    "iam.serviceAccounts": (
        "actAs create delete disable enable get getAccessToken getIamPolicy getOpenIdToken implicitDelegation list "
        "setIamPolicy signBlob signJwt undelete update"
    ),
    "iam.serviceAccountKeys": "create delete get list",
    "iam.roles": "create delete get list undelete update",
    "iam.denypolicies": "create delete get list update",
    "iam.workloadIdentityPools": "create delete get list update",
    "iam.workloadIdentityPoolProviders": "create delete get list update",
    "resourcemanager.projects": "create delete get getIamPolicy list move setIamPolicy update",
    "resourcemanager.folders": "create delete get getIamPolicy list move setIamPolicy update",
    "resourcemanager.organizations": "get getIamPolicy setIamPolicy",
    "orgpolicy.policy": "get set",
    "logging.logEntries": "create list",
    "logging.logs": "list delete",
    "logging.privateLogEntries": "list",
    "compute.networks": "get list create use",
    "compute.subnetworks": "get list getIamPolicy use",
    "compute.instances": "get list create",
    "compute.networkEndpointGroups": "get list",
    "compute.regionNetworkEndpointGroups": "get list",
    "compute.backendServices": "get list",
    "compute.regionBackendServices": "get list",
    "compute.urlMaps": "get list",
    "compute.securityPolicies": "get list",
    "compute.targetHttpsProxies": "get list",
    "compute.forwardingRules": "get list",
    "compute.globalForwardingRules": "get list",
    "compute.routers": "get list",
    "compute.addresses": "get list",
    "compute.globalAddresses": "get list",
    "compute.projects": "get",
    "dns.managedZones": "get list",
    "dns.resourceRecordSets": "get list",
    "dns.policies": "get list",
    "dns.responsePolicies": "get list",
    "vpcaccess.connectors": "get list use",
    "container.clusters": "get list",
    "cloudbuild.builds": "approve create get list update",
    "cloudscheduler.jobs": "create delete get list run update",
    "cloudtasks.queues": "create delete get getIamPolicy list setIamPolicy update",
    "cloudtasks.tasks": "create delete fullView get list run",
    "pubsub.subscriptions": "consume create delete get getIamPolicy list setIamPolicy update",
    "pubsub.topics": "attachSubscription create delete get getIamPolicy list publish setIamPolicy update",
    "eventarc.triggers": "create delete get getIamPolicy list setIamPolicy update",
    "eventarc.channels": "get list publish",
    "eventarc.events": "receiveEvent",
    "workflows.workflows": "create delete get list update",
    "serviceusage.services": "disable enable get list use",
    "policytroubleshooter.assets": "get",
    "accesscontextmanager.servicePerimeters": "get list",
    "cloudasset.assets": "analyzeIamPolicy searchAllIamPolicies searchAllResources",
    "apigateway.gateways": "get list",
    "apigateway.apiconfigs": "get list",
    "appengine.applications": "get",
    "appengine.services": "get list",
    "appengine.versions": "get list",
    "artifactregistry.repositories": "downloadArtifacts get list uploadArtifacts",
    "storage.objects": "create delete get list update",
    "cloudsql.instances": "connect get list",
    "datastore.entities": "create delete get list update",
    "aiplatform.endpoints": "get list predict",
    "firebase.projects": "get update",
    "secretmanager.versions": "access",
}
PERMISSIONS = tuple(sorted(f"{kind}.{verb}" for kind, verbs in _VERBS.items() for verb in verbs.split()))

_READ = "*.get *.list *.getIamPolicy *.getSettings"
_MINT = (
    "!iam.serviceAccounts.getOpenIdToken !iam.serviceAccounts.getAccessToken !iam.serviceAccounts.implicitDelegation "
    "!iam.serviceAccounts.signBlob !iam.serviceAccounts.signJwt"
)
_PROJECT = "resourcemanager.projects.get resourcemanager.projects.list"
_NO_MAPPINGS = "!run.domainmappings.*"  # only Owner and Editor hold these
_RUN_VIEW = f"run.*.get run.*.list run.*.getIamPolicy {_NO_MAPPINGS} {_PROJECT}"
_RUN_DEVELOP = f"run.* !run.*.setIamPolicy {_NO_MAPPINGS} {_PROJECT}"
_RUN_AGENT = (
    "run.routes.invoke iam.serviceAccounts.getOpenIdToken iam.serviceAccounts.getAccessToken "
    "iam.serviceAccounts.signBlob iam.serviceAccounts.actAs"
)
_MINTER = "iam.serviceAccounts.getAccessToken iam.serviceAccounts.getOpenIdToken"

# role: (title, permission patterns; a leading ! takes away)
_ROLES = {
    "roles/owner": ("Owner", f"* {_MINT} !iap.webServiceVersions.accessViaIAP"),
    "roles/editor": (
        "Editor",
        (
            f"* {_MINT} !*.setIamPolicy !iam.roles.* !iam.denypolicies.* !iap.* !resourcemanager.*.move "
            "!resourcemanager.*.delete !logging.privateLogEntries.list !orgpolicy.policy.set"
        ),
    ),
    "roles/viewer": ("Viewer", f"{_READ} !iap.* !logging.privateLogEntries.list"),
    "roles/browser": (
        "Browser",
        "resourcemanager.*.get resourcemanager.*.list resourcemanager.projects.getIamPolicy",
    ),
    "roles/run.admin": ("Cloud Run Admin", f"run.* {_NO_MAPPINGS} {_PROJECT}"),
    "roles/run.developer": ("Cloud Run Developer", _RUN_DEVELOP),
    "roles/run.editor": ("Cloud Run Editor", _RUN_DEVELOP),
    "roles/run.sourceDeveloper": ("Cloud Run Source Developer", _RUN_DEVELOP),
    "roles/run.sourceViewer": ("Cloud Run Source Viewer", _PROJECT),
    "roles/run.builder": (
        "Cloud Run Builder",
        "artifactregistry.repositories.* logging.logEntries.create storage.objects.get storage.objects.list",
    ),
    "roles/run.viewer": ("Cloud Run Viewer", _RUN_VIEW),
    "roles/run.invoker": ("Cloud Run Invoker", "run.routes.invoke run.jobs.run"),
    "roles/run.servicesInvoker": ("Cloud Run Service Invoker", "run.routes.invoke"),
    "roles/run.jobsExecutor": ("Cloud Run Jobs Executor", "run.jobs.run run.executions.cancel"),
    "roles/run.jobsExecutorWithOverrides": (
        "Cloud Run Jobs Executor With Overrides",
        "run.jobs.run run.jobs.runWithOverrides run.executions.cancel",
    ),
    "roles/run.serviceAgent": ("Cloud Run Service Agent", f"{_RUN_AGENT} compute.networks.* compute.subnetworks.*"),
    "roles/cloudfunctions.admin": (
        "Cloud Functions Admin",
        f"cloudfunctions.* run.* eventarc.triggers.* {_PROJECT}",
    ),
    "roles/cloudfunctions.developer": (
        "Cloud Functions Developer",
        f"cloudfunctions.* run.* eventarc.triggers.* !*.setIamPolicy {_PROJECT}",
    ),
    "roles/cloudfunctions.editor": (
        "Cloud Functions Editor",
        f"cloudfunctions.* run.* eventarc.triggers.* !*.setIamPolicy {_PROJECT}",
    ),
    "roles/cloudfunctions.invoker": ("Cloud Functions Invoker", "cloudfunctions.functions.invoke"),
    "roles/cloudfunctions.viewer": (
        "Cloud Functions Viewer",
        f"cloudfunctions.*.get cloudfunctions.*.list cloudfunctions.*.getIamPolicy {_RUN_VIEW}",
    ),
    "roles/cloudfunctions.serviceAgent": (
        "Cloud Functions Service Agent",
        f"cloudfunctions.functions.invoke pubsub.* eventarc.triggers.* run.* {_RUN_AGENT}",
    ),
    "roles/firebase.admin": ("Firebase Admin", f"firebase.* cloudfunctions.* run.* {_PROJECT}"),
    "roles/firebase.developAdmin": ("Firebase Develop Admin", f"firebase.* cloudfunctions.* run.* {_PROJECT}"),
    "roles/firebaseapphosting.serviceAgent": (
        "Firebase App Hosting Service Agent",
        f"run.* {_RUN_AGENT} !iam.serviceAccounts.getOpenIdToken",
    ),
    "roles/firebasedataconnect.serviceAgent": ("Firebase Data Connect Service Agent", "run.routes.invoke"),
    "roles/iam.devOps": ("DevOps Engineer", f"run.* cloudfunctions.* {_PROJECT} !*.setIamPolicy"),
    "roles/iam.dataScientist": ("Data Scientist", f"run.routes.invoke aiplatform.* {_PROJECT}"),
    "roles/iam.mlEngineer": ("ML Engineer", f"run.routes.invoke aiplatform.* {_PROJECT}"),
    "roles/iam.securityAdmin": (
        "Security Admin",
        "*.getIamPolicy *.setIamPolicy *.list iam.roles.*",
    ),
    "roles/iam.securityReviewer": (
        "Security Reviewer",
        "*.getIamPolicy *.list iam.roles.get resourcemanager.projects.get",
    ),
    "roles/iam.denyAdmin": ("Deny Admin", "iam.denypolicies.*"),
    "roles/iam.denyReviewer": ("Deny Reviewer", "iam.denypolicies.get iam.denypolicies.list"),
    "roles/iam.roleViewer": ("Role Viewer", "iam.roles.get iam.roles.list"),
    "roles/iam.serviceAccountAdmin": (
        "Service Account Admin",
        f"iam.serviceAccounts.* {_MINT} !iam.serviceAccounts.actAs {_PROJECT}",
    ),
    "roles/iam.serviceAccountCreator": (
        "Create Service Accounts",
        f"iam.serviceAccounts.create iam.serviceAccounts.get iam.serviceAccounts.list {_PROJECT}",
    ),
    "roles/iam.serviceAccountOpenIdTokenCreator": (
        "Service Account OpenID Connect Identity Token Creator",
        "iam.serviceAccounts.getOpenIdToken",
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "Service Account Token Creator",
        (
            f"{_MINTER} iam.serviceAccounts.implicitDelegation iam.serviceAccounts.signBlob "
            "iam.serviceAccounts.signJwt "
            f"iam.serviceAccounts.get iam.serviceAccounts.list {_PROJECT}"
        ),
    ),
    "roles/iam.serviceAccountUser": (
        "Service Account User",
        f"iam.serviceAccounts.actAs iam.serviceAccounts.get iam.serviceAccounts.list {_PROJECT}",
    ),
    "roles/iam.serviceAccountViewer": (
        "View Service Accounts",
        f"iam.serviceAccounts.get iam.serviceAccounts.getIamPolicy iam.serviceAccounts.list {_PROJECT}",
    ),
    "roles/iam.workloadIdentityUser": (
        "Workload Identity User",
        f"{_MINTER} iam.serviceAccounts.get iam.serviceAccounts.list",
    ),
    "roles/iap.httpsResourceAccessor": ("IAP-secured Web App User", "iap.webServiceVersions.accessViaIAP"),
    "roles/iap.admin": ("IAP Policy Admin", "iap.web*.getIamPolicy iap.web*.setIamPolicy"),
    "roles/resourcemanager.organizationAdmin": (
        "Organization Administrator",
        "resourcemanager.* orgpolicy.policy.get !resourcemanager.*.create !resourcemanager.*.delete",
    ),
    "roles/resourcemanager.organizationViewer": ("Organization Viewer", "resourcemanager.organizations.get"),
    "roles/resourcemanager.folderViewer": (
        "Folder Viewer",
        f"resourcemanager.folders.get resourcemanager.folders.list {_PROJECT}",
    ),
    "roles/resourcemanager.projectIamAdmin": (
        "Project IAM Admin",
        "resourcemanager.projects.get resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy",
    ),
    "roles/orgpolicy.policyViewer": ("Organization Policy Viewer", "orgpolicy.policy.get"),
    "roles/logging.viewer": ("Logs Viewer", f"logging.logEntries.list logging.logs.list {_PROJECT}"),
    "roles/logging.privateLogViewer": ("Private Logs Viewer", f"logging.*.list {_PROJECT}"),
    "roles/logging.logWriter": ("Logs Writer", "logging.logEntries.create"),
    "roles/compute.networkUser": ("Compute Network User", "compute.networks.* compute.subnetworks.* compute.*.get"),
    "roles/compute.networkViewer": ("Compute Network Viewer", "compute.*.get compute.*.list"),
    "roles/dns.reader": ("DNS Reader", "dns.*.get dns.*.list"),
    "roles/pubsub.publisher": ("Pub/Sub Publisher", "pubsub.topics.publish"),
    "roles/pubsub.subscriber": ("Pub/Sub Subscriber", "pubsub.subscriptions.consume pubsub.topics.attachSubscription"),
    "roles/pubsub.serviceAgent": ("Pub/Sub Service Agent", f"{_MINTER} {_PROJECT}"),
    "roles/cloudscheduler.serviceAgent": ("Cloud Scheduler Service Agent", f"{_MINTER} pubsub.topics.publish"),
    "roles/cloudtasks.serviceAgent": ("Cloud Tasks Service Agent", f"{_MINTER} logging.logEntries.create"),
    "roles/cloudtasks.enqueuer": ("Cloud Tasks Enqueuer", "cloudtasks.tasks.create"),
    "roles/eventarc.serviceAgent": (
        "Eventarc Service Agent",
        (
            f"eventarc.* pubsub.* iam.serviceAccounts.actAs {_MINTER} run.services.get "
            "run.jobs.get container.clusters.get"
        ),
    ),
    "roles/eventarc.eventReceiver": ("Eventarc Event Receiver", "eventarc.events.receiveEvent"),
    "roles/workflows.invoker": ("Workflows Invoker", "workflows.workflows.get"),
    "roles/workflows.serviceAgent": ("Workflows Service Agent", f"{_MINTER} logging.logEntries.create"),
    "roles/aiplatform.serviceAgent": ("Vertex AI Service Agent", f"{_RUN_AGENT} run.jobs.run aiplatform.*"),
    "roles/aiplatform.user": ("Vertex AI User", f"aiplatform.* {_PROJECT}"),
    "roles/ces.serviceAgent": ("Customer Engagement Suite Service Agent", "run.routes.invoke run.jobs.run"),
    "roles/dialogflow.serviceAgent": (
        "Dialogflow Service Agent",
        "run.routes.invoke run.jobs.run cloudfunctions.functions.invoke",
    ),
    "roles/integrations.serviceAgent": (
        "Application Integration Service Agent",
        "run.routes.invoke run.jobs.run cloudfunctions.functions.invoke iam.serviceAccounts.getOpenIdToken",
    ),
    "roles/spanner.serviceAgent": ("Cloud Spanner Service Agent", "run.routes.invoke run.jobs.run"),
    "roles/visionai.serviceAgent": ("Cloud Vision AI Service Agent", "run.routes.invoke run.jobs.run"),
    "roles/monitoring.notificationServiceAgent": (
        "Monitoring Service Agent",
        "run.routes.invoke cloudfunctions.functions.get pubsub.topics.publish",
    ),
    "roles/artifactregistry.reader": (
        "Artifact Registry Reader",
        (
            "artifactregistry.repositories.downloadArtifacts artifactregistry.repositories.get "
            "artifactregistry.repositories.list"
        ),
    ),
    "roles/storage.objectAdmin": ("Storage Object Admin", "storage.objects.*"),
    "roles/storage.objectViewer": ("Storage Object Viewer", "storage.objects.get storage.objects.list"),
    "roles/cloudsql.client": ("Cloud SQL Client", "cloudsql.instances.connect cloudsql.instances.get"),
    "roles/datastore.user": ("Cloud Datastore User", "datastore.entities.*"),
    "roles/secretmanager.secretAccessor": ("Secret Manager Secret Accessor", "secretmanager.versions.access"),
    "roles/serviceusage.serviceUsageConsumer": (
        "Service Usage Consumer",
        "serviceusage.services.get serviceusage.services.list serviceusage.services.use",
    ),
    "roles/cloudbuild.builds.builder": (
        "Cloud Build Service Account",
        "logging.logEntries.create artifactregistry.repositories.* storage.objects.*",
    ),
    "roles/cloudbuild.serviceAgent": ("Cloud Build Service Agent", _MINTER),
    "roles/containerregistry.ServiceAgent": ("Container Registry Service Agent", "pubsub.topics.publish"),
    "roles/container.developer": ("Kubernetes Engine Developer", "container.clusters.get container.clusters.list"),
}


def names() -> list[str]:
    """Every predefined role that is known here."""
    return sorted(_ROLES)


def title(role: str) -> str | None:
    """What Google calls a predefined role; `None` if it is not known here."""
    return _ROLES[role][0] if role in _ROLES else None


@cache
def permissions(role: str) -> frozenset[str]:
    """The permissions of a predefined role; none if it is not known here."""
    held: set[str] = set()
    for pattern in _ROLES.get(role, ("", ""))[1].split():
        wanted = pattern.removeprefix("!")
        matched = {each for each in PERMISSIONS if fnmatchcase(each, wanted)}
        held = held - matched if pattern.startswith("!") else held | matched
    return frozenset(held)

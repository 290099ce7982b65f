"""What a role contains: as it was read, else as Google documents it.

The predefined roles that decide who may invoke, and who may mint, stand here, so that they need not be read.
Source: https://docs.cloud.google.com/iam/docs/roles-permissions/run and the tables beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..model.fact import Absent, Fact, Known, Source, Unknown
from ..model.iam import INVOKE, AllowPolicies, Role

RUN_JOB: Final = "run.jobs.run"
GET_OPEN_ID_TOKEN: Final = "iam.serviceAccounts.getOpenIdToken"
"""To mint an ID token of a service account. Owner and Editor do not hold it."""
GET_ACCESS_TOKEN: Final = "iam.serviceAccounts.getAccessToken"
ACT_AS: Final = "iam.serviceAccounts.actAs"
"""To have a job, task or workload run as a service account."""

_BOTH: Final = (
    "owner", "editor", "run.admin", "run.developer", "run.editor", "run.sourceDeveloper", "run.invoker",
    "cloudfunctions.admin", "cloudfunctions.developer", "cloudfunctions.editor", "firebase.admin",
    "firebase.developAdmin", "iam.devOps", "iam.dataScientist", "iam.mlEngineer", "aiplatform.serviceAgent",
    "ces.serviceAgent", "cloudfunctions.serviceAgent", "dialogflow.serviceAgent", "integrations.serviceAgent",
    "spanner.serviceAgent", "visionai.serviceAgent",
)  # fmt: skip
_INVOKE_ONLY: Final = (
    "run.servicesInvoker", "run.serviceAgent", "firebaseapphosting.serviceAgent", "firebasedataconnect.serviceAgent",
    "monitoring.notificationServiceAgent",
)  # fmt: skip
_NEITHER: Final = (
    "viewer", "browser", "run.viewer", "run.sourceViewer", "cloudfunctions.invoker", "cloudfunctions.viewer",
    "iam.serviceAccountUser", "iam.serviceAccountTokenCreator", "iam.serviceAccountOpenIdTokenCreator",
    "iam.workloadIdentityUser", "iam.securityReviewer", "iam.securityAdmin", "iap.httpsResourceAccessor",
    "cloudscheduler.serviceAgent", "cloudtasks.serviceAgent", "cloudtasks.enqueuer", "pubsub.serviceAgent",
    "pubsub.publisher", "pubsub.subscriber", "eventarc.serviceAgent", "eventarc.eventReceiver",
    "workflows.serviceAgent", "workflows.invoker", "cloudsql.client", "datastore.user", "storage.objectViewer",
    "storage.objectUser", "storage.objectAdmin", "storage.admin", "logging.logWriter", "logging.viewer",
    "monitoring.metricWriter", "monitoring.viewer", "artifactregistry.reader", "artifactregistry.writer",
    "secretmanager.secretAccessor", "cloudtrace.agent", "bigquery.dataViewer", "bigquery.jobUser", "aiplatform.user",
)  # fmt: skip
_MINTERS: Final = (
    "iam.serviceAccountTokenCreator", "iam.workloadIdentityUser", "cloudscheduler.serviceAgent",
    "cloudtasks.serviceAgent", "pubsub.serviceAgent", "workflows.serviceAgent",
)  # fmt: skip
_MINTERS_AND_ACTORS: Final = ("run.serviceAgent", "cloudfunctions.serviceAgent")
_ACTORS: Final = ("owner", "editor", "iam.serviceAccountUser")
_MINTING_NOT_LISTED: Final = (
    "run.sourceDeveloper", "cloudfunctions.admin", "cloudfunctions.developer", "cloudfunctions.editor",
    "firebase.admin", "firebase.developAdmin", "iam.devOps", "iam.dataScientist", "iam.mlEngineer",
    "aiplatform.serviceAgent", "aiplatform.user", "ces.serviceAgent", "dialogflow.serviceAgent",
    "firebaseapphosting.serviceAgent", "firebasedataconnect.serviceAgent", "integrations.serviceAgent",
    "spanner.serviceAgent", "visionai.serviceAgent", "monitoring.notificationServiceAgent",
)  # fmt: skip
"""Of these the table says who may invoke, and nothing about service accounts."""


def _on_accounts() -> Mapping[str, frozenset[str]]:
    """What roles contain of the permissions on service accounts.

    Source: https://docs.cloud.google.com/iam/docs/roles-permissions/iam and the pages of each service agent
    """
    held = dict.fromkeys(_MINTERS, frozenset({GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN}))
    held |= dict.fromkeys(_MINTERS_AND_ACTORS, frozenset({GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN, ACT_AS}))
    held |= dict.fromkeys(_ACTORS, frozenset({ACT_AS}))
    held["iam.serviceAccountOpenIdTokenCreator"] = frozenset({GET_OPEN_ID_TOKEN})
    held["eventarc.serviceAgent"] = frozenset({GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN, ACT_AS})
    return held


def _table() -> Mapping[str, Role]:
    held = [(_BOTH, frozenset({INVOKE, RUN_JOB})), (_INVOKE_ONLY, frozenset({INVOKE})), (_NEITHER, frozenset())]
    roles = [Role(f"roles/{name}", frozenset(permissions)) for names, permissions in held for name in names]
    roles += [
        Role(f"roles/{name}", frozenset({RUN_JOB})) for name in ("run.jobsExecutor", "run.jobsExecutorWithOverrides")
    ]
    on_accounts = {f"roles/{name}": permissions for name, permissions in _on_accounts().items()}
    whole = (Role(role.name, role.permissions | on_accounts.get(role.name, frozenset())) for role in roles)
    return MappingProxyType({role.name: role for role in whole})


PREDEFINED: Final = _table()
"""By name; of the permissions only `run.routes.invoke`, `run.jobs.run`, and those above on service accounts."""

_DOCUMENTED: Final = Source("given", "https://docs.cloud.google.com/iam/docs/roles-permissions/run")


def predefined(name: str) -> Known[Role] | None:
    """Return a role; None where the table does not have it, which says nothing about the role."""
    role = PREDEFINED.get(name)
    return None if role is None else Known(role, _DOCUMENTED)


def predefined_minter(name: str) -> Known[Role] | None:
    """Return a role with what it contains on service accounts; None where the table does not say that."""
    return None if name.removeprefix("roles/") in _MINTING_NOT_LISTED else predefined(name)


def documented(name: str, permission: str) -> Known[Role] | None:
    """Return a predefined role; None where no table says whether it contains this permission."""
    if permission in {INVOKE, RUN_JOB}:
        return predefined(name)
    return predefined_minter(name) if permission in {GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN, ACT_AS} else None


def role_of(policies: AllowPolicies, name: str, permission: str) -> Fact[Role] | None:
    """Return a role that is bound; None where it was not read, and no table has it.

    A predefined role is the same for everybody, so one that could not be read is looked up.
    """
    found = policies.roles.get(name)
    return documented(name, permission) or found if found is None or isinstance(found, Unknown) else found


def holds(role: Fact[Role] | None, permission: str) -> bool | None:
    """Whether a role gives a permission; None where what it contains cannot be seen."""
    match role:
        case Known(value):
            return not value.disabled and permission in value.permissions
        case Absent():
            return False
        case _:
            return None

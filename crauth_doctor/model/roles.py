"""Predefined roles that decide who may invoke, so that they need not be read.

Source: https://docs.cloud.google.com/iam/docs/roles-permissions/run and the tables beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .fact import Known, Source
from .iam import INVOKE, Role

RUN_JOB: Final = "run.jobs.run"

_BOTH: Final = (
    "owner",
    "editor",
    "run.admin",
    "run.developer",
    "run.editor",
    "run.sourceDeveloper",
    "run.invoker",
    "cloudfunctions.admin",
    "cloudfunctions.developer",
    "cloudfunctions.editor",
    "firebase.admin",
    "firebase.developAdmin",
    "iam.devOps",
    "iam.dataScientist",
    "iam.mlEngineer",
)
_INVOKE_ONLY: Final = (
    "run.servicesInvoker",
    "run.serviceAgent",
    "cloudfunctions.serviceAgent",
    "aiplatform.serviceAgent",
    "ces.serviceAgent",
    "dialogflow.serviceAgent",
    "firebaseapphosting.serviceAgent",
    "firebasedataconnect.serviceAgent",
    "integrations.serviceAgent",
    "spanner.serviceAgent",
    "visionai.serviceAgent",
    "monitoring.notificationServiceAgent",
)
_NEITHER: Final = (
    "viewer",
    "browser",
    "run.viewer",
    "run.sourceViewer",
    "cloudfunctions.invoker",
    "cloudfunctions.viewer",
    "iam.serviceAccountUser",
    "iam.serviceAccountTokenCreator",
    "iam.serviceAccountOpenIdTokenCreator",
    "iam.workloadIdentityUser",
    "iam.securityReviewer",
    "iam.securityAdmin",
    "iap.httpsResourceAccessor",
    "cloudscheduler.serviceAgent",
    "cloudtasks.serviceAgent",
    "cloudtasks.enqueuer",
    "pubsub.serviceAgent",
    "pubsub.publisher",
    "pubsub.subscriber",
    "eventarc.serviceAgent",
    "eventarc.eventReceiver",
    "workflows.serviceAgent",
    "workflows.invoker",
    "cloudsql.client",
    "datastore.user",
    "storage.objectViewer",
    "storage.objectUser",
    "storage.objectAdmin",
    "storage.admin",
    "logging.logWriter",
    "logging.viewer",
    "monitoring.metricWriter",
    "monitoring.viewer",
    "artifactregistry.reader",
    "artifactregistry.writer",
    "secretmanager.secretAccessor",
    "cloudtrace.agent",
    "bigquery.dataViewer",
    "bigquery.jobUser",
    "aiplatform.user",
)


def _table() -> Mapping[str, Role]:
    held = [(_BOTH, frozenset({INVOKE, RUN_JOB})), (_INVOKE_ONLY, frozenset({INVOKE})), (_NEITHER, frozenset())]
    roles = [Role(f"roles/{name}", frozenset(permissions)) for names, permissions in held for name in names]
    roles += [
        Role(f"roles/{name}", frozenset({RUN_JOB})) for name in ("run.jobsExecutor", "run.jobsExecutorWithOverrides")
    ]
    return MappingProxyType({role.name: role for role in roles})


PREDEFINED: Final = _table()
"""By name; of the permissions only `run.routes.invoke` and `run.jobs.run`."""

_DOCUMENTED: Final = Source("given", "https://docs.cloud.google.com/iam/docs/roles-permissions/run")


def predefined(name: str) -> Known[Role] | None:
    """Look a role up; None where the table does not have it, which says nothing about the role."""
    role = PREDEFINED.get(name)
    return None if role is None else Known(role, _DOCUMENTED)

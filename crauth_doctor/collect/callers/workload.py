"""What workloads have in common that get their own tokens: an account, set or the project's default, and a place."""

from __future__ import annotations

from ...gcp.projects import Project
from ...google_json.workloads import Workload
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import Service
from .lookup import Looked


def compute_default(project: Fact[Project], source: Source) -> Fact[Principal]:
    """The project's default compute account, which Cloud Run, second generation functions and machines run as.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types#default
    """
    if not isinstance(project, Known):
        return unread(project)
    return Known(Principal(f"serviceAccount:{project.value.number}-compute@developer.gserviceaccount.com"), source)


def app_default(project: Fact[Project], source: Source) -> Fact[Principal]:
    """The project's App Engine account, which App Engine and first generation functions run as.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types#default
    """
    if not isinstance(project, Known):
        return unread(project)
    return Known(Principal(f"serviceAccount:{project.value.id}@appspot.gserviceaccount.com"), source)


def running_as(account: str | None, default: Fact[Principal], source: Source) -> Fact[Principal]:
    """The account that is set, else the default."""
    return default if account is None else Known(Principal(f"serviceAccount:{account}"), source)


def as_service(looked: Looked[Workload], workload: Workload) -> Known[Service]:
    """What a job's or a function's own settings tell, in the form of a service; it has no URL of a service's."""
    found = Service(looked.name, (), account=workload.account, vpc_access=workload.vpc, proxies=workload.proxies)
    return Known(found, looked.value.source)


def unread(fact: Absent | Unknown) -> Unknown:
    """Say that something needed to tell who calls is not there."""
    if isinstance(fact, Unknown):
        return fact
    return Unknown(fact.source, Obstacle.NOT_TOLD, "it was not found, so nothing tells who calls")

"""Workloads that make calls of their own: machines, functions, jobs, clusters, App Engine apps and builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ...google_json import json_access as look
from ...google_json import workloads as google_json
from ...google_json.json_access import Json
from ...google_json.workloads import BuildTrigger, Machine, Provider, ReasoningEngine, Workload
from ...model.fact import Fact, Unknown
from .. import methods, rest
from ..door import Door
from ..resource_kinds import Product


def instance(google: Door, name: str) -> Fact[Machine]:
    """Read a virtual machine by `projects/P/zones/Z/instances/I`."""
    _, project, _, zone, *_ = name.split("/")
    return rest.named(google, methods.INSTANCE, name, lambda found: google_json.instance(found, project, zone))


def reasoning_engine(google: Door, name: str) -> Fact[ReasoningEngine]:
    """Read an engine by `projects/P/locations/R/reasoningEngines/E`, on its region's own host.

    Documentation: https://docs.cloud.google.com/vertex-ai/docs/reference/rest#rest_endpoints
    """
    row = replace(methods.REASONING_ENGINE, host=f"{name.split('/')[3]}-{methods.REASONING_ENGINE.host}")
    target = f"//{methods.REASONING_ENGINE.host}/{name}"
    return rest.get(google, row, target, google_json.reasoning_engine, name=name)


def build_trigger(google: Door, name: str) -> Fact[BuildTrigger]:
    """Read a Cloud Build trigger by `projects/P/locations/R/triggers/T`, T its name or its id.

    Documentation: https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.triggers
    """
    return rest.named(google, methods.BUILD_TRIGGER, name, google_json.build_trigger)


def default_build_account(google: Door, project: str, location: str) -> Fact[str | None]:
    """Read whose account builds have that name none: the project's own setting; None where there is none by default.

    Documentation: https://docs.cloud.google.com/build/docs/cloud-build-service-account-updates
    """
    name = f"projects/{project}/locations/{location}/defaultServiceAccount"
    return rest.named(google, methods.BUILD_ACCOUNT, name, lambda found: look.last(found, "serviceAccountEmail"))


def provider(google: Door, name: str) -> Fact[Provider]:
    """Read a provider by `projects/P/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.

    Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
    """
    return rest.named(google, methods.PROVIDER, name, google_json.provider)


def accounts_of(google: Door, project: str) -> Fact[tuple[str, ...]]:
    """List the e-mails of a project's service accounts."""
    parent = f"projects/{project}"

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["email"]) for item in found)

    return rest.list_all(google, methods.ACCOUNTS, f"//{methods.ACCOUNTS.host}/{parent}", parse, parent=parent)


def accounts_left_out(google: Door, project: str) -> Unknown | None:
    """Return that the list of a project's service accounts leaves some out; None where it was read whole."""
    return rest.left_out(google, methods.ACCOUNTS, f"//{methods.ACCOUNTS.host}/projects/{project}")


def app_account(google: Door, app: str) -> Fact[str | None]:
    """Read the account that an App Engine app's versions run as where they name none; None where the app names none."""
    name = f"apps/{app}"

    def parse(found: Json) -> str | None:
        return look.last(found, "serviceAccount")

    return rest.get(google, methods.APP, f"//{methods.APP.host}/{name}", parse, name=name)


def app_split(google: Door, name: str) -> Fact[Mapping[str, float]]:
    """Read how an App Engine service, `apps/A/services/S`, splits its traffic: shares by version."""

    def parse(found: Json) -> Mapping[str, float]:
        return {name: float(str(share)) for name, share in look.mapping(found, "split", "allocations").items()}

    return rest.get(google, methods.APP_SERVICE, f"//{methods.APP_SERVICE.host}/{name}", parse, name=name)


def app_versions(google: Door, name: str) -> Fact[tuple[tuple[str, Workload], ...]]:
    """List the versions of an App Engine service, the newest first: ids and settings."""

    def parse(found: list[Json]) -> tuple[tuple[str, Workload], ...]:
        newest = sorted(found, key=lambda one: str(one.get("createTime") or ""), reverse=True)
        return tuple(
            (str(one.get("id") or str(one["name"]).rsplit("/", 1)[-1]), google_json.app_version(one)) for one in newest
        )

    target = f"//{methods.APP_VERSIONS.host}/{name}/versions"
    return rest.list_all(google, methods.APP_VERSIONS, target, parse, parent=name)


FUNCTIONS: Final = Product("function", "functions", methods.FUNCTION, methods.FUNCTIONS, google_json.function)
WORKER_POOLS: Final = Product(
    "worker pool", "workerPools", methods.WORKER_POOL, methods.WORKER_POOLS, google_json.worker_pool
)
RUN_JOBS: Final = Product("job", "jobs", methods.RUN_JOB, methods.RUN_JOBS, google_json.run_job)
CLUSTERS: Final = Product("cluster", "clusters", methods.CLUSTER, methods.CLUSTERS, google_json.cluster)

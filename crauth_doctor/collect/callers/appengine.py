"""An App Engine service that calls: as its version's account, through a connector where it has one.

Documentation: https://docs.cloud.google.com/appengine/docs/standard/configure-service-accounts,
https://docs.cloud.google.com/appengine/docs/standard/connecting-vpc
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...gcp import products, projects, workloads
from ...gcp.workloads import Workload
from ...model.caller import Caller, CallerKind
from ...model.fact import Fact, Known, Obstacle, Unknown, value_of
from . import vpc
from .caller import Met, Scene, given
from .lookup import start
from .workload import app_default, running_as, unread

_HOST: Final = products.APP_SERVICE.host


def meet(asked: str, name: str, scene: Scene) -> Met:
    """Meet a service, by its short name or `apps/APP/services/SERVICE`: the version that has most of its traffic."""
    relative = name.removeprefix(f"//{_HOST}/")
    relative = relative if relative.startswith("apps/") else f"apps/{scene.project}/services/{relative}"
    app = relative.split("/")[1]
    caller = given(Caller(asked, CallerKind.APP_ENGINE, f"//{_HOST}/{relative}"))
    project = start(scene, f"the project {app}", lambda: projects.project(scene.google, app))
    split = start(scene, "its split of traffic", lambda: workloads.app_split(scene.google, relative))
    versions = workloads.app_versions(scene.google, relative)
    shares = split.get()
    if not isinstance(versions, Known) or not versions.value:
        unknown = unread(versions) if not isinstance(versions, Known) else _none(versions)
        return Met(caller, unknown, unknown)
    version = _most_used(versions.value, value_of(shares) or {})
    source, owner = versions.source, project.get()
    principal = running_as(version.account, app_default(owner, source), source)
    known = value_of(owner)
    return Met(caller, principal, vpc.origin(version.vpc, known.id if known else app, "", source, scene))


def _none(versions: Fact[tuple[tuple[str, Workload], ...]]) -> Unknown:
    return Unknown(versions.source, Obstacle.NOT_ASKED, "the service has no version, so nothing tells who calls")


def _most_used(versions: tuple[tuple[str, Workload], ...], shares: Mapping[str, float]) -> Workload:
    """The version with the largest share; of equal ones the newest, which stands first."""
    return max(versions, key=lambda one: shares.get(one[0], 0.0))[1]

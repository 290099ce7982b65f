"""A Cloud Run service that calls: it runs as its service account, and its VPC egress says where its calls come from."""

from __future__ import annotations

import re
from typing import Final

from ...gcp import projects, rest, run
from ...model.address import Deterministic, parse_url
from ...model.caller import Caller, CallerKind
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import Service
from ..question import UnanswerableError
from . import vpc
from .kind import GIVEN, LookupContext, ResolvedCaller

_FULL: Final = re.compile(r"(?://run\.googleapis\.com/)?projects/([^/]+)/locations/([^/]+)/services/([^/]+)")


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a service: in the callee's region first, then in all of its project's.

    Raises:
        UnanswerableError: several services of the project have this name.
    """
    found = _find(name, context)
    if not isinstance(found, Known):
        unknown = found if isinstance(found, Unknown) else _missing(found)
        caller = Caller(asked, CallerKind.CLOUD_RUN_SERVICE, found.source.target)
        return ResolvedCaller(Known(caller, GIVEN), unknown, unknown, found)
    service = found.value.service
    caller = Caller(asked, CallerKind.CLOUD_RUN_SERVICE, service.full_name)
    own = Known(service, found.source)
    return of_service(Known(caller, GIVEN), own, context)


def of_service(caller: Fact[Caller], own: Known[Service], context: LookupContext) -> ResolvedCaller:
    """Say what a caller does that runs as a Cloud Run service: a service, or a function of the second generation."""
    service = own.value
    origin = vpc.origin(service.vpc_access, service.project, service.region, own.source, context)
    return ResolvedCaller(caller, _principal(own, context), origin, own)


def _find(name: str, context: LookupContext) -> Fact[run.Deployed]:
    full = _FULL.fullmatch(name)
    if full:
        project = _project_id(full[1], context)
        return run.service(context.google, f"projects/{project}/locations/{full[2]}/services/{full[3]}")
    project = _project_id(context.project, context)
    if context.region is not None:
        here = run.service(context.google, f"projects/{project}/locations/{context.region}/services/{name}")
        if not isinstance(here, Absent):
            return here
    listed = run.services(context.google, project)
    if not isinstance(listed, Known):
        return listed
    fitting = [one for one in listed.value.services if one.service.id == name]
    if len(fitting) > 1:
        choices = tuple(f"run/{one.service.name}" for one in fitting)
        raise UnanswerableError(f"{len(fitting)} services are called {name}: pass the caller's full name.", choices)
    if fitting:
        return Known(fitting[0], listed.source)
    if listed.value.unreachable:
        return rest.incomplete(listed.source, listed.value.unreachable)
    return Absent(Source(run.GET, run.full_name(f"projects/{project}/locations/-/services/{name}")))


def _project_id(project: str, context: LookupContext) -> str:
    """The project's id, so that names of one project compare as one; its number stays where the id cannot be read."""
    if not project.isdigit():
        return project
    found = projects.project(context.google, project)
    return found.value.id if isinstance(found, Known) else project


def _missing(found: Absent) -> Unknown:
    return Unknown(found.source, Obstacle.NOT_TOLD, "there is no such service, so nothing tells who calls")


def _principal(own: Known[Service], context: LookupContext) -> Fact[Principal]:
    """The account that it runs as; where none is set, the project's default compute account.

    Source: https://docs.cloud.google.com/run/docs/securing/service-identity
    """
    service = own.value
    if service.account is not None:
        return Known(Principal(f"serviceAccount:{service.account}"), own.source)
    number = _number(service)
    if number is None:
        project = projects.project(context.google, service.project)
        if not isinstance(project, Known):
            return project if isinstance(project, Unknown) else _missing(project)
        number = project.value.number
    return Known(Principal(f"serviceAccount:{number}-compute@developer.gserviceaccount.com"), own.source)


def _number(service: Service) -> str | None:
    if service.project.isdigit():
        return service.project
    addresses = (parse_url(url) for url in service.urls)
    return next((one.number for one in addresses if isinstance(one, Deterministic)), None)

"""Cloud Run services, jobs, worker pools and functions that call: their account or agent, and their VPC egress.

Documentation: https://docs.cloud.google.com/run/docs/securing/service-identity,
https://docs.cloud.google.com/run/docs/configuring/jobs/service-identity,
https://docs.cloud.google.com/run/docs/functions/comparison,
https://docs.cloud.google.com/functions/1stgendocs/securing/function-identity
"""

from __future__ import annotations

from typing import Final

from ...deferred import regex
from ...gcp import rest
from ...gcp.products import projects, run
from ...gcp.products.workloads import FUNCTIONS, RUN_JOBS, WORKER_POOLS
from ...gcp.resource_kinds import Product
from ...google_json.workloads import Workload
from ...model.address import below_function
from ...model.caller import Caller, CallerKind, Origin
from ...model.fact import Absent, Fact, Known, NotThere, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import CallingIdentity, Service
from ..find_service import number_of
from ..unanswerable import UnanswerableError
from .kind import GIVEN, LookupContext, Resolve, ResolvedCaller, given
from .lookup import Looked, look, missing, refuse_slips, start
from .runtime_identity import (
    COMPUTE,
    app_default,
    as_service,
    calling_as,
    certified,
    compute_default,
    origin_of,
    running_as,
)

_FULL: Final = regex(r"(?://run\.googleapis\.com/)?projects/([^/]+)/locations/([^/]+)/services/([^/]+)")


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a service: in the callee's region first, then in all of its project's."""
    found = _find(name, context)
    if not isinstance(found, Known):
        unknown = found if isinstance(found, Unknown) else _missing(found)
        caller = Caller(asked, CallerKind.CLOUD_RUN_SERVICE, found.source.target)
        return ResolvedCaller(Known(caller, GIVEN), unknown, unknown, found)
    caller = Caller(asked, CallerKind.CLOUD_RUN_SERVICE, found.value[0].full_name)
    return of_service(caller, found, context)


def of_service(caller: Caller, found: Known[tuple[Service, CallingIdentity]], context: LookupContext) -> ResolvedCaller:
    """Resolve a caller that runs as a Cloud Run service: a service, or a function of the second generation."""
    service, identity = found.value
    own = Known(service, found.source)
    origin = origin_of(service.vpc_access, service.project, service.region, own.source, context)
    principal = calling_as(identity, service.name, lambda: _account(own, context), own.source, context)
    return ResolvedCaller(given(certified(caller, identity)), principal, origin, own)


def _resolver(kind: CallerKind, product: Product[Workload]) -> Resolve:
    """Return what resolves a workload that serves nothing, and so is no service: a job, a worker pool."""

    def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
        looked = look(context, product, asked, name)
        caller = Caller(asked, kind, looked.full_name(product.host))
        if not isinstance(looked.value, Known):
            unknown = missing(looked, f"Cloud Run {product.what}")
            return ResolvedCaller(given(caller), unknown, unknown)
        workload, source = looked.value.value, looked.value.source

        def account() -> Fact[Principal]:
            return running_as(workload.account, compute_default(looked.project, source), source)

        principal = calling_as(workload.identity, looked.name, account, source, context)
        origin = origin_of(workload.vpc, looked.project_id, looked.region, source, context)
        caller = certified(caller, workload.identity)
        return ResolvedCaller(given(caller), principal, origin, as_service(looked, workload))

    return resolve


resolve_job: Final = _resolver(CallerKind.CLOUD_RUN_JOB, RUN_JOBS)
resolve_worker_pool: Final = _resolver(CallerKind.WORKER_POOL, WORKER_POOLS)


def _find(name: str, context: LookupContext) -> Fact[tuple[Service, CallingIdentity]]:
    full = _FULL.fullmatch(name)
    if full:
        project = _project_id(full[1], context)
        return run.calling_service(context.google, f"projects/{project}/locations/{full[2]}/services/{full[3]}")
    project = _project_id(context.project, context)
    if context.region is not None:
        here = run.calling_service(context.google, f"projects/{project}/locations/{context.region}/services/{name}")
        if not isinstance(here, Absent):
            return here
    listed = run.services(context.google, project)
    if not isinstance(listed, Known):
        return listed
    fitting = [one for one in listed.value.services if one.service.id == name]
    if len(fitting) > 1:
        choices = tuple(f"run/{one.service.name}" for one in fitting)
        raise UnanswerableError(f"{len(fitting)} services are called {name}: give the caller's full name.", choices)
    if fitting:
        return run.calling_service(context.google, fitting[0].service.name)
    if listed.value.unreachable:
        return rest.incomplete(listed.source, listed.value.unreachable)
    refuse_slips(f"run/{name}", project, (f"run/{one.service.id}" for one in listed.value.services))
    return Absent(Source(run.GET, run.full_name(f"projects/{project}/locations/-/services/{name}")))


def _project_id(project: str, context: LookupContext) -> str:
    """The project's id, so that names of one project compare as one; its number stays where the id cannot be read."""
    if not project.isdigit():
        return project
    found = projects.project(context.google, project)
    return found.value.id if isinstance(found, Known) else project


def _missing(found: Absent) -> Unknown:
    return NotThere(found.source, Obstacle.NOT_TOLD, "there is no such service, so who calls is not known")


def _account(own: Known[Service], context: LookupContext) -> Fact[Principal]:
    """The account that it runs as; where none is set, the project's default compute account."""
    service = own.value
    if service.account is not None:
        return Known(Principal(f"serviceAccount:{service.account}"), own.source)
    number = service.project if service.project.isdigit() else number_of(service)
    if number:
        return Known(Principal(f"serviceAccount:{number}{COMPUTE}"), own.source)
    return compute_default(projects.project(context.google, service.project), own.source)


def resolve_function(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a function. The service that it should be is read beside it.

    Of the second generation it is a Cloud Run service; of the first it has rules of its own.
    """
    guess = _service_of_function(name, context)
    early = start(context, "its service", lambda: run.calling_service(context.google, guess)) if guess else None
    looked = look(context, FUNCTIONS, asked, name)
    caller = Caller(asked, CallerKind.FUNCTION, looked.full_name(FUNCTIONS.host))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, FUNCTIONS.what)
        return ResolvedCaller(given(caller), unknown, unknown)
    function = looked.value.value
    if not function.first_generation:
        service = function.service
        deployed: Fact[tuple[Service, CallingIdentity]] | None = None
        if early is not None and service in {None, guess}:
            deployed = early.get()
        elif service is not None:
            deployed = run.calling_service(context.google, service)
        if isinstance(deployed, Known):
            return of_service(caller, deployed, context)
    return ResolvedCaller(given(caller), *_of_function(looked, function, context), as_service(looked, function))


def _of_function(
    looked: Looked[Workload], function: Workload, context: LookupContext
) -> tuple[Fact[Principal], Fact[Origin]]:
    """Judge by the function's own settings: all that there is for the first generation."""
    source = looked.value.source
    default = app_default if function.first_generation else compute_default
    principal = running_as(function.account, default(looked.project, source), source)
    return principal, origin_of(function.vpc, looked.project_id, looked.region, source, context)


def _service_of_function(name: str, context: LookupContext) -> str | None:
    """A function's service has its name, in lower case and with dashes."""
    parts = name.removeprefix(f"//{FUNCTIONS.host}/").split("/")
    short = below_function(parts[-1])
    if parts[0] == "projects" and len(parts) == 6:
        return f"projects/{parts[1]}/locations/{parts[3]}/services/{short}"
    return f"projects/{context.project}/locations/{context.region}/services/{short}" if context.region else None

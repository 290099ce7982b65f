"""A function that calls. Of the second generation it is a Cloud Run service; of the first it has rules of its own.

Documentation: https://docs.cloud.google.com/run/docs/functions/comparison,
https://docs.cloud.google.com/functions/1stgendocs/securing/function-identity
"""

from __future__ import annotations

from ...gcp.products import run
from ...gcp.products.workloads import FUNCTIONS
from ...google_json.workloads import Workload
from ...model.caller import Caller, CallerKind, Origin
from ...model.fact import Fact, Known
from ...model.iam import Principal
from ...model.run import CallingIdentity, Service
from .cloud_run import of_service
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, look, missing, start
from .runtime_identity import app_default, as_service, compute_default, origin_of, running_as


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a function. The service that it should be is read beside it.

    Raises:
        UnanswerableError: several functions of the project have this name.
    """
    guess = _service_name(name, context)
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


def _service_name(name: str, context: LookupContext) -> str | None:
    """A function's service has its name, in lower case and with dashes."""
    parts = name.removeprefix(f"//{FUNCTIONS.host}/").split("/")
    short = parts[-1].lower().replace("_", "-")
    if parts[0] == "projects" and len(parts) == 6:
        return f"projects/{parts[1]}/locations/{parts[3]}/services/{short}"
    return f"projects/{context.project}/locations/{context.region}/services/{short}" if context.region else None

"""A Cloud Run job that calls: it runs as its service account, with VPC egress as a service has it.

Documentation: https://docs.cloud.google.com/run/docs/configuring/jobs/service-identity
"""

from __future__ import annotations

from ...gcp.workloads import RUN_JOBS
from ...model.caller import Caller, CallerKind
from ...model.fact import Known
from . import vpc
from .kind import LookupContext, ResolvedCaller, given
from .lookup import look, missing
from .runtime_identity import as_service, compute_default, running_as


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a job.

    Raises:
        UnanswerableError: several jobs of the project have this name.
    """
    looked = look(context, RUN_JOBS, asked, name)
    caller = given(Caller(asked, CallerKind.CLOUD_RUN_JOB, looked.full_name(RUN_JOBS.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, "Cloud Run job")
        return ResolvedCaller(caller, unknown, unknown)
    job, source = looked.value.value, looked.value.source
    principal = running_as(job.account, compute_default(looked.project, source), source)
    origin = vpc.origin(job.vpc, looked.project_id, looked.region, source, context)
    return ResolvedCaller(caller, principal, origin, as_service(looked, job))

"""A workflow: it runs as its own account, and each HTTP call of its source says which token goes with it.

Documentation: https://docs.cloud.google.com/workflows/docs/calling-run-functions,
https://docs.cloud.google.com/workflows/docs/authenticate-from-workflow
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from ...gcp.own_urls import is_own, own_urls
from ...gcp.products.senders import WORKFLOWS
from ...google_json.senders import Workflow, WorkflowCall
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenType
from ...model.fact import Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import Service, host_of
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, look, missing
from .runtime_identity import compute_default, running_as
from .senders import principal_of, token_of


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a workflow.

    Raises:
        UnanswerableError: several workflows of the project have this name.
    """
    looked = look(context, WORKFLOWS, asked, name)
    caller = given(Caller(asked, CallerKind.WORKFLOW, looked.full_name(WORKFLOWS.host)))
    origin: Fact[Origin] = Known(Origin(Place.GOOGLE, looked.project_id), looked.value.source)
    if not isinstance(looked.value, Known):
        unknown = missing(looked, WORKFLOWS.what)
        here = origin if isinstance(looked.value, Unknown) else unknown
        return ResolvedCaller(caller, unknown, here, sending=unknown, token=unknown)
    workflow, source = looked.value.value, looked.value.source
    resolved = ResolvedCaller(caller, _principal(workflow, looked), origin, sending=Known(_sending(looked), source))
    if workflow.steps is None:
        unknown = Unknown(source, Obstacle.NOT_UNDERSTOOD, "its source could not be parsed")
        return replace(resolved, sending=unknown, token=unknown)
    steps = workflow.steps
    return replace(resolved, choose=lambda service, url: _choose(resolved, steps, source, service, url))


def _sending(looked: Looked[Workflow]) -> Sending:
    return Sending(declared(CallerKind.WORKFLOW).product, project=looked.project_id)


def _principal(workflow: Workflow, looked: Looked[Workflow]) -> Fact[Principal]:
    """Its account; where none is set, the project's default compute account.

    Source: https://docs.cloud.google.com/workflows/docs/reference/rest/v1/projects.locations.workflows
    """
    source = looked.value.source
    return running_as(workflow.account, compute_default(looked.project, source), source)


def _choose(
    resolved: ResolvedCaller, steps: Sequence[WorkflowCall], source: Source, service: Service | None, url: str | None
) -> ResolvedCaller:
    """Choose the call in question: to the URL asked for, else to the callee; the worst of several."""
    fitting = [step for step in steps if url is not None and host_of(step.url) == host_of(url)]
    if url is not None and any(_path(step) == urlsplit(url).path for step in fitting):
        fitting = [step for step in fitting if _path(step) == urlsplit(url).path]
    if not fitting and service is not None:
        own = own_urls(service)
        fitting = [step for step in steps if step.url and is_own(step.url, own)]
    if not fitting or not isinstance(resolved.sending, Known):
        return resolved
    step = min(fitting, key=lambda one: _goodness(one, service))
    principal = resolved.principal.value.email if isinstance(resolved.principal, Known) else None
    auth = step.auth if step.auth.type is TokenType.NONE else replace(step.auth, account=principal)
    sending = replace(resolved.sending.value, target=step.url if step.whole else None, auth=auth)
    token = token_of(auth, step.url if step.tells_audience else None, source)
    who = principal_of(auth, source) if auth.type is TokenType.NONE else resolved.principal
    return replace(
        resolved, principal=who, sending=Known(sending, source), token=token, method=step.method, choose=None
    )


def _path(step: WorkflowCall) -> str:
    return urlsplit(step.url).path


def _goodness(step: WorkflowCall, service: Service | None) -> int:
    """The call that fails is the one that is asked about."""
    if step.auth.type is not TokenType.OIDC:
        return 0
    audience = step.auth.audience or (step.url if step.tells_audience else None)
    return 2 if audience is None or service is None or service.accepts_audience(audience) else 1

"""Callers whose settings hold several calls, of which one is in question: workflows and API gateways.

Documentation: https://docs.cloud.google.com/workflows/docs/calling-run-functions,
https://docs.cloud.google.com/workflows/docs/authenticate-from-workflow,
https://docs.cloud.google.com/api-gateway/docs/gateway-serverless-run
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from ...gcp.own_urls import is_own, own_urls
from ...gcp.products.senders import GATEWAYS, WORKFLOWS, api_config
from ...google_json.senders import ApiConfig, Workflow, WorkflowCall
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Fact, Known, Obstacle, Source, Unknown, value_of
from ...model.iam import Principal
from ...model.run import Service, host_of
from ..doors.names import ANY
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, look, missing
from .runtime_identity import compute_default, running_as, unread
from .senders import principal_of, token_of

T = TypeVar("T")


def resolve_workflow(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a workflow: it runs as its own account, and each HTTP call of its source says which token it carries."""
    looked = look(context, WORKFLOWS, asked, name)
    caller = given(Caller(asked, CallerKind.WORKFLOW, looked.full_name(WORKFLOWS.host)))
    origin: Fact[Origin] = Known(Origin(Place.GOOGLE, looked.project_id), looked.value.source)
    if not isinstance(looked.value, Known):
        unknown = missing(looked, WORKFLOWS.what)
        here = origin if isinstance(looked.value, Unknown) else unknown
        return ResolvedCaller(caller, unknown, here, sending=unknown, token=unknown)
    workflow, source = looked.value.value, looked.value.source
    sending = Sending(declared(CallerKind.WORKFLOW).product, project=looked.project_id)
    resolved = ResolvedCaller(caller, _principal(workflow, looked), origin, sending=Known(sending, source))
    if workflow.steps is None:
        unknown = Unknown(source, Obstacle.NOT_UNDERSTOOD, "its source could not be parsed")
        return replace(resolved, sending=unknown, token=unknown)
    steps = workflow.steps
    return replace(resolved, choose=lambda service, url: _choose_step(resolved, steps, source, service, url))


def _principal(workflow: Workflow, looked: Looked[Workflow]) -> Fact[Principal]:
    """Its account; where none is set, the project's default compute account.

    Source: https://docs.cloud.google.com/workflows/docs/reference/rest/v1/projects.locations.workflows
    """
    source = looked.value.source
    return running_as(workflow.account, compute_default(looked.project, source), source)


def _choose_step(
    resolved: ResolvedCaller, steps: Sequence[WorkflowCall], source: Source, service: Service | None, url: str | None
) -> ResolvedCaller:
    """Choose the worst of the steps that make the call in question."""
    fitting = _in_question(steps, lambda step: step.url, service, url)
    if url is not None:
        asked = (host_of(url), urlsplit(url).path)
        fitting = [step for step in fitting if (host_of(step.url), urlsplit(step.url).path) == asked] or fitting
    if not fitting:
        return resolved
    step = min(fitting, key=lambda one: _goodness(one, service))
    target = step.url if step.whole else None
    return _making(resolved, target, step.auth, step.url if step.tells_audience else None, source, step.method)


def _goodness(step: WorkflowCall, service: Service | None) -> int:
    """The call that fails is the one that is asked about."""
    if step.auth.type is not TokenType.OIDC:
        return 0
    audience = step.auth.audience or (step.url if step.tells_audience else None)
    return 2 if audience is None or service is None or service.accepts_audience(audience) else 1


def resolve_gateway(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a gateway: it calls its backends over the internet, as the account of its configuration.

    The token that it attaches takes the place of the client's, which goes on in `X-Forwarded-Authorization`.
    """
    looked = look(context, GATEWAYS, asked, name)
    caller = given(Caller(asked, CallerKind.API_GATEWAY, looked.full_name(GATEWAYS.host)))
    origin = Known(Origin(Place.INTERNET, looked.project_id), looked.value.source)
    if not isinstance(looked.value, Known):
        unknown = missing(looked, GATEWAYS.what)
        return ResolvedCaller(caller, unknown, origin, sending=unknown)
    config = api_config(context.google, looked.value.value)
    if not isinstance(config, Known):
        unknown = unread(config)
        return ResolvedCaller(caller, unknown, origin, sending=unknown)
    source = config.source
    principal = running_as(config.value.account, compute_default(looked.project, source), source)
    if config.value.account == ANY:
        principal = Unknown(source, Obstacle.NOT_TOLD, "the API's description does not tell whom the gateway calls as")
    sending = Sending(declared(CallerKind.API_GATEWAY).product, project=looked.project_id)
    resolved = ResolvedCaller(caller, principal, origin, sending=Known(sending, source))
    return replace(resolved, choose=lambda service, url: _choose_backend(resolved, config.value, source, service, url))


def _choose_backend(
    resolved: ResolvedCaller, config: ApiConfig, source: Source, service: Service | None, url: str | None
) -> ResolvedCaller:
    """Choose the backend in question; one without a token before others."""
    fitting = _in_question(config.backends, lambda one: one.address, service, url)
    if not fitting:
        return resolved
    backend = min(fitting, key=lambda one: one.has_token)
    auth = TokenSetting(TokenType.OIDC, None, backend.audience) if backend.has_token else TokenSetting(TokenType.NONE)
    return _making(resolved, backend.address, auth, backend.address, source)


def _in_question(calls: Iterable[T], url_of: Callable[[T], str], service: Service | None, url: str | None) -> list[T]:
    """Return the calls to the URL asked for, else those to the callee."""
    fitting = [one for one in calls if url is not None and host_of(url_of(one)) == host_of(url)]
    if not fitting and service is not None:
        own = own_urls(service)
        fitting = [one for one in calls if url_of(one) and is_own(url_of(one), own)]
    return fitting


def _making(
    resolved: ResolvedCaller,
    target: str | None,
    auth: TokenSetting,
    default_audience: str | None,
    source: Source,
    method: str | None = None,
) -> ResolvedCaller:
    """Return the caller as it makes one of its calls: with a token of its own account, where it attaches one."""
    if not isinstance(resolved.sending, Known):
        return resolved
    principal = resolved.principal
    if auth.type is TokenType.NONE:
        principal = principal_of(auth, source)
    else:
        known = value_of(principal)
        auth = replace(auth, account=known.email if known else None)
    sending = Known(replace(resolved.sending.value, target=target, auth=auth), source)
    token = token_of(auth, default_audience, source)
    return replace(resolved, principal=principal, sending=sending, token=token, method=method, choose=None)

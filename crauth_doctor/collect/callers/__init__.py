"""How callers are read: one function a kind, one line in `RESOLVERS`. What a kind is stands in `model.caller_kinds`.

A kind is a function `resolve(asked, name, context) -> ResolvedCaller`: it reads the resource, and answers whom it calls
as, with which token, and where its calls come from. It runs in the first wave, beside the callee; what can be read
beside the second wave is left to `ResolvedCaller.follow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...deferred import regex
from ...gcp import methods
from ...gcp.products.senders import GATEWAYS, JOBS, QUEUES, SUBSCRIPTIONS, TRIGGERS, WORKFLOWS
from ...gcp.products.workloads import CLUSTERS, FUNCTIONS, RUN_JOBS, WORKER_POOLS
from ...gcp.resource_kinds import Product
from ...model.caller import CallerKind
from ...model.caller_kinds import DECLARED, MEMBERS, KindOfCaller, named
from ...spelling import did_you_mean, similar
from ..unanswerable import UnanswerableError
from . import agent_engine, app_engine, chosen_call, cloud_build, cloud_run, compute, federation, people, senders
from .kind import LookupContext, Resolve, ResolvedCaller

RESOLVERS: Final[Mapping[CallerKind, Resolve]] = {
    CallerKind.OPERATOR: people.resolve_operator,
    CallerKind.SERVICE_ACCOUNT: people.resolve_identity,
    CallerKind.PRINCIPAL: people.resolve_identity,
    CallerKind.BROWSER: people.without_identity(CallerKind.BROWSER),
    CallerKind.APP: people.without_identity(CallerKind.APP),
    CallerKind.WEBHOOK: people.without_identity(CallerKind.WEBHOOK),
    CallerKind.LAPTOP: people.resolve_laptop,
    CallerKind.CLOUD_RUN_SERVICE: cloud_run.resolve,
    CallerKind.CLOUD_RUN_JOB: cloud_run.resolve_job,
    CallerKind.WORKER_POOL: cloud_run.resolve_worker_pool,
    CallerKind.FUNCTION: cloud_run.resolve_function,
    CallerKind.SCHEDULER: senders.resolver(CallerKind.SCHEDULER, JOBS),
    CallerKind.TASKS: senders.resolve_tasks,
    CallerKind.PUBSUB: senders.resolver(CallerKind.PUBSUB, SUBSCRIPTIONS),
    CallerKind.EVENTARC: senders.resolve_trigger,
    CallerKind.WORKFLOW: chosen_call.resolve_workflow,
    CallerKind.COMPUTE_ENGINE: compute.resolve_machine,
    CallerKind.GKE: compute.resolve_gke,
    CallerKind.APP_ENGINE: app_engine.resolve,
    CallerKind.API_GATEWAY: chosen_call.resolve_gateway,
    CallerKind.BIGQUERY: senders.resolve_connection,
    CallerKind.UPTIME_CHECK: senders.resolve_uptime_check,
    CallerKind.AGENT_ENGINE: agent_engine.resolve,
    CallerKind.CLOUD_BUILD: cloud_build.resolve,
    CallerKind.FEDERATION: federation.resolve,
}

LISTED: Final[Mapping[CallerKind, Product[Any]]] = {
    CallerKind.CLOUD_RUN_JOB: RUN_JOBS,
    CallerKind.WORKER_POOL: WORKER_POOLS,
    CallerKind.FUNCTION: FUNCTIONS,
    CallerKind.SCHEDULER: JOBS,
    CallerKind.TASKS: QUEUES,
    CallerKind.PUBSUB: SUBSCRIPTIONS,
    CallerKind.EVENTARC: TRIGGERS,
    CallerKind.WORKFLOW: WORKFLOWS,
}
"""Kinds whose callers can be listed to choose from, besides Cloud Run services."""

_VPC: Final = (methods.CONNECTOR.read,)
_ACCOUNTS: Final = (methods.ACCOUNTS.read, methods.ACCOUNT_POLICY.read)
TAKES: Final[Mapping[CallerKind, tuple[str, ...]]] = {
    CallerKind.CLOUD_RUN_SERVICE: (methods.SERVICE.read, methods.SERVICES.read, *_VPC),
    CallerKind.CLOUD_RUN_JOB: (*RUN_JOBS.takes, *_VPC),
    CallerKind.FUNCTION: (*FUNCTIONS.takes, methods.SERVICE.read, *_VPC),
    CallerKind.WORKER_POOL: (*WORKER_POOLS.takes, *_VPC),
    CallerKind.SCHEDULER: JOBS.takes,
    CallerKind.TASKS: (*QUEUES.takes, methods.TASK.read, methods.TASKS.read, methods.FULL_VIEW),
    CallerKind.PUBSUB: SUBSCRIPTIONS.takes,
    CallerKind.EVENTARC: (*TRIGGERS.takes, methods.SUBSCRIPTION.read),
    CallerKind.WORKFLOW: WORKFLOWS.takes,
    CallerKind.COMPUTE_ENGINE: (methods.INSTANCE.read,),
    CallerKind.GKE: (*CLUSTERS.takes, *_ACCOUNTS),
    CallerKind.APP_ENGINE: (methods.APP.read, methods.APP_SERVICE.read, methods.APP_VERSIONS.read, *_VPC),
    CallerKind.API_GATEWAY: (*GATEWAYS.takes, methods.API_CONFIG.read),
    CallerKind.CLOUD_BUILD: (methods.BUILD_TRIGGER.read,),
    CallerKind.BIGQUERY: (methods.CONNECTION.read, methods.CONNECTIONS.read),
    CallerKind.AGENT_ENGINE: (methods.REASONING_ENGINE.read,),
    CallerKind.UPTIME_CHECK: (methods.UPTIME_CHECK.read, methods.UPTIME_CHECKS.read),
    CallerKind.FEDERATION: (methods.PROVIDER.read, *_ACCOUNTS),
}
"""The permissions that it takes to read each kind of caller; the other kinds are not read at all."""


_NAME: Final = regex(r"[a-z][a-z0-9_-]*")
_BY_BARE_NAME: Final = frozenset({CallerKind.CLOUD_RUN_SERVICE, CallerKind.CLOUD_RUN_JOB, CallerKind.FUNCTION})
"""What people most often mean by a name alone."""


def parse_caller(asked: str | None) -> tuple[KindOfCaller, str]:
    """Return the kind of the caller that the user's words name, and which one it is; nothing is read.

    Raises:
        UnanswerableError: they name none.
    """
    found = named("me" if asked is None else asked)
    if found is not None:
        return found
    meant = _meant(asked or "")
    if meant:
        hint = "`crauth-doctor check --help` lists the kinds of callers."
        raise UnanswerableError(f"{asked!r} is not a caller that this tool understands. {did_you_mean(meant)} {hint}")
    choices = [one.usage for one in DECLARED if one.kind is not CallerKind.PRINCIPAL]
    raise UnanswerableError(
        f"{asked!r} is not a caller that this tool understands. Pass one of these:",
        (*choices, *(f"{member}…" for member in MEMBERS), "//API.googleapis.com/…"),
    )


def _meant(asked: str) -> list[str]:
    """Return what words that name no caller may have meant: a kind misspelt, or left out."""
    word, slash, name = asked.partition("/")
    if slash:
        return [f"{one}/{name}" for one in similar(word, (kind.word for kind in DECLARED if kind.form)) if one and name]
    ends = [f"{kind.word}/{kind.form}" for kind in DECLARED if word and kind.word == word and kind.form]
    near = similar(word, (kind.word for kind in DECLARED if kind.word and not kind.form))
    if ends or near or not _NAME.fullmatch(word) or any(member.startswith(f"{word}:") for member in MEMBERS):
        return [*ends, *near]
    return [f"{kind.word}/{word}" for kind in DECLARED if kind.kind in _BY_BARE_NAME]


def resolve(asked: str | None, context: LookupContext) -> ResolvedCaller:
    """Resolve the caller that the user's words name.

    Raises:
        UnanswerableError: they name none, or more than one.
    """
    kind, name = parse_caller(asked)
    return RESOLVERS[kind.kind](asked or "me", name, context)

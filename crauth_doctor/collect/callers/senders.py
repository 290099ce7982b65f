"""Products that call a URL for their user with a token that their service agent mints.

Documentation: https://docs.cloud.google.com/iam/docs/service-agents
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from ...deferred import dataclass
from ...gcp import resource_kinds
from ...gcp.products.projects import Project
from ...gcp.products.senders import CONNECTIONS, QUEUES, SUBSCRIPTIONS, TRIGGERS, UPTIME_CHECKS, newest_task, task_of
from ...gcp.resource_kinds import Product
from ...google_json.senders import Queue, Sends, Trigger
from ...model.address import below_function
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import WANTED, Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ...model.facts import NOT_ASKED, NOT_GIVEN
from ...model.iam import Principal
from ...model.run import Service
from ...model.token import GOOGLE_ISSUERS, Token, TokenKind
from .kind import DeferredSending, LookupContext, Resolve, ResolvedCaller, given
from .lookup import Looked, look, missing, start

T = TypeVar("T")


@dataclass(frozen=True)
class Sender:
    """A kind of caller whose calls a product makes."""

    kind: CallerKind
    what: str  # as people call one of its resources

    @property
    def product(self) -> str:
        """The product, as people call it."""
        return declared(self.kind).product

    def resolved(self, asked: str, looked: Looked[T], sends: Fact[Sends]) -> ResolvedCaller:
        """Resolve who calls, from what a job, task or subscription is set to send."""
        caller = given(Caller(asked, self.kind, looked.full_name(declared(self.kind).host)))
        if isinstance(looked.value, Absent):
            unknown = missing(looked, self.what)
            return ResolvedCaller(
                caller, unknown, unknown, sending=unknown, token=unknown, attempt=unknown, agent=unknown
            )
        origin = self.origin(looked)
        agent = self.minter(looked.project)
        if isinstance(sends, Absent):
            sends = Unknown(sends.source, Obstacle.NOT_TOLD, f"there is no such {self.what}, so who calls is not known")
        if isinstance(sends, Known) and sends.value.instead:
            detail = f"this {self.what} calls no URL: it {sends.value.instead}"
            sends = Unknown(sends.source, Obstacle.NOT_TOLD, detail)
        if not isinstance(sends, Known):
            token: Absent | Unknown = NOT_ASKED if sends.obstacle in {Obstacle.NOT_ASKED, Obstacle.NOT_TOLD} else sends
            sending = self.sending(looked, None, sends)
            return ResolvedCaller(caller, sends, origin, sending=sending, token=token, attempt=sends, agent=agent)
        source, auth = sends.source, sends.value.auth
        return ResolvedCaller(
            caller,
            principal_of(auth, source),
            origin,
            sending=self.sending(looked, sends.value, sends),
            token=token_of(auth, sends.value.target, source),
            attempt=Known(sends.value.attempt, source) if sends.value.attempt else NOT_GIVEN,
            agent=agent,
            method=sends.value.method,
        )

    def origin(self, looked: Looked[T]) -> Fact[Origin]:
        """Where it calls from: inside Google, which counts as internal to run.app URLs of its own project.

        Source: https://docs.cloud.google.com/run/docs/securing/ingress
        """
        if looked.project_id == "-":
            return Unknown(looked.value.source, Obstacle.NOT_TOLD, "which project it is in is not shown")
        return Known(Origin(Place.GOOGLE, looked.project_id), looked.value.source)

    def minter(self, project: Fact[Project]) -> Fact[str]:
        """The service agent that mints its tokens."""
        return agent_of(declared(self.kind).agent, project)

    def sending(self, looked: Looked[T], sends: Sends | None, fact: Fact[Sends]) -> Fact[Sending]:
        """How it sends the call; what could not be read is left out, unless nothing was."""
        if sends is None and isinstance(looked.value, Unknown):
            return looked.value
        target, auth = (sends.target, sends.auth) if sends else (None, None)
        agent = value_of(self.minter(looked.project))
        return Known(Sending(self.product, target, auth, agent, looked.project_id), fact.source)


def resolver(kind: CallerKind, product: Product[Sends]) -> Resolve:
    """Return what resolves a caller whose one resource says all that it sends."""
    sender = Sender(kind, product.what)

    def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
        looked = look(context, product, asked, name)
        return sender.resolved(asked, looked, looked.value)

    return resolve


def agent_of(domain: str, project: Fact[Project]) -> Fact[str]:
    """The member of a product's service agent in a project."""
    if not isinstance(project, Known):
        return project
    email = f"service-{project.value.number}@{domain}.iam.gserviceaccount.com"
    return Known(f"serviceAccount:{email}", project.source)


def principal_of(auth: TokenSetting | None, source: Source) -> Fact[Principal]:
    """Whom the calls are made as; nobody, where no token is set."""
    if auth is None:
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "which token it attaches is not known")
    if auth.type is TokenType.NONE:
        return Absent(_no_token(source))
    if auth.account is None:
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "its token names no service account")
    return Known(Principal(f"serviceAccount:{auth.account}"), source)


def token_of(auth: TokenSetting | None, default: str | None, source: Source) -> Fact[Token]:
    """The token that is set; without an audience it is the product's default: the whole target, path and query too.

    Source: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#oidctoken
    """
    match auth:
        case None:
            return Unknown(source, Obstacle.NOT_UNDERSTOOD, "which token it attaches is not known")
        case TokenSetting(TokenType.NONE):
            return Absent(_no_token(source))
        case TokenSetting(TokenType.OAUTH):
            return Known(Token(TokenKind.ACCESS_TOKEN, email=auth.account), source)
        case _:
            audience = default if auth.audience is None else auth.audience
            if not audience:
                return Unknown(source, Obstacle.NOT_TOLD, "for which audience it is made is not shown")
            return Known(Token(TokenKind.ID_TOKEN, audience, GOOGLE_ISSUERS[0], auth.account), source)


def _no_token(source: Source) -> Source:
    return Source(source.read, f"{source.target}: no token is set")


_TASKS: Final = Sender(CallerKind.TASKS, QUEUES.what)
_IN_QUEUE: Final = "/tasks/"


def resolve_tasks(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a queue by `QUEUE`, or a task by `QUEUE/TASK`: what the queue sets holds for all of its tasks.

    Documentation: https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks,
    https://docs.cloud.google.com/tasks/docs/configuring-queues
    """
    queue, task = _parted(name.removeprefix(f"//{QUEUES.host}/"))
    guess = _guess(queue, context)
    aside = replace(context, google=context.google.aside())
    early = start(context, "its tasks", lambda: _sent(aside, guess, task)) if guess else None
    looked = look(context, QUEUES, asked, queue)
    if isinstance(looked.value, Absent):
        return _TASKS.resolved(asked, looked, looked.value)
    sent = context.google.noted(early.get()) if early and looked.name == guess else _sent(context, looked.name, task)
    resolved = _with_none(_TASKS.resolved(asked, looked, _of_queue(looked, sent)), looked, sent)
    if task is None or not isinstance(resolved.caller, Known):
        return resolved
    resource = f"{resolved.caller.value.resource}{_IN_QUEUE}{task}"
    return replace(resolved, caller=Known(replace(resolved.caller.value, resource=resource), resolved.caller.source))


def _parted(name: str) -> tuple[str, str | None]:
    queue, full, task = name.partition(_IN_QUEUE)
    if full or name.startswith("projects/"):
        return queue, task or None
    queue, _, task = name.partition("/")
    return queue, task or None


def _guess(queue: str, context: LookupContext) -> str | None:
    """Where the queue should be, so that its tasks are read beside it."""
    if queue.startswith("projects/"):
        return queue
    return f"projects/{context.project}/locations/{context.region}/queues/{queue}" if context.region else None


def _sent(context: LookupContext, queue: str, task: str | None) -> Fact[Sends | None]:
    if task is None:
        return newest_task(context.google, queue)
    found = task_of(context.google, f"{queue}{_IN_QUEUE}{task}")
    return Known(found.value, found.source) if isinstance(found, Known) else found


def _of_queue(looked: Looked[Queue], sent: Fact[Sends | None]) -> Fact[Sends]:
    """Return the task's settings under the queue's; a queue that sets all by itself needs no task to be known."""
    queue = looked.value
    if not isinstance(queue, Known):
        if isinstance(sent, Known) and sent.value is not None and sent.source.read in {"evidence", WANTED}:
            return Known(_alone(sent.value), Source(WANTED, sent.source.target))
        return queue  # whatever a task says, the queue may say otherwise
    task = sent.value if isinstance(sent, Known) else None
    if task is None and queue.value.auth is None:
        if isinstance(sent, Unknown):
            return sent
        detail = "a task carries its own token, and there is none in the queue now"
        return Unknown(sent.source, Obstacle.NOT_TOLD, detail)
    return Known(queue.value.sends(task or Sends()), sent.source if task else queue.source)


def _alone(task: Sends) -> Sends:
    """Return what a task says whose queue is not shown: a token that it does not set, the queue may."""
    sets_none = task.auth is not None and task.auth.type is TokenType.NONE
    return replace(task, auth=None) if sets_none else task


def _with_none(resolved: ResolvedCaller, looked: Looked[Queue], sent: Fact[Sends | None]) -> ResolvedCaller:
    """Return the caller with what a task without a token has, unless its queue, which was not read, sets one."""
    task, sending = value_of(sent), value_of(resolved.sending)
    if isinstance(looked.value, Known) or sending is None or task is None or sending.auth == task.auth:
        return resolved
    sending = replace(sending, auth=task.auth, assuming="its queue sets no token for its tasks")
    return replace(resolved, sending=Known(sending, resolved.sending.source))


_EVENTARC: Final = Sender(CallerKind.EVENTARC, TRIGGERS.what)


def resolve_trigger(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve an Eventarc trigger: a Pub/Sub push subscription of its own delivers its events, as its service account.

    So it is Pub/Sub's agent that mints the token, for the service's URL.
    Documentation: https://docs.cloud.google.com/eventarc/docs/run/route-trigger-eventarc,
    https://docs.cloud.google.com/eventarc/docs/roles-permissions
    """
    looked = look(context, TRIGGERS, asked, name)
    if not isinstance(looked.value, Known):
        unread = looked.value if isinstance(looked.value, Unknown) else Unknown(looked.value.source, Obstacle.NOT_ASKED)
        return _EVENTARC.resolved(asked, looked, unread)
    trigger, source = looked.value.value, looked.value.source
    if trigger.elsewhere:
        detail = f"this trigger calls no URL: its destination is {trigger.elsewhere}"
        return _EVENTARC.resolved(asked, looked, Unknown(source, Obstacle.NOT_TOLD, detail))
    auth = _auth(trigger)
    unread = Unknown(source, Obstacle.NOT_ASKED, "its subscription is not read yet")
    resolved = _EVENTARC.resolved(asked, looked, unread)
    return replace(
        resolved,
        principal=principal_of(auth, source),
        token=token_of(auth, None, source),
        method="POST",
        follow=lambda service: _follow(looked, trigger, context, service),
    )


def _auth(trigger: Trigger) -> TokenSetting:
    return TokenSetting(TokenType.OIDC if trigger.account else TokenType.NONE, trigger.account)


def _follow(
    looked: Looked[Trigger], trigger: Trigger, context: LookupContext, service: Service | None
) -> DeferredSending:
    """Read the subscription that delivers; where it cannot be read, what the trigger says has to do."""
    agent = _EVENTARC.minter(looked.project)
    sending = Sending(_EVENTARC.product, None, _auth(trigger), agent.value if isinstance(agent, Known) else None)
    sending = replace(sending, project=looked.project_id)
    name = trigger.subscription
    if name is not None:
        name = name if name.startswith("projects/") else f"projects/{looked.project_id}/subscriptions/{name}"
        pushes = resource_kinds.get(context.google, SUBSCRIPTIONS, name)
        if isinstance(pushes, Known) and pushes.value.target:
            target, auth, source = pushes.value.target, pushes.value.auth, pushes.source
            return DeferredSending(
                Known(replace(sending, target=target, auth=auth), source), token_of(auth, target, source)
            )
    url, audience = _destination(trigger, service)
    source = looked.value.source
    return DeferredSending(Known(replace(sending, target=url), source), token_of(_auth(trigger), audience, source))


def _destination(trigger: Trigger, service: Service | None) -> tuple[str | None, str | None]:
    """The URL that it calls, and the audience: the URL of the service, which Eventarc sets itself."""
    if trigger.uri is not None:
        return trigger.uri, trigger.uri
    if service is None or trigger.service is None or trigger.region not in {None, service.region}:
        return None, None
    if below_function(trigger.service) != service.id and trigger.service != service.function:
        return None, None
    path = trigger.path if trigger.path.startswith("/") or not trigger.path else f"/{trigger.path}"
    return f"{service.url}{path}", service.url


def resolve_connection(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a remote function of BigQuery: it calls as the service agent of the connection that it was made with.

    Documentation: https://docs.cloud.google.com/bigquery/docs/remote-functions
    """
    looked = look(context, CONNECTIONS, asked, name)
    caller = given(Caller(asked, CallerKind.BIGQUERY, looked.full_name(CONNECTIONS.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, CONNECTIONS.what)
        return ResolvedCaller(caller, unknown, unknown, sending=unknown, token=unknown)
    email, source = looked.value.value, looked.value.source
    principal: Fact[Principal] = Unknown(source, Obstacle.NOT_TOLD, "it is not a Cloud resource connection")
    if email:
        principal = Known(Principal(f"serviceAccount:{email}"), source)
    product = declared(CallerKind.BIGQUERY).product
    sending = Sending(product, None, TokenSetting(TokenType.OIDC, email), project=looked.project_id)
    untold = Unknown(source, Obstacle.NOT_TOLD, f"which audience {product} asks for is not documented")
    origin = Known(Origin(Place.GOOGLE, looked.project_id), source)
    return ResolvedCaller(caller, principal, origin, sending=Known(sending, source), token=untold)


_MONITORING = "gcp-sa-monitoring-notification"


def resolve_uptime_check(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve an uptime check by its id or full name: it calls without a token, or as Monitoring's own service agent.

    Documentation: https://docs.cloud.google.com/monitoring/uptime-checks
    """
    looked = look(context, UPTIME_CHECKS, asked, name)
    caller = given(Caller(asked, CallerKind.UPTIME_CHECK, looked.full_name(UPTIME_CHECKS.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, UPTIME_CHECKS.what)
        return ResolvedCaller(caller, unknown, unknown, sending=unknown, token=unknown)
    sends, source = looked.value.value, looked.value.source
    product = declared(CallerKind.UPTIME_CHECK).product
    principal: Fact[Principal] = Absent(_no_token(source))
    token: Fact[Token] = Absent(_no_token(source))
    auth: TokenSetting | None = sends.auth
    if auth is not None and auth.type is TokenType.OIDC:
        member = agent_of(_MONITORING, looked.project)
        principal = Known(Principal(member.value), source) if isinstance(member, Known) else member
        token = Unknown(source, Obstacle.NOT_TOLD, f"which audience {product} asks for is not documented")
        who = value_of(principal)
        auth = replace(auth, account=who.email if who else None)
    sending = Sending(product, sends.target, auth, project=looked.project_id)
    origin = Known(Origin(Place.GOOGLE, looked.project_id), source)
    return ResolvedCaller(caller, principal, origin, sending=Known(sending, source), token=token, method=sends.method)

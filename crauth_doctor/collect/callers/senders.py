"""What the products that call a URL for their user have in common: a token that their service agent mints.

Documentation: https://docs.cloud.google.com/iam/docs/service-agents
"""

from __future__ import annotations

from typing import TypeVar

from ...deferred import dataclass
from ...gcp.products.projects import Project
from ...gcp.resource_kinds import Product
from ...google_json.senders import Sends
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ...model.facts import NOT_ASKED, NOT_GIVEN
from ...model.iam import Principal
from ...model.token import GOOGLE_ISSUERS, Token, TokenKind
from .kind import LookupContext, Resolve, ResolvedCaller, given
from .lookup import Looked, look, missing

T = TypeVar("T")


@dataclass(frozen=True)
class Sender:
    """A kind of caller whose calls a product makes.

    Args:
        what: as people call one of its resources.
    """

    kind: CallerKind
    what: str

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
            sends = Unknown(
                sends.source, Obstacle.NOT_TOLD, f"there is no such {self.what}, so nothing tells who calls"
            )
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

"""An uptime check of Cloud Monitoring: without a token, or as Monitoring's own service agent.

Documentation: https://docs.cloud.google.com/monitoring/uptime-checks
"""

from __future__ import annotations

from dataclasses import replace

from ...gcp.products.senders import UPTIME_CHECKS
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ...model.iam import Principal
from ...model.token import Token
from .kind import LookupContext, ResolvedCaller, given
from .lookup import look, missing
from .senders import agent_of

_AGENT = "gcp-sa-monitoring-notification"


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a check by its id or its full name."""
    looked = look(context, UPTIME_CHECKS, asked, name)
    caller = given(Caller(asked, CallerKind.UPTIME_CHECK, looked.full_name(UPTIME_CHECKS.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, UPTIME_CHECKS.what)
        return ResolvedCaller(caller, unknown, unknown, sending=unknown, token=unknown)
    sends, source = looked.value.value, looked.value.source
    product = declared(CallerKind.UPTIME_CHECK).product
    principal: Fact[Principal] = Absent(Source(source.read, f"{source.target}: no token is set"))
    token: Fact[Token] = Absent(Source(source.read, f"{source.target}: no token is set"))
    auth: TokenSetting | None = sends.auth
    if auth is not None and auth.type is TokenType.OIDC:
        member = agent_of(_AGENT, looked.project)
        principal = Known(Principal(member.value), source) if isinstance(member, Known) else member
        token = Unknown(source, Obstacle.NOT_TOLD, f"which audience {product} asks for is not documented")
        who = value_of(principal)
        auth = replace(auth, account=who.email if who else None)
    sending = Sending(product, sends.target, auth, project=looked.project_id)
    origin = Known(Origin(Place.GOOGLE, looked.project_id), source)
    return ResolvedCaller(caller, principal, origin, sending=Known(sending, source), token=token, method=sends.method)

"""A remote function of BigQuery: it calls as the service agent of the connection that it was made with.

Documentation: https://docs.cloud.google.com/bigquery/docs/remote-functions
"""

from __future__ import annotations

from ...gcp.products.senders import CONNECTIONS
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Fact, Known, Obstacle, Unknown
from ...model.iam import Principal
from .kind import LookupContext, ResolvedCaller, given
from .lookup import look, missing


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a connection.

    Raises:
        UnanswerableError: several connections of the project have this name.
    """
    looked = look(context, CONNECTIONS, asked, name)
    caller = given(Caller(asked, CallerKind.BIGQUERY, looked.full_name(CONNECTIONS.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, CONNECTIONS.what)
        return ResolvedCaller(caller, unknown, unknown, sending=unknown, token=unknown)
    email, source = looked.value.value, looked.value.source
    principal: Fact[Principal] = Unknown(source, Obstacle.NOT_TOLD, "it is no connection to Cloud resources")
    if email:
        principal = Known(Principal(f"serviceAccount:{email}"), source)
    product = declared(CallerKind.BIGQUERY).product
    sending = Sending(product, None, TokenSetting(TokenType.OIDC, email), project=looked.project_id)
    untold = Unknown(source, Obstacle.NOT_TOLD, f"which audience {product} asks for is not documented")
    origin = Known(Origin(Place.GOOGLE, looked.project_id), source)
    return ResolvedCaller(caller, principal, origin, sending=Known(sending, source), token=untold)

"""An API gateway: it calls its backends over the internet, as the account of its configuration.

The token that it attaches takes the place of the client's, which goes on in `X-Forwarded-Authorization`.
Documentation: https://docs.cloud.google.com/api-gateway/docs/gateway-serverless-run
"""

from __future__ import annotations

from dataclasses import replace

from ...gcp.own_urls import is_own, own_urls
from ...gcp.products.senders import GATEWAYS, api_config
from ...google_json.senders import ApiConfig, GatewayBackend
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.caller_kinds import declared
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Known, Source
from ...model.run import Service, host_of
from .kind import LookupContext, ResolvedCaller, given
from .lookup import look, missing
from .runtime_identity import compute_default, running_as, unread
from .senders import principal_of, token_of


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a gateway, and the configuration that it serves.

    Raises:
        UnanswerableError: several gateways of the project have this name.
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
    sending = Sending(declared(CallerKind.API_GATEWAY).product, project=looked.project_id)
    resolved = ResolvedCaller(caller, principal, origin, sending=Known(sending, source))
    return replace(resolved, choose=lambda service, url: _choose(resolved, config.value, source, service, url))


def _choose(
    resolved: ResolvedCaller, config: ApiConfig, source: Source, service: Service | None, url: str | None
) -> ResolvedCaller:
    """Choose the backend in question: at the URL asked for, else at the callee's."""
    fitting = [one for one in config.backends if url is not None and host_of(one.address) == host_of(url)]
    if not fitting and service is not None:
        own = own_urls(service)
        fitting = [one for one in config.backends if is_own(one.address, own)]
    if not fitting or not isinstance(resolved.sending, Known):
        return resolved
    backend = min(fitting, key=lambda one: one.has_token)
    account = resolved.principal.value.email if isinstance(resolved.principal, Known) else None
    auth = _auth(backend, account)
    sending = Known(replace(resolved.sending.value, target=backend.address, auth=auth), source)
    who = resolved.principal if backend.has_token else principal_of(auth, source)
    return replace(resolved, principal=who, sending=sending, token=token_of(auth, backend.address, source), choose=None)


def _auth(backend: GatewayBackend, account: str | None) -> TokenSetting:
    if not backend.has_token:
        return TokenSetting(TokenType.NONE)
    return TokenSetting(TokenType.OIDC, account, backend.audience)

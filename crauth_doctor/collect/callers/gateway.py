"""An API gateway: it calls its backends over the internet, as the account of its configuration.

The token that it attaches takes the place of the client's, which goes on in `X-Forwarded-Authorization`.
Documentation: https://docs.cloud.google.com/api-gateway/docs/gateway-serverless-run
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...gcp.call import is_own, own_urls
from ...gcp.senders import GATEWAYS, api_config
from ...google_json.senders import ApiConfig, GatewayBackend
from ...model.caller import Caller, CallerKind, Origin, Place, Sending
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Known, Source
from ...model.run import Service, host_of
from .caller import Met, Scene, given
from .lookup import look, missing
from .sender import principal_of, token_of
from .workload import compute_default, running_as, unread

_PRODUCT: Final = "API Gateway"


def meet(asked: str, name: str, scene: Scene) -> Met:
    """Meet a gateway, and the configuration that it serves.

    Raises:
        UnanswerableError: several gateways of the project have this name.
    """
    looked = look(scene, GATEWAYS, asked, name)
    caller = given(Caller(asked, CallerKind.API_GATEWAY, looked.full_name(GATEWAYS.host)))
    origin = Known(Origin(Place.INTERNET, looked.project_id), looked.value.source)
    if not isinstance(looked.value, Known):
        unknown = missing(looked, GATEWAYS.what)
        return Met(caller, unknown, origin, sending=unknown)
    config = api_config(scene.google, looked.value.value)
    if not isinstance(config, Known):
        unknown = unread(config)
        return Met(caller, unknown, origin, sending=unknown)
    source = config.source
    principal = running_as(config.value.account, compute_default(looked.project, source), source)
    met = Met(caller, principal, origin, sending=Known(Sending(_PRODUCT, project=looked.project_id), source))
    return replace(met, choose=lambda service, url: _choose(met, config.value, source, service, url))


def _choose(met: Met, config: ApiConfig, source: Source, service: Service | None, url: str | None) -> Met:
    """Choose the backend in question: at the URL asked for, else at the callee's."""
    fitting = [one for one in config.backends if url is not None and host_of(one.address) == host_of(url)]
    if not fitting and service is not None:
        own = own_urls(service)
        fitting = [one for one in config.backends if is_own(one.address, own)]
    if not fitting or not isinstance(met.sending, Known):
        return met
    backend = min(fitting, key=lambda one: one.has_token)
    account = met.principal.value.email if isinstance(met.principal, Known) else None
    auth = _auth(backend, account)
    sending = Known(replace(met.sending.value, target=backend.address, auth=auth), source)
    who = met.principal if backend.has_token else principal_of(auth, source)
    return replace(met, principal=who, sending=sending, token=token_of(auth, backend.address, source), choose=None)


def _auth(backend: GatewayBackend, account: str | None) -> TokenSetting:
    if not backend.has_token:
        return TokenSetting(TokenType.NONE)
    return TokenSetting(TokenType.OIDC, account, backend.audience)

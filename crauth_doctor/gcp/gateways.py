"""API Gateway: which account a gateway calls its backends as, and with which token.

Documentation: https://docs.cloud.google.com/api-gateway/docs/deployment-model,
https://docs.cloud.google.com/endpoints/docs/openapi/openapi-extensions#x-google-backend
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model.fact import Fact
from . import products, rest
from .google import Google
from .products import Product
from .triggers import maps_in


@dataclass(frozen=True, slots=True)
class Backend:
    """An `x-google-backend` of an API's description.

    Args:
        address: the URL that is called.
        audience: the `aud` of the token; None is the address itself.
        has_token: whether a token is attached.
    """

    address: str
    audience: str | None = None
    has_token: bool = True


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """The configuration that a gateway serves.

    Args:
        account: e-mail of the account that it calls as; None is the project's default compute account.
        backends: what it calls.
    """

    account: str | None
    backends: tuple[Backend, ...]


def api_config(google: Google, name: str) -> Fact[ApiConfig]:
    """Read a configuration by `projects/P/locations/global/apis/A/configs/C`."""
    return rest.get(google, products.API_CONFIG, f"//{products.API_CONFIG.host}/{name}", _config, name=name)


def _config(found: rest.Json) -> ApiConfig:
    account = str(found.get("gatewayServiceAccount") or "").rsplit("/", 1)[-1] or None
    contents = [((one.get("document") or {}).get("contents") or "") for one in found.get("openapiDocuments") or ()]
    backends = dict.fromkeys(backend for one in contents for backend in _backends(_document(one)))
    return ApiConfig(account, tuple(backends))


def _document(contents: str) -> object:
    import yaml

    try:
        return yaml.safe_load(b64decode(contents))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _backends(document: object) -> Iterator[Backend]:
    for node in maps_in(document):
        own = node.get("x-google-backend")
        if isinstance(own, dict) and own.get("address"):
            yield _backend(own)


def _backend(own: Mapping[str, Any]) -> Backend:
    audience = str(own.get("jwt_audience") or own.get("jwtAudience") or "") or None
    return Backend(str(own["address"]), audience, not own.get("disable_auth"))


def _gateway(found: rest.Json) -> str:
    return str(found["apiConfig"])


GATEWAYS: Final = Product("gateway", "gateways", products.GATEWAY, products.GATEWAYS, _gateway)

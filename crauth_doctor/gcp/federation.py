"""Providers of workload identity pools.

Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model.fact import Fact
from . import products, rest
from .google import Google

HOST: Final = products.PROVIDER.host


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider.

    Args:
        mapping: Google's attributes by what of the foreign token they are; empty for the defaults of AWS.
        condition: what must hold of a token, as an expression; empty where nothing must.
        disabled: whether it takes no tokens.
        issuer: who issues the tokens, for OpenID Connect.
    """

    mapping: Mapping[str, str]
    condition: str = ""
    disabled: bool = False
    issuer: str = ""


def provider(google: Google, name: str) -> Fact[Provider]:
    """Read a provider by `projects/P/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`."""

    def parse(found: rest.Json) -> Provider:
        return Provider(
            {str(key): str(value) for key, value in (found.get("attributeMapping") or {}).items()},
            str(found.get("attributeCondition") or ""),
            bool(found.get("disabled")) or found.get("state") == "DELETED",
            str((found.get("oidc") or {}).get("issuerUri") or ""),
        )

    return rest.get(google, products.PROVIDER, f"//{HOST}/{name}", parse, name=name)

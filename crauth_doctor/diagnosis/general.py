"""Which cause is a special case, or a consequence, of which more general ones.

Where nothing shows the special one, the general one is true as well, and no rival of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

GENERAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "token/header-stripped": ("token/missing",),
        "token/malformed-header": ("token/missing",),
        "token/preflight": ("token/missing",),
        "reach/redirect-dropped-token": ("token/missing",),
        "mint/no-token-configured": ("token/missing",),
        "mint/agent-cannot-mint": ("token/missing",),
        "mint/sender-cannot-authenticate": ("token/missing",),
        "iam/public-not-applied": (
            "token/missing",
            "token/preflight",
            "token/foreign-issuer",
            "mint/sender-cannot-authenticate",
            "iam/missing-invoker",
        ),
        "iam/org-policy-blocks-public": (
            "iam/public-not-applied",
            "token/missing",
            "token/preflight",
            "token/foreign-issuer",
        ),
        "iam/invoker-check-reenabled": ("iam/public-not-applied", "token/missing", "token/foreign-issuer"),
        "iam/binding-lost": ("iam/missing-invoker", "iam/public-not-applied", "token/missing", "token/foreign-issuer"),
        "iam/propagation": ("iam/missing-invoker", "iam/public-not-applied", "token/missing", "token/foreign-issuer"),
        "iam/wrong-principal": ("iam/missing-invoker",),
        "iam/wrong-resource": ("iam/missing-invoker", "iam/public-not-applied"),
        "iam/role-lacks-permission": ("iam/missing-invoker",),
        "iam/principal-recreated": ("iam/missing-invoker",),
        "iam/condition-unmet": ("iam/missing-invoker",),
        "iam/condition-unsupported": ("iam/missing-invoker",),
        "iap/agent-missing-invoker": ("iam/missing-invoker",),
        "iap/agent-not-provisioned": ("iap/agent-missing-invoker",),
        "iap/intercepts-iam": ("iap/wrong-token",),
        "token/audience-path": ("token/audience-unknown",),
        "token/audience-query": ("token/audience-unknown",),
        "token/audience-scheme": ("token/audience-unknown",),
        "token/audience-tag-url": ("token/audience-unknown",),
        "token/audience-custom-domain": ("token/audience-unknown",),
        "token/audience-other-service": ("token/audience-unknown",),
        "token/audience-user-client": ("token/audience-unknown",),
        "token/audience-function-path": ("token/audience-unknown",),
        "token/header-overwritten": ("token/foreign-issuer", "token/missing", "app/refused"),
        "token/serverless-header-wins": ("token/foreign-issuer", "token/audience-unknown", "token/expired"),
        "token/bound": ("token/audience-unknown",),
        "ingress/private-ranges-only": ("ingress/outside-vpc",),
        "ingress/other-project": ("ingress/outside-vpc",),
        "ingress/custom-domain": ("ingress/outside-vpc",),
        "ingress/not-applied": ("ingress/outside-vpc",),
        "reach/default-url-disabled": ("reach/no-such-service",),
        "reach/host-header": ("reach/no-such-service",),
        "reach/domain-not-ready": ("reach/no-such-service",),
        "reach/url-mask": ("reach/no-such-service",),
        "mint/user-credentials": ("mint/no-id-token-credentials",),
        "mint/external-account": ("mint/no-id-token-credentials",),
        "app/verifies-stripped-signature": ("app/refused",),
        "app/audience": ("app/refused",),
        "app/cors": ("app/refused",),
        "token/signature-removed": ("token/foreign-issuer",),
    }
)

_NO_TOKEN: Final = "token/missing"


@cache
def more_general(id: str) -> frozenset[str]:
    """Return every cause that is true as well where this one is, near and far.

    A caller that cannot get a token sends none: so everything at mint leads to a missing token.
    """
    found: set[str] = set()
    ahead = [id]
    while ahead:
        each = ahead.pop()
        above = [*GENERAL.get(each, ()), *([_NO_TOKEN] if each.startswith("mint/") else [])]
        ahead += [one for one in above if one not in found]
        found.update(above)
    return frozenset(found - {id})


def are_rivals(one: str, other: str) -> bool:
    """Tell whether two causes exclude each other as the answer to what is wrong."""
    return one != other and other not in more_general(one) and one not in more_general(other)

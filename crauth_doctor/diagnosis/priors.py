"""How often each cause was the established one in 132 public reports of failing calls, looked into by 2026-11-28.

Skewed to people who write on GitHub: a prior, not a statistic. It orders what is left open, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ..model.finding import Outcome

REPORTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "iam/public-not-applied": 10,
        "token/access-token": 9,
        "iam/missing-invoker": 9,
        "reach/reserved-path": 8,
        "token/foreign-issuer": 6,
        "token/missing": 5,
        "iam/org-policy-blocks-public": 5,
        "ingress/outside-vpc": 4,
        "iap/wrong-token": 4,
        "iam/binding-lost": 4,
        "iam/wrong-resource": 3,
        "app/refused": 3,
        "mint/agent-cannot-mint": 3,
        "reach/host-header": 3,
        "token/audience-custom-domain": 3,
        "token/preflight": 3,
        "token/audience-function-path": 3,
        "mint/oidc-to-google-api": 3,
        "token/header-overwritten": 2,
        "token/audience-unknown": 2,
        "token/expired": 2,
        "mint/sender-cannot-authenticate": 2,
        "app/not-found": 2,
        "app/cors": 2,
        "mint/impersonation-denied": 2,
        "iap/agent-missing-invoker": 2,
        "mint/no-id-token-credentials": 2,
        "mint/external-account": 2,
        "reach/raw-url": 1,
        "token/serverless-header-wins": 1,
        "reach/domain-not-ready": 1,
        "iap/intercepts-iam": 1,
        "iam/propagation": 1,
        "token/audience-query": 1,
        "iam/federated-principal": 1,
        "iam/invoker-check-reenabled": 1,
        "ingress/private-ranges-only": 1,
        "app/verifies-stripped-signature": 1,
        "mint/user-custom-audience": 1,
        "iam/role-lacks-permission": 1,
        "ingress/load-balancer-only": 1,
        "reach/private-access-off": 1,
        "token/header-stripped": 1,
        "mint/no-token-configured": 1,
        "mint/federation-denied": 1,
        "iap/principal-not-authorized": 1,
        "token/audience-scheme": 1,
        "token/audience-path": 1,
        "iap/agent-not-provisioned": 1,
        "mint/cannot-act-as": 1,
        "token/audience-user-client": 1,
        "mint/user-credentials": 1,
    }
)


def weight_of(cause: str) -> int:
    """Return how often a cause occurs, against others: one for each that was never reported, too."""
    return REPORTS.get(cause, 0) + 1


def likelier_first(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes by how often their causes occur."""
    return tuple(sorted(outcomes, key=lambda one: -weight_of(one.rule)))

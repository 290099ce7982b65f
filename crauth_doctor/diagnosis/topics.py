"""What the words of a report are about: they order what is left open, and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ..deferred import regex
from ..model.evidence import Evidence

_AUDIENCES: Final = (
    "token/audience-custom-domain",
    "token/audience-function-path",
    "token/audience-other-service",
    "token/audience-path",
    "token/audience-query",
    "token/audience-scheme",
    "token/audience-tag-url",
    "token/audience-unknown",
    "token/audience-user-client",
)
_SENDERS: Final = ("mint/agent-cannot-mint", "mint/sender-cannot-authenticate", "mint/no-token-configured")
_FRONTS: Final = ("reach/host-header", "reach/domain-not-ready", "reach/raw-url", "reach/url-mask", "reach/cloud-armor")
_PUBLIC: Final = ("iam/public-not-applied", "iam/org-policy-blocks-public", "iam/invoker-check-reenabled")
_NETWORK: Final = (
    "ingress/outside-vpc",
    "ingress/private-ranges-only",
    "ingress/not-applied",
    "reach/private-access-off",
    "reach/dns-zone",
)
_IAP: Final = (
    "iap/agent-missing-invoker",
    "iap/agent-not-provisioned",
    "iap/intercepts-iam",
    "iap/principal-not-authorized",
    "iap/wrong-token",
)
_TOPICS: Final = tuple(
    (regex(rf"(?i)(?<![\w/-])(?:{words})(?![\w-])"), causes)
    for words, causes in (
        (r"CORS|preflight(?:ed)?|cross-origin", ("token/preflight", "app/cors")),
        (r"eventarc|pub/?sub|triggers?", _SENDERS),
        (
            r"cloud scheduler|scheduler jobs?|cron|cloud tasks|task queues?",
            (*_SENDERS, "mint/oidc-to-google-api", "mint/cannot-act-as"),
        ),
        (r"IAP|identity[- ]aware proxy", _IAP),
        (
            (
                r"firebase auth\w*|auth0|cognito|okta|keycloak|supabase|azure ad|entra|clerk|user'?s (?:id ?)?token"
                r"|end[- ]users?"
            ),
            ("token/foreign-issuer", "token/header-overwritten", "token/serverless-header-wins"),
        ),
        (r"VPCs?|connector|egress|ingress|internal|private google access|private ip|subnet\w*", _NETWORK),
        (
            r"load ?balancer|NEGs?|backend service|cloud armor",
            ("ingress/load-balancer-only", "ingress/custom-domain", *_FRONTS),
        ),
        (
            r"custom domain|domain mapping|nginx|caddy|traefik|cloudflare|cloudfront|CDN|reverse[- ]proxy|host header",
            (*_FRONTS, "token/audience-custom-domain"),
        ),
        (
            (
                r"re-?deploy\w*|suddenly|stopped working|worked (?:yesterday|before|fine)|overwrit\w+|is gone|removed"
                r"|recreat\w+"
            ),
            ("iam/binding-lost", "iam/invoker-check-reenabled", "iam/principal-recreated"),
        ),
        (r"allow[- ]unauthenticated|allUsers|unauthenticated invocations|publicly?|web ?site|hosting", _PUBLIC),
        (r"org(?:ani[sz]ation)?[- ]polic(?:y|ies)|domain[- ]restricted|workspace", ("iam/org-policy-blocks-public",)),
        (
            r"api gateway|cloud endpoints|ESPv2|ESP",
            ("token/header-overwritten", "token/audience-custom-domain", "iam/missing-invoker"),
        ),
        (
            r"github actions?|workload identity|federat\w+|external_account|WIF",
            ("mint/federation-denied", "mint/external-account", "mint/impersonation-denied", "iam/federated-principal"),
        ),
        (r"GKE|kubernetes|pods?", ("mint/gke-no-identity", "mint/metadata-proxied")),
        (r"impersonat\w+", ("mint/impersonation-denied", "mint/gcloud-needs-access-token")),
        (r"audiences?|aud|targetAudience|target_audience", _AUDIENCES),
        (
            r"access[- ]tokens?|print-access-token|oauth2? tokens?|getAccessToken|cloud-platform",
            ("token/access-token",),
        ),
        (r"expir\w+|after an hour|60 minutes|stale", ("token/expired",)),
        (r"started working|works now|minutes later|resolved itself|(?:few|some|\d+) minutes", ("iam/propagation",)),
        (r"condition\w*", ("iam/condition-unmet", "iam/condition-unsupported")),
        (
            r"(?:another|different|other|second) project|cross-project",
            ("iam/wrong-principal", "ingress/other-project", "iam/missing-invoker"),
        ),
        (r"redirect\w*|30[1278]", ("reach/redirect-dropped-token", "reach/plain-http")),
    )
)
"""Words, and the causes that are likelier where they are said."""
TIMES: Final = 2.5
"""How many times likelier."""


def likelier_of(evidence: Evidence | None) -> Mapping[str, float]:
    """Return how many times likelier causes are by the words of a report; those that are not there are as likely."""
    return _likelier(tuple(prose.text for prose in evidence.unrecognised)) if evidence else MappingProxyType({})


@lru_cache(maxsize=8)
def _likelier(texts: tuple[str, ...]) -> Mapping[str, float]:
    said = "\n".join(texts)[:20_000]
    named = {cause for words, causes in _TOPICS if words.search(said) for cause in causes}
    return MappingProxyType(dict.fromkeys(named, TIMES))

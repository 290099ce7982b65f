"""What each cause takes for granted of what people know, so that what is said can refute it, or speak for it.

A fact that a cause has no row of says nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ..model.asks.sayable import BY_NAME
from ..model.caller import CallerKind
from ..model.caller_kinds import DECLARED, declared
from ..model.finding import Stage
from ..rules import ALL, Rule

Values: TypeAlias = frozenset[str]
Row: TypeAlias = Mapping[str, Values]


def _row(**facts: str) -> Row:
    return MappingProxyType({name.replace("_", "-"): frozenset(text.split()) for name, text in facts.items()})


_SENDERS: Final = " ".join(one.kind for one in DECLARED if one.is_sent)
_NO_IDENTITY: Final = " ".join(one.kind for one in DECLARED if not one.has_identity)
_BY_ITSELF: Final = " ".join(kind for kind in BY_NAME["caller"].values if not declared(CallerKind(kind)).is_sent)
_CODE: Final = " ".join(one.kind for one in DECLARED if one.runs_code and one.place is None)
_STRICT: Final = "internal internal-and-cloud-load-balancing"
_DIRECT: Final = "nothing bypassed"
_FRONTS: Final = "load-balancer armor url-mask domain-mapping rewriting proxy"
_IN_VPC: Final = "vpc-all vpc-private"
_NOT_MEANT: Final = "public fronted"

SHOWN_BY: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "mint/oidc-to-google-api": _row(host="google-api", token_setting="oidc"),
        "mint/metadata-proxied": _row(token_account="other"),
        "mint/agent-cannot-mint": _row(agent="no", token_lost="not-minted"),
        "mint/no-token-configured": _row(token_setting="none"),
        "mint/sender-cannot-authenticate": _row(token_lost="no-identity"),
        "mint/account-missing": _row(account_state="missing"),
        "mint/account-disabled": _row(account_state="disabled"),
        "reach/redirect-dropped-token": _row(token_lost="by-redirect"),
        "reach/cloud-armor": _row(front="armor"),
        "reach/url-mask": _row(front="url-mask"),
        "reach/host-header": _row(front="rewriting"),
        "reach/domain-not-ready": _row(front="domain-mapping", domain="pending"),
        "reach/raw-url": _row(meant="fronted"),
        "reach/plain-http": _row(scheme="http"),
        "reach/proxy-answered": _row(answer="between"),
        "reach/private-access-off": _row(google_access="off"),
        "reach/dns-zone": _row(resolves="elsewhere nothing"),
        "reach/default-url-disabled": _row(exists="url-off"),
        "reach/no-such-service": _row(exists="no"),
        "ingress/service-perimeter": _row(perimeter="yes"),
        "ingress/custom-domain": _row(network="google", ingress=_STRICT, front=_FRONTS),
        "ingress/none": _row(ingress="none"),
        "ingress/not-applied": _row(changed="ingress"),
        "ingress/load-balancer-only": _row(ingress="internal-and-cloud-load-balancing", network="internet"),
        "ingress/other-project": _row(network="other-project", ingress=_STRICT),
        "ingress/private-ranges-only": _row(network="vpc-private", ingress=_STRICT),
        "ingress/outside-vpc": _row(network="internet", ingress="internal"),
        "iap/agent-missing-invoker": _row(iap="on", answer="google-page"),
        "iap/principal-not-authorized": _row(iap_fault="person"),
        "iap/intercepts-iam": _row(iap_fault="sign-in"),
        "iap/wrong-token": _row(iap_fault="token"),
        "token/serverless-header-wins": _row(header="both"),
        "token/malformed-header": _row(header="malformed"),
        "token/duplicate": _row(header="several"),
        "token/header-overwritten": _row(header="shared"),
        "token/preflight": _row(token_lost="preflight"),
        "token/header-stripped": _row(token_lost="on-the-way"),
        "token/missing": _row(token_lost="never-attached"),
        "token/signature-removed": _row(token_kind="forwarded"),
        "token/access-token": _row(token_kind="access-token"),
        "token/foreign-issuer": _row(token_kind="end-user"),
        "token/self-signed": _row(token_kind="self-signed"),
        "token/bound": _row(token_kind="bound"),
        "token/expired": _row(token_age="stale"),
        "iam/invoker-check-reenabled": _row(open_by="check-off", worked_before="until-change"),
        "iam/binding-lost": _row(changed="recreated policy", worked_before="until-change"),
        "iam/propagation": _row(changed="granted"),
        "iam/org-policy-blocks-public": _row(meant="public", allusers_refused="yes"),
        "iam/public-not-applied": _row(meant="public", worked_before="never"),
        "iam/denied": _row(denied="yes"),
        "iam/federated-principal": _row(caller="federation", token_sent="yes"),
        "iam/principal-recreated": _row(invoker="deleted-account"),
        "iam/condition-unsupported": _row(invoker="on-condition", condition="resource"),
        "iam/condition-unmet": _row(invoker="on-condition", condition="request"),
        "iam/wrong-resource": _row(invoker="other-resource"),
        "iam/role-lacks-permission": _row(invoker="other-role"),
        "iam/wrong-principal": _row(invoker="other-account"),
        "iam/missing-invoker": _row(invoker="none", token_sent="yes"),
        "app/cors": _row(app_reason="cors"),
        "app/verifies-stripped-signature": _row(app_reason="signature"),
    }
)
"""What shows a cause, where all of it is said; a part of it speaks for the cause."""

_TOKENLESS: Final = frozenset(
    {
        "token/missing", "token/preflight", "token/header-stripped", "mint/no-token-configured",
        "mint/agent-cannot-mint", "mint/sender-cannot-authenticate", "reach/redirect-dropped-token",
    }
)  # fmt: skip
_PUBLIC: Final = frozenset({"iam/public-not-applied", "iam/org-policy-blocks-public", "iam/invoker-check-reenabled"})
_EITHER: Final = frozenset({"iam/binding-lost", "iam/propagation", "iam/wrong-resource", "iam/denied"})
_OF_CODE: Final = frozenset(
    {"app/cors", *(f"token/{name}" for name in ("expired", "self-signed", "signature-removed", "duplicate", "bound"))}
)
"""Faults of who makes the request itself: Google's products send a token of their own, minted anew for each call."""
_BY_NETWORK: Final = frozenset(
    {f"ingress/{name}" for name in ("load-balancer-only", "private-ranges-only", "outside-vpc")}
)

ALSO: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "mint/account-missing": _row(log="empty-header"),
        "mint/account-disabled": _row(log="empty-header"),
        "mint/metadata-proxied": _row(caller=_CODE, log="lacks-permission"),
        "mint/gke-no-identity": _row(caller="gke"),
        "mint/federation-denied": _row(caller="federation"),
        "mint/impersonation-denied": _row(caller="laptop"),
        "mint/agent-cannot-mint": _row(caller=_SENDERS, token_setting="oidc oauth", host="run-app custom google-api"),
        "mint/no-token-configured": _row(token_lost="never-attached", caller=f"{_SENDERS} api-gateway"),
        "mint/sender-cannot-authenticate": _row(caller=_NO_IDENTITY),
        "mint/oidc-to-google-api": _row(caller=_SENDERS, log="nothing"),
        "reach/redirect-dropped-token": _row(log="empty-header", meant="private"),
        "reach/private-access-off": _row(network=_IN_VPC, resolves="public google-range"),
        "reach/dns-zone": _row(network=_IN_VPC),
        "reach/default-url-disabled": _row(front=_DIRECT, host="run-app"),
        "reach/no-such-service": _row(front=_DIRECT, host="run-app"),
        "reach/domain-not-ready": _row(host="custom"),
        "reach/raw-url": _row(front=_DIRECT, host="run-app", log="empty-header nothing"),
        "ingress/other-project": _row(front=_DIRECT),
        "iap/agent-missing-invoker": _row(iap_fault="agent", answer="google-page iap", log="lacks-permission"),
        "iap/wrong-token": _row(caller=f"{_CODE} {_SENDERS} federation laptop app"),
        "iap/intercepts-iam": _row(caller=f"{_CODE} {_SENDERS} federation laptop"),
        "iap/principal-not-authorized": _row(caller="browser laptop"),
        "token/header-overwritten": _row(
            app_reason="token", answer="google-page application", log="latency not-verified"
        ),
        "token/preflight": _row(caller="browser"),
        "token/missing": _row(caller=f"{_CODE} {_SENDERS} api-gateway federation laptop browser app"),
        "token/expired": _row(worked_before="for-a-while"),
        "iam/invoker-check-reenabled": _row(changed="deployed recreated", invoker="none"),
        "iam/binding-lost": _row(open_by="allusers", invoker="none", changed="deployed recreated policy"),
        "iam/propagation": _row(invoker="granted"),
        "iam/org-policy-blocks-public": _row(open_by="allusers", worked_before="never", invoker="none"),
        "iam/public-not-applied": _row(allusers_refused="no", changed="nothing deployed recreated", invoker="none"),
        "iam/denied": _row(invoker="granted"),
        "ingress/service-perimeter": _row(invoker="granted", log="nothing"),
        "iam/federated-principal": _row(invoker="granted none"),
        "iam/missing-invoker": _row(changed="nothing deployed ingress", worked_before="never"),
        "app/refused": _row(app_reason="other"),
    }
)
"""What a cause takes for granted besides: it refutes where something else is said, and shows nothing."""


def _of_family(rule: Rule[Any]) -> Iterator[Row]:
    """Yield what a cause takes for granted as one of its kind."""
    id, stage = rule.id, rule.stage.slug
    if id in _PUBLIC:
        yield _row(meant="public", token_lost="never-attached no-identity preflight")
    elif stage in {"token", "iam", "mint"} and id not in _EITHER:
        yield _row(meant="private")
    elif id != "reach/raw-url":
        yield _row(meant="public private")
    if id in _TOKENLESS:
        yield _row(token_sent="no")
    elif stage == "token" or (stage == "iam" and id not in _PUBLIC | _EITHER):
        yield _row(token_sent="yes", header="one", token_kind="id-token")
    if stage == "iam" and id != "iam/wrong-principal":
        yield _row(token_account="own")
    yield _row(host="run-app custom")
    if id in _OF_CODE:
        yield _row(caller=_BY_ITSELF)
    if stage == "iam" or (stage == "token" and id != "token/header-overwritten"):
        yield _row(iap="off")
    if id.startswith("token/audience-"):
        yield _row(token_age="fresh", worked_before="never until-change")
    if stage == "ingress":
        yield _row(exists="yes")
    if id in _BY_NETWORK:
        yield _row(front=_DIRECT, changed="nothing deployed recreated policy granted")
    if stage == "reach" and id != "reach/no-such-service":
        yield _row(exists="yes")
    if stage == "iap":
        yield _row(iap="on")
    yield _row(log=_logged(rule), answer=_ANSWERED[rule.stage])


_ANSWERED: Final = {
    Stage.MINT: "google-page",
    Stage.REACH: "google-page google-robot bare between",
    Stage.INGRESS: "google-page google-forbidden",
    Stage.IAP: "iap",
    Stage.TOKEN: "google-page",
    Stage.IAM: "google-page",
    Stage.APP: "application",
    Stage.WARNING: "",
}
"""What the answer of each stage looks like."""


def _logged(rule: Rule[Any]) -> str:
    """Return what the request log says of a call that this cause stops; what stops it elsewhere is not logged.

    Source: https://docs.cloud.google.com/run/docs/troubleshooting
    """
    match rule.stage:
        case Stage.APP:
            return "latency"
        case Stage.TOKEN | Stage.IAM | Stage.MINT:
            statuses = rule.predicts.statuses | rule.predicts.foreign
            refused = "empty-header" if rule.predicts.stages == {Stage.TOKEN} else "empty-header lacks-permission"
            refused = "lacks-permission" if rule.predicts.stages == {Stage.IAM} else refused
            return f"{refused if 403 in statuses else ''} {'not-verified' if 401 in statuses else ''}"
        case _:
            return "nothing"


def _all(rule: Rule[Any]) -> Row:
    found: dict[str, Values] = {}
    for row in (*_of_family(rule), SHOWN_BY.get(rule.id, {}), ALSO.get(rule.id, {})):
        found.update(row)
    return MappingProxyType(found)


SUPPOSES: Final[Mapping[str, Row]] = MappingProxyType({rule.id: _all(rule) for rule in ALL})
"""By cause: which values of which facts it can be the cause with."""

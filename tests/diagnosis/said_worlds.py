"""What can be said, put into the facts of a call that works: each value as the rules would have read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.asks.sayable import BY_NAME, SAYABLE
from crauth_doctor.model.caller import Caller, CallerKind, Origin, Place, PrivateZone, Sending, Subnetwork
from crauth_doctor.model.caller_kinds import declared
from crauth_doctor.model.clienterror import MINTING, ClientError, ErrorFamily
from crauth_doctor.model.evidence import (
    Credential,
    Event,
    EventKind,
    Evidence,
    Exchange,
    HeaderFault,
    LogEntry,
    LogKind,
    Seen,
    Wording,
)
from crauth_doctor.model.exported import Export, ExportKind, TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Fact, Known
from crauth_doctor.model.facts import NOT_ASKED, Facts
from crauth_doctor.model.http import Call, Response, Shown
from crauth_doctor.model.iam import Account, Constraints, Denials, Policy, Principal
from crauth_doctor.model.run import Domain, Egress, Ingress, Service
from crauth_doctor.model.token import GOOGLE_ISSUERS, Token, TokenKind
from tests.rules.balanced import behind
from tests.rules.scenes import (
    CHECKOUT,
    DENIED,
    ELSEWHERE,
    EMAIL,
    FEDERATED,
    HERE,
    NOT_FOUND,
    NOW,
    SERVED,
    SERVICE,
    URL,
    WORKS,
    bind,
    by_app,
    policies,
)

Pairs = Mapping[str, str]

USUAL: Final = {each.name: each.usual for each in SAYABLE if each.usual}
REFUSALS: Final[tuple[Pairs, ...]] = (
    {"status": "404", "answer": "google-page", "log": "nothing"},
    {"status": "404", "answer": "google-robot", "log": "nothing"},
    {"status": "403", "answer": "google-forbidden", "log": "nothing"},
    {"status": "403", "answer": "google-page", "log": "empty-header"},
    {"status": "403", "answer": "google-page", "log": "lacks-permission"},
    {"status": "403", "answer": "google-page", "log": "nothing"},
    {"status": "401", "answer": "google-page", "log": "not-verified"},
    {"status": "401", "answer": "google-page", "log": "nothing"},
    {"status": "401", "answer": "iap", "log": "nothing"},
    {"status": "403", "answer": "iap", "log": "nothing"},
    {"status": "other", "answer": "iap", "log": "nothing"},
    {"status": "403", "answer": "bare", "log": "nothing"},
    {"status": "403", "answer": "between", "log": "nothing"},
    {"status": "404", "answer": "between", "log": "nothing"},
    {"status": "401", "answer": "application", "log": "latency"},
    {"status": "403", "answer": "application", "log": "latency"},
    {"status": "404", "answer": "application", "log": "latency"},
    {"status": "server-error", "answer": "application", "log": "latency"},
    {"status": "other", "answer": "google-page", "log": "nothing"},
    {"status": "none"},
)
"""What a call that fails can be answered, and what stands in the request log of it."""
UNSAID: Final[Mapping[str, tuple[str, ...]]] = {
    "_audience": (
        f"{URL}/v1", f"{URL}/?q=1", URL.removeprefix("https://"), URL.replace("orders-1", "other-2"),
        URL.replace("https://", "https://tag---"), "77-x.apps.googleusercontent.com", "my-service",
        "https://shop.example.com", "https://us-central1-shop-prod.cloudfunctions.net",
    ),
    "_path": ("/healthz",),
    "_message": (
        *(family.value for family in sorted(MINTING)), "external_account", "authorized_user",
        ErrorFamily.IAP_NOT_PROVISIONED.value, ErrorFamily.AUDIENCE_REFUSED_BY_APP.value,
    ),
}  # fmt: skip
"""What makes a cause, and has no list of values that can be said."""

_STATUSES: Final = {"401": 401, "403": 403, "404": 404, "server-error": 503, "other": 302}
_SENDERS: Final = tuple(kind.value for kind in CallerKind if declared(kind).is_sent or kind is CallerKind.API_GATEWAY)
_FRONTS: Final = frozenset({"load-balancer", "armor", "url-mask", "domain-mapping", "rewriting", "proxy"})
_OF_OWN_HOSTS: Final = frozenset({"load-balancer", "armor", "url-mask", "domain-mapping"})
"""What never stands before a run.app URL."""
_COMPUTE: Final = Principal("serviceAccount:123456789012-compute@developer.gserviceaccount.com")
_AGENT: Final = "serviceAccount:service-123456789012@gcp-sa-cloudscheduler.iam.gserviceaccount.com"
_IAP_AGENT: Final = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
_ROLES: Final = {
    "granted": ((CHECKOUT.member, "roles/run.invoker", None),),
    "none": (),
    "other-role": ((CHECKOUT.member, "roles/run.viewer", None),),
    "other-resource": (),
    "other-account": ((CHECKOUT.member, "roles/run.invoker", None),),
    "deleted-account": ((f"deleted:{CHECKOUT.member}?uid=7", "roles/run.invoker", None),),
    "pool-member": ((FEDERATED.member, "roles/run.invoker", None),),
}
_CONDITIONS: Final = {
    "request-condition": 'request.path.startsWith("/admin")',
    "resource-condition": 'resource.name.startsWith("x")',
}
_KINDS: Final = {
    "id-token": TokenKind.ID_TOKEN, "access-token": TokenKind.ACCESS_TOKEN, "end-user": TokenKind.FOREIGN,
    "self-signed": TokenKind.SELF_SIGNED, "forwarded": TokenKind.ID_TOKEN, "bound": TokenKind.ID_TOKEN,
}  # fmt: skip
_OTHER: Final = "https://other-223456789012.us-central1.run.app"
_CUSTOM: Final = "https://shop.example.com"


def completed(said: Pairs) -> Pairs | None:
    """Return what is so of a call of which this is said, the usual where nothing is; None where it cannot be so."""
    for name, value in said.items():
        if name in BY_NAME and BY_NAME[name].values and value not in BY_NAME[name].values:
            raise ValueError(f"{name}={value}")
    found = dict(said)
    _take_for_granted(found)
    _choose(found)
    return found if _can_be(found) else None


_OF_TOKEN: Final = ("token-kind", "token-age", "header", "token-account")
_LOGGED: Final = {log: {one["answer"] for one in REFUSALS if one.get("log") == log} for log in BY_NAME["log"].values}
"""What can be answered where this stands in the request log."""
_OF_REFUSED_TOKEN: Final = frozenset({"lacks-permission", "not-verified"})


def _take_for_granted(found: dict[str, str]) -> None:
    """Complete what is said by what it could not be said without."""
    log = found.get("log", "")
    if "open-by" in found or found.get("allusers-refused") == "yes":
        found.setdefault("meant", "public")
    if found.get("front") == "bypassed":
        found.setdefault("meant", "fronted")
    if "domain" in found:
        found.setdefault("front", "domain-mapping")
    if "iap-fault" in found or found.get("answer") == "iap":
        found.setdefault("iap", "on")
    if found.get("answer") == "bare":
        found.setdefault("front", "armor")
    if "app-reason" in found:
        found.setdefault("answer", "application")
    if len(_LOGGED.get(log, ())) == 1:
        found.setdefault("answer", *_LOGGED[log])
    if found.get("agent") == "no" or found.get("account-state", "enabled") != "enabled":
        found.setdefault("token-lost", "not-minted")
    if "token-lost" in found or log == "empty-header":
        found.setdefault("token-sent", "no")
    if log in _OF_REFUSED_TOKEN or {"_audience", *_OF_TOKEN} & found.keys():
        found.setdefault("token-sent", "yes")


def _choose(found: dict[str, str]) -> None:
    """Complete what is said by what is usual with it."""
    public = found.get("meant") == "public"
    if "caller" not in found:
        if found.get("token-lost") in {"no-identity", "preflight"} or found.get("iap-fault") == "person":
            found["caller"] = "browser"
        elif "token-setting" in found or "agent" in found or found.get("network") == "google":
            found["caller"] = "scheduler"
        elif found.get("invoker") == "pool-member":
            found["caller"] = "federation"
        elif not public or found.get("invoker", "none") != "none":
            found["caller"] = "cloud-run-service"
    kind = CallerKind(found["caller"]) if "caller" in found else None
    anonymous = public if kind is None else not declared(kind).has_identity
    lost = found.get("account-state", "enabled") != "enabled" or found.get("token-setting") == "none"
    found.setdefault("token-sent", "no" if anonymous or lost else "yes")
    if found["token-sent"] == "yes":
        found.setdefault("token-kind", "access-token" if found.get("token-setting") == "oauth" else USUAL["token-kind"])
        for name in _OF_TOKEN:
            if name != "token-age" or found["token-kind"] == "id-token":
                found.setdefault(name, USUAL[name])
    if kind is not None and kind.value in _SENDERS:
        found.setdefault("token-setting", "oauth" if found.get("token-kind") == "access-token" else "oidc")
    if "resolves" in found or "google-access" in found:
        found.setdefault("network", "vpc-all")
    if kind is not None and declared(kind).place is Place.GOOGLE:
        found.setdefault("network", "google")
    if found.get("front") in _FRONTS:
        found.setdefault("host", "custom")
    if found.get("meant") == "fronted":
        found.setdefault("front", "bypassed")
    if found.get("changed") in {"recreated", "policy"} or found.get("token-age") == "stale":
        found.setdefault("worked-before", "for-a-while" if found.get("token-age") == "stale" else "until-change")
    if found.get("open-by") == "check-off" and found.get("worked-before") == "until-change":
        found.setdefault("changed", "deployed")
    if found.get("changed") == "ingress":
        found.setdefault("ingress", "internal")
    for name, value in USUAL.items():
        if name not in {*_OF_TOKEN, "agent", "app-reason", "domain"}:
            found.setdefault(name, value)


def _can_be(so: Pairs) -> bool:
    """Whether all of this can be so of one call, by what the words mean."""
    kind = CallerKind(so["caller"]) if "caller" in so else None
    known = declared(kind) if kind else None
    sent, lost = so["token-sent"] == "yes", so.get("token-lost")
    sender = kind is not None and kind.value in _SENDERS
    is_googles = known is not None and known.is_sent  # with a token of its own, made anew for each call
    place = {"internet": Place.INTERNET, "google": Place.GOOGLE}.get(so["network"], Place.VPC)
    unable = so["account-state"] != "enabled" or so.get("agent") == "no"
    return all(
        (
            not sent or lost is None,
            sent or not {"_audience", *_OF_TOKEN} & so.keys(),
            not {"_audience", "token-age"} & so.keys() or so.get("token-kind") == "id-token",
            known is None or known.has_identity or not sent or so["token-kind"] not in {"id-token", "bound"},
            lost != "no-identity" or known is None or not known.has_identity,
            lost != "preflight" or kind is CallerKind.BROWSER,
            lost != "not-minted" or unable or so.get("agent") == "yes",
            lost in {"not-minted", None} or not unable,
            lost not in {"on-the-way", "by-redirect"} or known is None or known.has_identity,
            not unable or not sent,
            ("token-setting" not in so and "agent" not in so) or sender,
            so.get("token-setting") != "none" or not sent,
            so.get("token-setting") != "oauth" or so.get("token-kind", "access-token") == "access-token",
            so.get("token-setting") != "oidc" or so.get("token-kind", "id-token") == "id-token",
            not is_googles or so.get("token-age", "fresh") == "fresh",
            not is_googles or so.get("header", "one") != "several",
            not is_googles or so.get("token-kind", "id-token") in {"id-token", "access-token"},
            not is_googles or so.get("app-reason") != "cors",
            so["invoker"] != "pool-member" or kind is CallerKind.FEDERATION,
            known is None or known.place in {None, Place.HERE, place} or (sender and place is Place.INTERNET),
            so["network"] != "google" or sender,
            not ({"resolves", "google-access"} & set(so)) or place is Place.VPC or so["resolves"] == "public",
            "domain" not in so or so["front"] == "domain-mapping",
            "open-by" not in so or so["meant"] == "public",
            "app-reason" not in so or so["answer"] == "application",
            "iap-fault" not in so or so["iap"] == "on",
            so.get("answer") != "iap" or so["iap"] == "on",
            not {"log", "answer"} <= so.keys() or so["answer"] in _LOGGED[so["log"]],
            so.get("log") != "empty-header" or not sent,
            so.get("log") not in _OF_REFUSED_TOKEN or sent,
            so["iap"] == "off" or (so["exists"] != "no" and so["host"] != "google-api"),
            so["iap"] == "off" or so.get("log") != "empty-header",  # IAP calls with a token of its own
            so["host"] != "google-api" or so.get("log", "nothing") == "nothing",
            so["perimeter"] == "no" or so.get("log", "nothing") == "nothing",  # only its own audit log tells of it
            so["front"] != "bypassed" or so["host"] == "run-app",
            so["front"] not in _OF_OWN_HOSTS or so["host"] != "run-app",
            (so["meant"] == "fronted") == (so["front"] == "bypassed"),
            so["changed"] != "granted" or so["invoker"] in {"granted", *_CONDITIONS},
            so["worked-before"] != "for-a-while" or so.get("token-age", "stale") == "stale",
            so.get("open-by") != "check-off" or so["worked-before"] == "never" or so["changed"] in _DEPLOYS,
            so["meant"] == "public" or so.get("allusers-refused", "no") == "no",
        )
    )


_DEPLOYS: Final = frozenset({"deployed", "recreated"})


def facts_of(so: Pairs) -> Facts:
    """Return the facts of a call of which all of this is so."""
    caller, principal = _caller(so)
    call = _call(so)
    token = _token(so)
    on_iap = so["iap"] == "on"
    given = Evidence(
        exchanges=tuple(_exchanges(so, call)),
        logs=tuple(_logs(so, call)),
        errors=tuple(_errors(so)),
        credentials=tuple(_credentials(so)),
        exports=tuple(_exports(so)),
        events=tuple(_events(so)),
    )
    changes: dict[str, Fact[Any]] = {
        "call": Known(call, HERE),
        "caller": caller,
        "principal": principal,
        "account": _account(so, principal),
        "token": Known(token, HERE) if token else Absent(HERE),
        "service": _service(so),
        "ingress": Known(Ingress(so["ingress"]), HERE),
        "wanted_ingress": Known(Ingress.ALL, HERE) if so["changed"] == "ingress" else Absent(HERE),
        "sending": _sending(so, call),
        "caller_service": Known(_proxied(), HERE) if so.get("token-account") == "other" else Absent(HERE),
        "minting": Known(policies(*([] if so.get("agent") == "no" else [bind(_AGENT, role=_AGENTS_ROLE)])), HERE),
        "origin": Known(_ORIGINS[so["network"]], HERE),
        "subnetwork": Known(Subnetwork("default", so["google-access"] == "on"), HERE),
        "zones": Known(_ZONES[so["resolves"]], HERE),
        "policies": Known(_policies(so), HERE),
        "elsewhere": Known((ELSEWHERE,) if so["invoker"] == "other-resource" else (), HERE),
        "denials": Known(Denials((_DENIED,) if so["denied"] == "yes" else ()), HERE),
        "iap_policy": Known(Policy(() if so.get("iap-fault") == "person" else (_ACCESSOR,)), HERE)
        if on_iap
        else Absent(HERE),
        "constraints": Known(Constraints(restricts_members=so["allusers-refused"] == "yes"), HERE),
        "domain": Known(Domain("shop.example.com", SERVICE.name, so["domain"] == "ready"), HERE)
        if "domain" in so
        else Absent(HERE),
        "audience_leads_here": Known(value=True, source=HERE),
        "calls": NOT_ASKED,
        "evidence": Known(given, HERE),
        "said": Known(Said(tuple((name, value) for name, value in so.items() if name in _OF_ANSWER)), HERE),
    }
    if on_iap and so.get("iap-fault") != "sign-in":  # the token is one for IAP itself
        changes["load_balancer"] = Known(behind(iap=True, iap_client=so.get("_audience", URL))["load_balancer"], HERE)
    if so["host"] == "google-api":  # the service is not what is called
        changes |= {"service": NOT_ASKED, "policies": NOT_ASKED, "call_leads_here": Known(value=False, source=HERE)}
    seen = next((each.response for each in given.exchanges if each.failed), None)
    if so.get("status", "") in _STATUSES:
        changes["seen"] = Known(seen or Response(_STATUSES[so["status"]], shown=Shown.NOTHING), HERE)
    return replace(WORKS, **changes)


_OF_ANSWER: Final = ("status", "answer", "log", "token-sent", "token-kind")
_AGENTS_ROLE: Final = "roles/cloudscheduler.serviceAgent"
_DENIED: Final = replace(DENIED, principals=frozenset({"principalSet://goog/public:all"}))
_ACCESSOR: Final = bind("allAuthenticatedUsers", role="roles/iap.httpsResourceAccessor")
_NETWORK: Final = "projects/shop-prod/global/networks/default"
_ORIGINS: Final = {
    "internet": Origin(Place.INTERNET, "shop-prod"),
    "google": Origin(Place.GOOGLE, "shop-prod"),
    "vpc-all": Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, _NETWORK, "default"),
    "vpc-private": Origin(Place.VPC, "shop-prod", Egress.PRIVATE_RANGES_ONLY, _NETWORK, "default"),
    "other-project": Origin(Place.VPC, "other", Egress.ALL_TRAFFIC, "projects/other/global/networks/n", "n"),
}
_ZONES: Final[Mapping[str, tuple[PrivateZone, ...]]] = {
    "public": (),
    "google-range": (PrivateZone("run.app.", ("199.36.153.8",), wildcard=True),),
    "elsewhere": (PrivateZone("run.app.", ("10.0.0.9",), wildcard=True, endpoints=()),),
    "nothing": (PrivateZone("run.app.", (), wildcard=False),),
}


def _caller(so: Pairs) -> tuple[Fact[Caller], Fact[Principal]]:
    if "caller" not in so:
        return NOT_ASKED, NOT_ASKED
    kind = CallerKind(so["caller"])
    resource = f"//x.googleapis.com/projects/shop-prod/locations/us-central1/things/{_NAME}"
    caller = Known(Caller(f"{kind}/{_NAME}", kind, resource), HERE)
    if not declared(kind).has_identity:
        return caller, Absent(HERE)
    if so["invoker"] == "pool-member":
        return caller, Known(FEDERATED, HERE)
    return caller, Known(_COMPUTE if so["invoker"] == "other-account" else CHECKOUT, HERE)


_NAME: Final = "checkout"


def _account(so: Pairs, principal: Fact[Principal]) -> Fact[Account]:
    if so["account-state"] == "missing" or not isinstance(principal, Known):
        return Absent(HERE)
    return Known(Account(EMAIL, disabled=so["account-state"] == "disabled"), HERE)


def _call(so: Pairs) -> Call:
    host = {"custom": _CUSTOM, "google-api": "https://run.googleapis.com"}.get(so["host"], URL)
    url = f"{host.replace('https', so['scheme'])}{so.get('_path', '/v1')}"
    both = frozenset({"authorization", "x-serverless-authorization"} if so.get("header") == "both" else ())
    return Call(url, "OPTIONS" if so.get("token-lost") == "preflight" else "GET", both)


def _token(so: Pairs) -> Token | None:
    if so["token-sent"] == "no":
        return None
    kind = so["token-kind"]
    issuer = "https://accounts.google.com" if _KINDS[kind] is TokenKind.ID_TOKEN else "https://login.example.com"
    return Token(
        _KINDS[kind],
        so.get("_audience", URL),
        issuer,
        EMAIL,
        expires_at=NOW + (-600 if so.get("token-age") == "stale" else 3000),
        signature_removed=kind == "forwarded",
        is_bound=kind == "bound",
    )


def _service(so: Pairs) -> Fact[Any]:
    if so["exists"] == "no":
        return Absent(HERE)
    known = replace(SERVICE, default_url_disabled=so["exists"] == "url-off", iap_enabled=so["iap"] == "on")
    return Known(known, HERE)


def _proxied() -> Service:
    return replace(SERVICE, name=SERVICE.name.replace("orders", _NAME), proxies=(("HTTP_PROXY", "http://proxy:3128"),))


def _sending(so: Pairs, call: Call) -> Fact[Sending]:
    if "token-setting" not in so:
        return Absent(HERE)
    setting = TokenSetting(TokenType(so["token-setting"]), EMAIL, URL)
    return Known(Sending("Cloud Scheduler", call.url, setting, _AGENT, "shop-prod"), HERE)


def _policies(so: Pairs) -> Any:
    on_iap = [bind(_IAP_AGENT)] if so["iap"] == "on" and so.get("iap-fault") != "agent" else []
    if so["invoker"] in _CONDITIONS:
        return policies(bind(CHECKOUT.member, condition=_CONDITIONS[so["invoker"]]), *on_iap)
    return policies(*(bind(member, role=role) for member, role, _ in _ROLES[so["invoker"]]), *on_iap)


def _exchanges(so: Pairs, call: Call) -> Iterator[Exchange]:
    sent = (
        Credential(
            "authorization", _token({**so, "token-sent": "yes", "token-kind": "id-token", "token-age": "fresh"})
        ),
    )
    if so.get("token-lost") == "by-redirect":
        yield Exchange(Seen.RAW, (1, 1), Call(f"{_CUSTOM}/v1"), sent, response=Response(302))
        yield Exchange(Seen.RAW, (2, 2), Call(f"{URL}/v1"), response=Response(403, shown=Shown.NOTHING), follows=0)
    if so.get("token-lost") == "on-the-way":
        yield Exchange(Seen.RAW, (1, 1), call, sent)
    if (
        so["front"] in {"url-mask", "rewriting"}
        and so.get("status", "") == "404"
        and so.get("answer", "").startswith("google")
    ):
        headers = {"via": "1.1 varnish"} if so["front"] == "rewriting" else {}
        page = (
            NOT_FOUND
            if so.get("answer", "") == "google-page"
            else Response(404, {}, "<title>Error 404 (Not Found)!!1</title>")
        )
        yield Exchange(
            Seen.RAW, (1, 1), Call(f"{_CUSTOM}/v1"), response=replace(page, headers={**page.headers, **headers})
        )
    if _goes_round(so):
        yield Exchange(Seen.RAW, (1, 1), Call(f"{_CUSTOM}/v1"), response=Response(413, shown=Shown.NOTHING))
    if so["front"] == "bypassed" and so.get("status", "") in {"401", "403", "404"}:
        refused = Response(_STATUSES[so["status"]], shown=Shown.NOTHING)
        carried = sent if so["token-sent"] == "yes" else ()
        yield Exchange(Seen.RAW, (1, 1), Call(f"{_CUSTOM}/v1"), response=SERVED)
        yield Exchange(Seen.RAW, (2, 2), Call(f"{URL}/v1"), carried, response=refused)
    if so.get("header") == "shared" or so.get("app-reason") == "token":
        own = Credential("authorization", Token(TokenKind.FOREIGN, "shop", "https://login.example.com"))
        answer = (
            by_app(403)
            if so.get("answer", "") == "application"
            else Response(_STATUSES.get(so.get("status", ""), 403), shown=Shown.NOTHING)
        )
        both = (own, Credential("authorization", Token(TokenKind.ID_TOKEN, URL, GOOGLE_ISSUERS[0], EMAIL)))
        yield Exchange(Seen.RAW, (1, 1), call, both if so.get("answer") != "application" else (own,), response=answer)


def _goes_round(so: Pairs) -> bool:
    """Whether a proxy on Cloud Run passes its own Host on, so that it calls itself until the headers are too long."""
    return so["front"] == "rewriting" and so.get("status", "") == "other" and so.get("answer", "") == "google-page"


def _logs(so: Pairs, call: Call) -> Iterator[LogEntry]:
    if so.get("token-lost") == "on-the-way" and so.get("log") == "empty-header":
        yield LogEntry(LogKind.REQUEST, (1, 1), NOW, 403, call.method, call.url, wording=Wording.EMPTY_HEADER)
    if so["perimeter"] == "yes":
        yield LogEntry(LogKind.AUDIT_POLICY, (1, 1), NOW, method_name="run.googleapis.com/HttpIngress")
    if so["front"] == "armor":
        yield LogEntry(LogKind.LOAD_BALANCER, (1, 1), NOW, details="denied_by_security_policy")
    if so.get("log") == "latency" and so.get("status", "") in {"401", "403"}:
        yield LogEntry(LogKind.REQUEST, (1, 1), NOW, _STATUSES[so["status"]], call.method, call.url, 0.02)


_SAY: Final = {
    "signature": ErrorFamily.TOKEN_REFUSED_BY_APP,
    "cors": ErrorFamily.CORS_HEADER_WRONG,
    "token": None,
    "other": None,
}


def _errors(so: Pairs) -> Iterator[ClientError]:
    family = _SAY.get(so.get("app-reason", "other"))
    if family is not None:
        yield ClientError(family, (1, 1), "the message")
    message = so.get("_message")
    if message in {"external_account", "authorized_user"}:
        yield ClientError(ErrorFamily.NO_ID_TOKEN_CREDENTIALS, (1, 1), "the message", credentials_type=message)
    elif message is not None:
        origin = "gcloud" if message == "getAccessToken-denied" else "google-auth"
        yield ClientError(ErrorFamily(message), (1, 1), "the message", origin)
    if so.get("iap-fault") == "token":
        yield ClientError(ErrorFamily.IAP_TOKEN, (1, 1), "Invalid IAP credentials")


def _credentials(so: Pairs) -> Iterator[Credential]:
    if so.get("token-account") == "other":
        yield Credential(
            "authorization", Token(TokenKind.ID_TOKEN, URL, email="proxy@shop-prod.iam.gserviceaccount.com")
        )
    match so.get("header"):
        case "malformed":
            yield Credential("authorization", None, HeaderFault.DOUBLED_SCHEME)
        case "several":
            yield Credential("authorization", None, HeaderFault.SEVERAL_TOKENS)
        case "both":
            yield Credential("authorization")
            yield Credential("x-serverless-authorization", Token(TokenKind.ID_TOKEN, _OTHER))
        case _:
            pass
    if so.get("header") == "shared" or so.get("app-reason") in {"token", "signature"}:
        yield Credential("authorization", Token(TokenKind.ID_TOKEN, URL, email=EMAIL, signature_removed=True))


def _exports(so: Pairs) -> Iterator[Export]:
    if so["front"] == "url-mask":
        yield Export(ExportKind.OTHER, (1, 1), fields={"urlMask": "shop.example.com/<service>"})


def _events(so: Pairs) -> Iterator[Event]:
    lost = so["worked-before"] == "until-change"
    if so["meant"] == "public":
        yield Event(EventKind.CHECK_OFF_ASKED if so.get("open-by") == "check-off" else EventKind.PUBLIC_ASKED, (1, 1))
    if so.get("open-by") == "check-off" and lost:
        yield Event(EventKind.CHECK_ON, (1, 1))
    if so["changed"] == "policy" and lost:
        yield Event(EventKind.REVOKED, (1, 1), role="roles/run.invoker", member=None)
    if so["changed"] == "recreated" and lost:
        yield Event(EventKind.DELETED, (1, 1))
        yield Event(EventKind.CREATED, (1, 1))
    if _goes_round(so):
        yield Event(EventKind.HOST_KEPT, (1, 1), URL, by="nginx")
    if so["changed"] == "granted":
        yield Event(EventKind.GRANTED, (1, 1), at=NOW - 60)

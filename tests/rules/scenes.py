"""A call that works, and for every rule what must change for it to block, and for it not to know."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

from crauth_doctor.model.caller import Caller, CallerKind, Origin, Place, PrivateZone
from crauth_doctor.model.fact import Absent, Known, Obstacle, Source, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.http import Call, Response, TestCalls
from crauth_doctor.model.iam import (
    INVOKE,
    Account,
    AllowPolicies,
    Binding,
    Condition,
    Denials,
    DenyRule,
    ElsewherePolicy,
    Policy,
    PolicyAt,
    Principal,
    Role,
    Troubleshot,
)
from crauth_doctor.model.run import Egress, Ingress, Service, VpcAccess
from crauth_doctor.model.token import Token, TokenKind

NOW = 1_780_304_400
HERE = Source("test", "a table")
URL = "https://orders-123456789012.us-central1.run.app"
NAME = "projects/shop-prod/locations/us-central1/services/orders"
SERVICE = Service(NAME, (URL, "https://orders-abc123-uc.a.run.app"))
ON_SERVICE = f"//run.googleapis.com/{NAME}"
ON_PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
EMAIL = "checkout@shop-prod.iam.gserviceaccount.com"
CHECKOUT = Principal(f"serviceAccount:{EMAIL}")
FEDERATED = Principal("principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/x")
AGENT = Principal(
    "principal://agents.global.org-9.system.id.goog/resources/run/projects/123456789012/locations/us-central1/services/bot"
)
AGENTS_ISSUER = (
    "https://sts.googleapis.com/v1/organizations/9/locations/global/workloadIdentityPools/"
    "agents.global.org-9.system.id.goog"
)
BOUND = Known(Token(TokenKind.ID_TOKEN, URL, AGENTS_ISSUER, is_bound=True), HERE)
FRONTEND = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"
ROLES = {
    "roles/run.invoker": frozenset({INVOKE, "run.jobs.run"}),
    "roles/editor": frozenset({INVOKE}),
    "roles/owner": frozenset({INVOKE}),
    "roles/run.viewer": frozenset({"run.services.get"}),
    "roles/viewer": frozenset({"run.services.get"}),
    "roles/logging.logWriter": frozenset[str](),
    "roles/cloudfunctions.invoker": frozenset({"cloudfunctions.functions.invoke"}),
}


def unread(read: str = "run.services.get") -> Unknown:
    return Unknown(Source(read, NAME), Obstacle.FORBIDDEN, "denied", read)


def bind(*members: str, role: str = "roles/run.invoker", condition: str | None = None) -> Binding:
    return Binding(role, frozenset(members), Condition(condition) if condition else None)


def policies(*own: Binding, project: tuple[Binding, ...] = (), unread_role: str | None = None) -> AllowPolicies:
    roles: dict[str, Any] = {name: Known(Role(held), HERE) for name, held in ROLES.items()}
    if unread_role:
        roles[unread_role] = unread("iam.roles.get")
    chain = (
        PolicyAt(ON_SERVICE, Known(Policy(own), HERE)),
        PolicyAt(ON_PROJECT, Known(Policy(project), HERE)),
    )
    return AllowPolicies(chain, Known(value=True, source=HERE), roles)


def page(status: int, text: str, **headers: str) -> Response:
    body = f"<html><head></head><body text=#000000 bgcolor=#ffffff><h1>Error</h1><h2>{text}</h2></body></html>"
    return Response(status, {"content-type": "text/html; charset=UTF-8", **headers}, body)


NOT_FOUND = page(404, "The requested URL was not found on this server.")
FORBIDDEN = page(403, "Your client does not have permission to get URL <code>/</code> from this server.")
UNVERIFIED = page(401, "Your client does not have permission to the requested URL <code>/</code>.")
ROBOT = Response(404, {}, "<title>Error 404 (Not Found)!!1</title> That's an error.")
SERVED = Response(200, {"x-cloud-trace-context": "a/1;o=1"}, "ok")


def by_app(status: int, body: str = '{"error":"no"}') -> Response:
    return Response(status, {"content-type": "application/json", "x-cloud-trace-context": "a/1;o=1"}, body)


def calls(
    without: Response = FORBIDDEN, junk: Response = UNVERIFIED, good: Response | None = SERVED
) -> Known[TestCalls]:
    return Known(TestCalls(f"{URL}/", without, junk, good, URL), HERE)


WORKS = Facts(
    now=Known(NOW, HERE),
    call=Known(Call(f"{URL}/"), HERE),
    call_leads_here=Known(value=True, source=HERE),
    service=Known(SERVICE, HERE),
    ingress=Known(Ingress.ALL, HERE),
    namesakes=Known((), HERE),
    instances=Absent(HERE),
    caller=Known(Caller("run/checkout", CallerKind.CLOUD_RUN_SERVICE, FRONTEND), HERE),
    principal=Known(CHECKOUT, HERE),
    account=Known(Account(EMAIL), HERE),
    minted=Known(Token(TokenKind.ID_TOKEN, URL, email=EMAIL), HERE),
    origin=Known(Origin(Place.INTERNET, "shop-prod"), HERE),
    subnetwork=Absent(HERE),
    zones=Absent(HERE),
    policies=Known(policies(bind(CHECKOUT.member)), HERE),
    denials=Known(Denials(), HERE),
    elsewhere=Known((), HERE),
    token=Known(Token(TokenKind.ID_TOKEN, URL, "https://accounts.google.com", EMAIL, expires_at=NOW + 3000), HERE),
    calls=calls(),
    iap_policy=Absent(HERE),
    constraints=Absent(HERE),
    domain=Absent(HERE),
    load_balancer=Absent(HERE),
    siblings=Absent(HERE),
    troubleshot=Absent(HERE),
    written=Absent(HERE),
    logged=Absent(HERE),
    minting=Absent(HERE),
)
"""Nothing blocks: every rule is clear, or does not apply."""


def facts(**changed: Any) -> Facts:
    """Return the working call with some facts changed; plain values are wrapped as known."""
    wrapped = {k: v if isinstance(v, Known | Absent | Unknown) else Known(v, HERE) for k, v in changed.items()}
    return replace(WORKS, **wrapped)


def sent(audience: str | None = URL, kind: TokenKind = TokenKind.ID_TOKEN, **more: Any) -> Token:
    return Token(kind, audience, more.pop("issuer", "https://accounts.google.com"), EMAIL, **more)


def service(**changed: Any) -> Service:
    return replace(SERVICE, **changed)


NOBODY = policies()
BROWSER = {
    "caller": Caller("browser", CallerKind.BROWSER),
    "principal": Absent(HERE),
    "account": Absent(HERE),
    "token": Absent(HERE),
}
IN_VPC = Origin(
    Place.VPC, "shop-prod", Egress.PRIVATE_RANGES_ONLY, "projects/shop-prod/global/networks/default", "default"
)
FROM_HERE = Origin(Place.HERE, assumed="an e-mail address has no place")
INSIDE = PrivateZone("run.app.", ("199.36.153.8",), wildcard=True)
ELSEWHERE = ElsewherePolicy(
    ON_SERVICE.replace("us-central1", "us-east1"), "the service in us-east1", Policy((bind(CHECKOUT.member),))
)
CALLING = service(name="projects/shop-prod/locations/us-central1/services/checkout")
ON_FUNCTION = ElsewherePolicy(
    "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/orders",
    "the function",
    Policy((bind("allUsers", role="roles/cloudfunctions.invoker"),)),
)
OWN = ElsewherePolicy(CALLING.full_name, "the caller's own service checkout", Policy((bind(CHECKOUT.member),)))
DENIED = DenyRule(
    "freeze",
    ON_PROJECT,
    frozenset({f"principal://iam.googleapis.com/projects/-/serviceAccounts/{EMAIL}"}),
    permissions=frozenset({"run.googleapis.com/routes.invoke"}),
)
OF_A_TAG = Call("https://blue---orders-123456789012.us-central1.run.app/")
OF_A_FUNCTION = Call("https://us-central1-shop-prod.cloudfunctions.net/orders")
B, C, U = Verdict.BLOCKS, Verdict.CLEAR, Verdict.UNKNOWN
NO_CALL = {"call": unread("call")}
NO_SERVICE = {"service": unread()}
NO_POLICY = {"policies": unread("run.services.getIamPolicy")}
NO_INGRESS = {"ingress": unread()}
ALL_UNREAD = {field.name: unread() for field in dataclasses.fields(Facts)}
NO_TOKEN = {"token": unread("evidence")}

READ: tuple[tuple[str, Verdict, dict[str, Any]], ...] = (
    ("mint/account-missing", B, {"account": Absent(HERE)}),
    ("mint/account-missing", C, {}),
    ("mint/account-missing", U, {"account": unread("iam.serviceAccounts.get")}),
    ("mint/account-disabled", B, {"account": Account(EMAIL, disabled=True)}),
    ("mint/account-disabled", C, {}),
    ("mint/account-disabled", U, {"account": unread("iam.serviceAccounts.get")}),
    (
        "mint/impersonation-denied",
        B,
        {
            "caller": Caller("me", CallerKind.OPERATOR, impersonates=EMAIL),
            "minted": unread("iam.serviceAccounts.getOpenIdToken"),
        },
    ),
    ("mint/impersonation-denied", C, {}),
    (
        "mint/impersonation-denied",
        C,
        {
            "caller": Caller("federation/ci/github", CallerKind.FEDERATION, impersonates=EMAIL),
            "minted": unread("iam.serviceAccounts.getOpenIdToken"),
        },
    ),
    ("mint/impersonation-denied", U, ALL_UNREAD),
    ("mint/sender-cannot-authenticate", B, {**BROWSER, "policies": NOBODY}),
    ("mint/sender-cannot-authenticate", C, {**BROWSER, "policies": policies(bind("allUsers"))}),
    ("mint/sender-cannot-authenticate", U, {**BROWSER, **NO_POLICY}),
    ("mint/sender-cannot-authenticate", C, {**BROWSER, "policies": NOBODY, "elsewhere": (ON_FUNCTION,)}),
    (
        "iam/public-not-applied",
        B,
        {**BROWSER, "policies": NOBODY, "elsewhere": (ON_FUNCTION,), "calls": calls(good=None)},
    ),
    (
        "iam/public-not-applied",
        C,
        {**BROWSER, "policies": NOBODY, "elsewhere": (ELSEWHERE,), "calls": calls(good=None)},
    ),
    ("reach/reserved-path", B, {"call": Call(f"{URL}/healthz")}),
    ("reach/reserved-path", C, {"call": Call(f"{URL}/quiz")}),
    ("reach/reserved-path", U, {**NO_CALL, "calls": calls()}),
    ("reach/plain-http", B, {"call": Call(f"{URL}/".replace("https", "http"))}),
    ("reach/plain-http", C, {}),
    ("reach/plain-http", U, {**NO_CALL, "evidence": unread("evidence")}),
    ("reach/default-url-disabled", B, {"service": service(default_url_disabled=True)}),
    (
        "reach/default-url-disabled",
        C,
        {"service": service(default_url_disabled=True), "call": Call("https://shop.example.com/")},
    ),
    ("reach/default-url-disabled", U, NO_SERVICE),
    ("reach/no-such-service", B, {"service": Absent(HERE)}),
    ("reach/no-such-service", C, {}),
    ("reach/no-such-service", B, {"service": service(shows_tags=True), "call": OF_A_TAG}),
    ("reach/no-such-service", C, {"call": OF_A_TAG}),
    ("reach/no-such-service", U, NO_SERVICE),
    ("ingress/none", B, {"ingress": Ingress.NONE}),
    ("ingress/none", C, {}),
    ("ingress/none", U, NO_INGRESS),
    ("ingress/not-applied", B, {"ingress": Ingress.INTERNAL, "service": service(wanted_ingress=Ingress.ALL)}),
    ("ingress/not-applied", C, {"service": service(wanted_ingress=Ingress.ALL)}),
    ("ingress/not-applied", U, NO_INGRESS),
    ("ingress/load-balancer-only", B, {"ingress": Ingress.INTERNAL_AND_LB}),
    ("ingress/load-balancer-only", B, {"ingress": Ingress.INTERNAL_AND_LB, "call": OF_A_FUNCTION}),
    (
        "ingress/load-balancer-only",
        C,
        {"ingress": Ingress.INTERNAL_AND_LB, "call": Call("https://shop.example.com/")},
    ),
    ("ingress/load-balancer-only", U, NO_INGRESS),
    (
        "ingress/other-project",
        B,
        {"ingress": Ingress.INTERNAL, "origin": replace(IN_VPC, network="projects/other/global/networks/n")},
    ),
    (
        "ingress/other-project",
        C,
        {
            "ingress": Ingress.INTERNAL,
            "origin": replace(IN_VPC, network="projects/host/global/networks/n"),
            "service": service(vpc_access=VpcAccess(Egress.ALL_TRAFFIC, "projects/host/global/networks/n", "s")),
        },
    ),
    ("ingress/other-project", U, {"ingress": Ingress.INTERNAL, "origin": unread("run.services.get")}),
    ("ingress/private-ranges-only", B, {"ingress": Ingress.INTERNAL, "origin": IN_VPC}),
    ("ingress/private-ranges-only", C, {"ingress": Ingress.INTERNAL, "origin": IN_VPC, "zones": (INSIDE,)}),
    (
        "ingress/private-ranges-only",
        U,
        {"ingress": Ingress.INTERNAL, "origin": IN_VPC, "zones": unread("dns.managedZones.list")},
    ),
    ("ingress/outside-vpc", B, {"ingress": Ingress.INTERNAL}),
    ("ingress/outside-vpc", C, {"ingress": Ingress.INTERNAL, "origin": FROM_HERE}),
    ("ingress/outside-vpc", U, {"ingress": Ingress.INTERNAL, "origin": unread()}),
    ("token/signature-removed", B, {"token": sent(signature_removed=True)}),
    ("token/signature-removed", C, {}),
    ("token/signature-removed", U, NO_TOKEN),
    ("token/bound", B, {"token": BOUND}),
    ("token/bound", C, {"token": BOUND, "call": Call(f"{URL.replace('.run.app', '.mtls.run.app')}/")}),
    ("token/bound", U, {"principal": unread(), "token": unread("evidence")}),
    ("token/access-token", B, {"token": Token(TokenKind.ACCESS_TOKEN)}),
    ("token/access-token", C, {"token": Token(TokenKind.ACCESS_TOKEN), "service": service(checks_iam=False)}),
    ("token/access-token", U, NO_TOKEN),
    ("token/foreign-issuer", B, {"token": sent("shop", TokenKind.FOREIGN, issuer="https://login.example.com/")}),
    ("token/foreign-issuer", C, {}),
    ("token/foreign-issuer", U, NO_TOKEN),
    ("token/self-signed", B, {"token": sent(URL, TokenKind.SELF_SIGNED, issuer=EMAIL)}),
    ("token/self-signed", C, {}),
    ("token/self-signed", U, NO_TOKEN),
    ("token/expired", B, {"token": sent(expires_at=NOW)}),
    ("token/expired", C, {"token": sent(expires_at=NOW + 1)}),
    ("token/expired", U, {"token": sent(expires_at=NOW), "now": unread("clock")}),
    ("token/audience-user-client", B, {"token": sent("77-x.apps.googleusercontent.com")}),
    ("token/audience-user-client", C, {}),
    ("token/audience-user-client", U, {"token": sent("32555940559.apps.googleusercontent.com")}),
    ("token/audience-function-path", B, {"token": sent("https://us-central1-shop-prod.cloudfunctions.net")}),
    (
        "token/audience-function-path",
        C,
        {
            "token": sent("https://us-central1-shop-prod.cloudfunctions.net/orders"),
            "service": service(custom_audiences=("https://us-central1-shop-prod.cloudfunctions.net/orders",)),
        },
    ),
    ("token/audience-function-path", U, NO_TOKEN),
    ("token/audience-tag-url", B, {"token": sent("https://canary---orders-123456789012.us-central1.run.app")}),
    ("token/audience-tag-url", C, {}),
    ("token/audience-tag-url", U, NO_TOKEN),
    ("token/audience-query", B, {"token": sent(f"{URL}/?tenant=acme")}),
    ("token/audience-query", C, {}),
    ("token/audience-query", U, NO_TOKEN),
    ("token/audience-scheme", B, {"token": sent(URL.removeprefix("https://"))}),
    ("token/audience-scheme", C, {"token": sent(f"{URL}/")}),
    ("token/audience-scheme", U, NO_TOKEN),
    ("token/audience-path", B, {"token": sent(f"{URL}/push")}),
    ("token/audience-path", C, {"token": sent(f"{URL}/")}),
    ("token/audience-path", U, NO_TOKEN),
    (
        "token/audience-custom-domain",
        B,
        {"token": sent("https://shop.example.com"), "call": Call("https://shop.example.com/")},
    ),
    (
        "token/audience-custom-domain",
        C,
        {
            "token": sent("https://shop.example.com"),
            "call": Call("https://shop.example.com/"),
            "service": service(custom_audiences=("https://shop.example.com",)),
        },
    ),
    ("token/audience-custom-domain", U, NO_TOKEN),
    ("token/audience-other-service", B, {"token": sent("https://returns-abc123-uc.a.run.app")}),
    ("token/audience-other-service", C, {"token": sent("https://orders-abc123-uc.a.run.app")}),
    ("token/audience-other-service", U, NO_TOKEN),
    ("token/audience-unknown", B, {"token": sent("orders")}),
    ("token/audience-unknown", C, {"token": sent("orders"), "service": service(custom_audiences=("orders",))}),
    ("token/audience-unknown", U, NO_TOKEN),
    ("iam/denied", B, {"denials": Denials((DENIED,))}),
    ("iam/denied", C, {"denials": Denials((replace(DENIED, exceptions=DENIED.principals),))}),
    ("iam/denied", U, {"denials": unread("iam.denypolicies.list")}),
    ("iam/denied", U, {"denials": Denials((), (unread("iam.denypolicies.list"),))}),
    ("iam/denied", B, {"denials": Denials((DENIED,), (unread("iam.denypolicies.list"),))}),
    ("iam/denied", B, {"denials": unread("iam.denypolicies.list"), "troubleshot": Troubleshot(None, is_denied=True)}),
    ("iam/denied", U, {"service": unread("run.services.get"), "troubleshot": Troubleshot(None, is_denied=True)}),
    ("iam/denied", C, {"troubleshot": Troubleshot(is_allowed=False)}),
    ("iam/denied", C, {"denials": unread("iam.denypolicies.list"), "troubleshot": Troubleshot(None, is_denied=False)}),
    ("iam/federated-principal", B, {"principal": FEDERATED, "policies": NOBODY}),
    ("iam/federated-principal", C, {}),
    ("iam/federated-principal", U, NO_POLICY),
    ("iam/principal-recreated", B, {"policies": policies(bind(f"deleted:{CHECKOUT.member}?uid=7"))}),
    (
        "iam/principal-recreated",
        C,
        {"policies": policies(bind(f"deleted:{CHECKOUT.member}?uid=7"), bind(CHECKOUT.member))},
    ),
    ("iam/principal-recreated", U, NO_POLICY),
    (
        "iam/condition-unsupported",
        B,
        {"policies": policies(bind(CHECKOUT.member, condition='resource.name.startsWith("x")'))},
    ),
    ("iam/condition-unsupported", C, {}),
    ("iam/condition-unsupported", U, NO_POLICY),
    (
        "iam/condition-unmet",
        B,
        {"policies": policies(bind(CHECKOUT.member, condition='request.path.startsWith("/admin")'))},
    ),
    (
        "iam/condition-unmet",
        C,
        {"policies": policies(bind(CHECKOUT.member, condition='request.path.startsWith("/")'))},
    ),
    ("iam/condition-unmet", U, NO_POLICY),
    ("iam/wrong-resource", B, {"policies": NOBODY, "elsewhere": (ELSEWHERE,)}),
    ("iam/wrong-resource", C, {"elsewhere": (ELSEWHERE,)}),
    ("iam/wrong-resource", B, {"policies": NOBODY, "elsewhere": (OWN,), "caller_service": CALLING}),
    ("iam/wrong-resource", C, {"policies": NOBODY, "elsewhere": (OWN,)}),
    ("iam/wrong-resource", U, {"policies": NOBODY, "elsewhere": unread("run.services.getIamPolicy")}),
    ("iam/role-lacks-permission", B, {"policies": policies(bind(CHECKOUT.member, role="roles/run.viewer"))}),
    (
        "iam/role-lacks-permission",
        C,
        {"policies": policies(project=(bind(CHECKOUT.member, role="roles/logging.logWriter"),))},
    ),
    ("iam/role-lacks-permission", U, NO_POLICY),
    (
        "iam/wrong-principal",
        B,
        {
            "principal": Principal("serviceAccount:123456789012-compute@developer.gserviceaccount.com"),
            "policies": policies(bind(CHECKOUT.member)),
        },
    ),
    (
        "iam/wrong-principal",
        C,
        {
            "principal": Principal("serviceAccount:123456789012-compute@developer.gserviceaccount.com"),
            "policies": policies(bind("serviceAccount:billing@shop-prod.iam.gserviceaccount.com")),
        },
    ),
    ("iam/wrong-principal", U, NO_POLICY),
    ("iam/missing-invoker", B, {"policies": NOBODY}),
    ("iam/missing-invoker", C, {}),
    ("iam/missing-invoker", U, {"policies": policies(bind("group:callers@example.com"))}),
    ("app/refused", B, {"calls": calls(good=by_app(403))}),
    ("app/refused", C, {}),
    ("app/refused", U, ALL_UNREAD),
    ("app/not-found", B, {"calls": calls(good=by_app(404))}),
    ("app/not-found", C, {"calls": calls(good=by_app(403))}),
    ("app/not-found", U, ALL_UNREAD),
    ("app/failing", B, {"calls": calls(good=by_app(503, "Service Unavailable"))}),
    ("app/failing", C, {}),
    ("app/failing", U, ALL_UNREAD),
    ("warning/public", B, {"service": service(checks_iam=False)}),
    ("warning/public", C, {}),
    ("warning/public", U, NO_SERVICE),
    ("warning/broad-grant", B, {"policies": policies(project=(bind(CHECKOUT.member, role="roles/editor"),))}),
    ("warning/broad-grant", C, {}),
    ("warning/broad-grant", U, NO_POLICY),
    (
        "warning/fragile-identity",
        B,
        {"principal": Principal("serviceAccount:123456789012-compute@developer.gserviceaccount.com")},
    ),
    ("warning/fragile-identity", C, {}),
    ("warning/fragile-identity", U, {"principal": unread("run.services.get")}),
    ("warning/stale-member", B, {"policies": policies(bind("deleted:user:x@example.com?uid=7"))}),
    ("warning/stale-member", C, {}),
    ("warning/stale-member", U, NO_POLICY),
    ("warning/tag-or-old-url", B, {"call": Call("https://canary---orders-123456789012.us-central1.run.app/")}),
    ("warning/tag-or-old-url", C, {}),
    ("warning/tag-or-old-url", U, NO_SERVICE),
)

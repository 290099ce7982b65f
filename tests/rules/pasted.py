"""The causes that are told by what a user pastes, by a product's settings, or by policies beside the service's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crauth_doctor.model.caller import Caller, CallerKind, Federation, Origin, Place, Sending, Subnetwork
from crauth_doctor.model.clienterror import ClientError, ErrorFamily
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
from crauth_doctor.model.fact import Absent, Known
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.http import Call, Response
from crauth_doctor.model.iam import AllowPolicies, Constraints, Denials, Policy, PolicyAt, Role
from crauth_doctor.model.run import Domain, Egress, Ingress
from crauth_doctor.model.token import Token, TokenKind
from tests.rules.scenes import (
    ALL_UNREAD,
    BROWSER,
    CHECKOUT,
    DENIED,
    EMAIL,
    FORBIDDEN,
    HERE,
    IN_VPC,
    INSIDE,
    NAME,
    NO_CALL,
    NO_INGRESS,
    NO_POLICY,
    NOBODY,
    NOT_FOUND,
    NOW,
    OF_A_FUNCTION,
    ON_PROJECT,
    ROBOT,
    SERVED,
    UNVERIFIED,
    URL,
    bind,
    by_app,
    calls,
    policies,
    sent,
    service,
    unread,
)

B, C, U = Verdict.BLOCKS, Verdict.CLEAR, Verdict.UNKNOWN
L = (1, 2)
TO_ENDPOINT = replace(INSIDE, addresses=("10.3.0.5",))
POOLED = "//iam.googleapis.com/projects/shop-prod/locations/global/workloadIdentityPools/ci/providers/github"
ACTIONS = Caller("federation/ci/github", CallerKind.FEDERATION, POOLED)
SWITCHED_ON = (Event(EventKind.CHECK_OFF_ASKED, L), Event(EventKind.CHECK_ON, L))
NO_PASTE = {"evidence": unread("evidence")}
MACHINE = Caller("gce/us-east1-b/worker-1", CallerKind.COMPUTE_ENGINE)
BUILD = Caller("build/deploy", CallerKind.CLOUD_BUILD)
IAP_404 = Response(401, {"x-goog-iap-generated-response": "true"}, "Invalid IAP credentials: Unable to parse JWT")


def error(family: ErrorFamily, origin: str = "client", **more: Any) -> dict[str, Any]:
    return {"evidence": Evidence(errors=(ClientError(family, L, "it failed", origin, **more),))}


def paste(**parts: Any) -> dict[str, Any]:
    return {"evidence": Evidence(**parts)}


def credentials_file(type_: str) -> Export:
    return Export(ExportKind.CREDENTIALS, L, fields={"type": type_})


def exchange(url: str = f"{URL}/", answer: Response | None = None, **more: Any) -> Exchange:
    return Exchange(Seen.CURL_VERBOSE, L, Call(url, more.pop("method", "GET")), response=answer, **more)


def seen(answer: Response, **more: Any) -> dict[str, Any]:
    """The caller's own call got this answer."""
    one = exchange(answer=answer, headers_known=True, **more)
    return {"evidence": Evidence(exchanges=(one,)), "seen": answer, "token": Absent(HERE)}


def carrying(*credentials: Credential, answer: Response = UNVERIFIED, **more: Any) -> dict[str, Any]:
    one = exchange(answer=answer, credentials=credentials, headers_known=True)
    return {"evidence": Evidence(exchanges=(one,), **more), "seen": answer}


GOOD = Credential("authorization", sent())
JOB_AGENT = "serviceAccount:service-123456789012@gcp-sa-cloudscheduler.iam.gserviceaccount.com"
OIDC = TokenSetting(TokenType.OIDC, EMAIL, URL)
OAUTH = TokenSetting(TokenType.OAUTH, EMAIL)
SENDING = Sending("Cloud Scheduler", f"{URL}/", OIDC, JOB_AGENT, "shop-prod")
NIGHTLY = Caller("scheduler/nightly", CallerKind.SCHEDULER, "projects/shop-prod/locations/us-central1/jobs/nightly")
MINTS = {"roles/cloudscheduler.serviceAgent": frozenset({"iam.serviceAccounts.getOpenIdToken"})}


def minting(*members: str) -> AllowPolicies:
    bound = Policy((bind(*members, role="roles/cloudscheduler.serviceAgent"),)) if members else Policy(())
    roles = {name: Known(Role(held), HERE) for name, held in MINTS.items()}
    return AllowPolicies((PolicyAt(ON_PROJECT, Known(bound, HERE)),), Known(value=True, source=HERE), roles)


FROM_GOOGLE = {"origin": Origin(Place.GOOGLE, "shop-prod"), "ingress": Ingress.INTERNAL, "sending": SENDING}
DOMAIN = Call("https://shop.example.com/")
MAPPED = {
    "call": DOMAIN,
    "domain": Known(Domain(DOMAIN.host, NAME, ready=True), HERE),
    "ingress": Ingress.INTERNAL_AND_LB,
}
PROXIED = {
    "caller_service": service(proxies=(("HTTP_PROXY", "http://10.0.0.2:3128"),)),
    "evidence": Evidence(credentials=(Credential("authorization", replace(sent(), email="squid@shop-prod.example")),)),
}
ALL_TRAFFIC = replace(IN_VPC, egress=Egress.ALL_TRAFFIC)
OFF = Subnetwork("projects/shop-prod/regions/us-central1/subnetworks/default", private_google_access=False)
MISSED = exchange("https://shop.example.com/", ROBOT, headers_known=True)
BY_CDN = exchange("https://shop.example.com/", replace(ROBOT, headers={"cf-ray": "9"}), headers_known=True)
CALLABLE = {
    **BROWSER,
    "service": service(labels=(("deployment-callable", "true"),)),
    "policies": NOBODY,
    "calls": calls(good=None),
}
AGENT = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
REFUSED = {"calls": calls(good=FORBIDDEN)}
BEHIND_IAP = {"service": service(iap_enabled=True)}
ACCESSOR = "roles/iap.httpsResourceAccessor"
CUSTOM = {
    f"projects/shop-prod/roles/{name}": Known(Role(frozenset({held})), HERE)
    for name, held in {"visitor": "iap.webServiceVersions.accessViaIAP", "caller": "run.routes.invoke"}.items()
}
OF_EVERYBODY = replace(DENIED, principals=frozenset({"principalSet://goog/public:all"}))

PASTED: tuple[tuple[str, Verdict, dict[str, Any]], ...] = (
    (
        "mint/external-account",
        B,
        paste(
            errors=error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS)["evidence"].errors,
            exports=(credentials_file("external_account"),),
        ),
    ),
    ("mint/external-account", C, error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS)),
    ("mint/external-account", U, NO_PASTE),
    (
        "mint/user-credentials",
        B,
        error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS, credentials_type="authorized_user"),
    ),
    ("mint/user-credentials", C, error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS)),
    ("mint/no-id-token-credentials", B, error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS)),
    (
        "mint/no-id-token-credentials",
        B,
        error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS, credentials_type="impersonated_service_account"),
    ),
    (
        "mint/no-id-token-credentials",
        C,
        error(ErrorFamily.NO_ID_TOKEN_CREDENTIALS, credentials_type="external_account"),
    ),
    ("mint/no-id-token-credentials", U, NO_PASTE),
    ("mint/no-id-token-credentials", B, {"caller": MACHINE, "principal": Absent(HERE)}),
    ("mint/no-id-token-credentials", B, {"caller": BUILD, "principal": Absent(HERE)}),
    ("mint/no-id-token-credentials", C, {"caller": MACHINE}),
    ("mint/no-id-token-credentials", C, BROWSER),
    ("mint/user-credentials", U, NO_PASTE),
    ("mint/user-custom-audience", B, error(ErrorFamily.USER_AUDIENCE, "gcloud")),
    ("mint/user-custom-audience", C, error(ErrorFamily.TIMEOUT)),
    ("mint/user-custom-audience", U, NO_PASTE),
    ("mint/federation-denied", B, error(ErrorFamily.STS_DENIED)),
    ("mint/federation-denied", C, error(ErrorFamily.ACCESS_TOKEN_DENIED, "gcloud")),
    ("mint/federation-denied", B, {"caller": ACTIONS, "federation": Federation(("it is disabled",))}),
    ("mint/federation-denied", C, {"caller": ACTIONS, "federation": Federation()}),
    ("mint/federation-denied", U, {"federation": unread("iam.workloadIdentityPoolProviders.get")}),
    ("mint/gcloud-needs-access-token", B, error(ErrorFamily.ACCESS_TOKEN_DENIED, "gcloud")),
    ("mint/gcloud-needs-access-token", C, error(ErrorFamily.ACCESS_TOKEN_DENIED, "google-auth")),
    ("mint/gcloud-needs-access-token", U, NO_PASTE),
    ("mint/cannot-act-as", B, error(ErrorFamily.ACT_AS_DENIED)),
    ("mint/cannot-act-as", C, error(ErrorFamily.STS_DENIED)),
    ("mint/cannot-act-as", U, NO_PASTE),
    ("mint/key-rejected", B, error(ErrorFamily.KEY_REJECTED)),
    ("mint/key-rejected", C, error(ErrorFamily.CLOCK)),
    ("mint/key-rejected", U, NO_PASTE),
    (
        "mint/clock-skew",
        B,
        {
            "token": sent(issued_at=NOW + 600),
            "evidence": Evidence(exchanges=(exchange(answer=UNVERIFIED, at=NOW),)),
        },
    ),
    (
        "mint/clock-skew",
        C,
        {"token": sent(issued_at=NOW + 5), "evidence": Evidence(exchanges=(exchange(answer=UNVERIFIED, at=NOW),))},
    ),
    ("mint/clock-skew", U, NO_PASTE),
    ("mint/metadata-proxied", B, PROXIED),
    (
        "mint/metadata-proxied",
        C,
        {
            **PROXIED,
            "caller_service": service(
                proxies=(("HTTP_PROXY", "http://10.0.0.2:3128"), ("NO_PROXY", "localhost,.google.internal"))
            ),
        },
    ),
    ("mint/metadata-proxied", U, ALL_UNREAD),
    ("mint/gke-no-identity", B, error(ErrorFamily.METADATA_NOT_DEFINED)),
    ("mint/gke-no-identity", B, error(ErrorFamily.METADATA_DENIED)),
    ("ingress/service-perimeter", B, error(ErrorFamily.PERIMETER_DENIED)),
    ("iam/missing-invoker", B, error(ErrorFamily.JOB_START_DENIED)),
    ("mint/gke-no-identity", C, error(ErrorFamily.METADATA_UNREACHABLE)),
    ("mint/gke-no-identity", U, ALL_UNREAD),
    ("mint/oidc-to-google-api", B, {"sending": replace(SENDING, target="https://run.googleapis.com/v2/x:run")}),
    ("mint/oidc-to-google-api", C, {"sending": SENDING}),
    ("mint/oidc-to-google-api", U, ALL_UNREAD),
    ("mint/agent-cannot-mint", B, {"sending": SENDING, "minting": minting()}),
    ("mint/agent-cannot-mint", C, {"sending": SENDING, "minting": minting(JOB_AGENT)}),
    ("mint/agent-cannot-mint", B, {"sending": replace(SENDING, auth=OAUTH), "minting": minting(JOB_AGENT)}),
    ("mint/agent-cannot-mint", U, {"sending": SENDING, "minting": unread("iam.serviceAccounts.getIamPolicy")}),
    ("mint/no-token-configured", B, {"sending": replace(SENDING, auth=TokenSetting(TokenType.NONE))}),
    ("mint/no-token-configured", C, {"sending": SENDING}),
    ("mint/no-token-configured", B, {**BEHIND_IAP, "sending": replace(SENDING, auth=TokenSetting(TokenType.NONE))}),
    ("mint/no-token-configured", C, {**BEHIND_IAP, "sending": SENDING}),
    (
        "mint/no-token-configured",
        U,
        {
            **NO_CALL,
            "sending": replace(SENDING, auth=TokenSetting(TokenType.NONE)),
            "service": unread(),
            "calls": unread("call"),
        },
    ),
    (
        "reach/redirect-dropped-token",
        B,
        paste(
            exchanges=(
                exchange("https://api.example.com/", Response(307), credentials=(GOOD,)),
                exchange(answer=FORBIDDEN, headers_known=True, follows=0),
            )
        ),
    ),
    (
        "reach/redirect-dropped-token",
        C,
        paste(exchanges=(exchange(answer=Response(307), credentials=(GOOD,)), exchange(answer=FORBIDDEN, follows=0))),
    ),
    ("reach/redirect-dropped-token", U, NO_PASTE),
    (
        "reach/cloud-armor",
        B,
        paste(logs=(LogEntry(LogKind.LOAD_BALANCER, L, status=403, details="denied_by_security_policy"),)),
    ),
    (
        "reach/cloud-armor",
        C,
        paste(logs=(LogEntry(LogKind.LOAD_BALANCER, L, status=403, details="response_sent_by_backend"),)),
    ),
    (
        "reach/url-mask",
        B,
        paste(exchanges=(MISSED,), exports=(Export(ExportKind.OTHER, L, fields={"urlMask": "/<service>"}),)),
    ),
    (
        "reach/url-mask",
        C,
        paste(
            exchanges=(exchange("https://shop.example.com/", SERVED),),
            exports=(Export(ExportKind.OTHER, L, fields={"urlMask": "/<service>"}),),
        ),
    ),
    ("reach/host-header", B, paste(exchanges=(BY_CDN, exchange(answer=SERVED)))),
    ("reach/host-header", C, paste(exchanges=(exchange(answer=ROBOT), exchange(answer=SERVED)))),
    ("reach/host-header", U, NO_PASTE),
    (
        "reach/domain-not-ready",
        B,
        paste(exchanges=(MISSED,), exports=(Export(ExportKind.DOMAIN_MAPPING, L, fields={"ready": "Unknown"}),)),
    ),
    (
        "reach/domain-not-ready",
        C,
        paste(exchanges=(MISSED,), exports=(Export(ExportKind.DOMAIN_MAPPING, L, fields={"ready": "True"}),)),
    ),
    ("reach/domain-not-ready", U, {"call": DOMAIN, "domain": unread("run.domainmappings.get")}),
    (
        "reach/raw-url",
        B,
        paste(
            exchanges=(
                exchange(f"{URL}/signup", FORBIDDEN, headers_known=True),
                exchange("https://shop.example.com/signup", SERVED),
            )
        ),
    ),
    (
        "reach/raw-url",
        C,
        paste(
            exchanges=(
                exchange(f"{URL}/signup", by_app(403), headers_known=True),
                exchange("https://shop.example.com/signup", SERVED),
            )
        ),
    ),
    ("reach/raw-url", U, NO_PASTE),
    ("reach/private-access-off", B, {"origin": ALL_TRAFFIC, "subnetwork": OFF}),
    (
        "reach/private-access-off",
        C,
        {"origin": ALL_TRAFFIC, "subnetwork": replace(OFF, private_google_access=True)},
    ),
    (
        "reach/private-access-off",
        U,
        {"origin": ALL_TRAFFIC, "subnetwork": unread("compute.subnetworks.get"), "ingress": Ingress.INTERNAL},
    ),
    (
        "reach/dns-zone",
        B,
        {"origin": IN_VPC, "zones": (replace(INSIDE, addresses=("203.0.113.7",)),)},
    ),
    (
        "reach/dns-zone",
        C,
        {"origin": IN_VPC, "zones": (INSIDE,)},
    ),
    ("reach/private-access-off", B, {"origin": ALL_TRAFFIC, "subnetwork": OFF, "call": OF_A_FUNCTION}),
    ("reach/private-access-off", U, {"origin": ALL_TRAFFIC, "subnetwork": unread("compute.subnetworks.get")}),
    ("reach/dns-zone", U, {"origin": IN_VPC, "zones": unread("dns.managedZones.list")}),
    ("reach/dns-zone", B, {"origin": IN_VPC, "zones": (replace(TO_ENDPOINT, endpoints=()),)}),
    ("reach/dns-zone", B, {"origin": IN_VPC, "zones": (replace(TO_ENDPOINT, endpoints=("10.3.0.6",)),)}),
    ("reach/dns-zone", C, {"origin": IN_VPC, "zones": (replace(TO_ENDPOINT, endpoints=("10.3.0.5",)),)}),
    ("reach/dns-zone", U, {"origin": IN_VPC, "zones": (TO_ENDPOINT,)}),
    (
        "reach/dns-zone",
        B,
        {"origin": IN_VPC, "zones": (replace(TO_ENDPOINT, addresses=("10.3.0.5", "203.0.113.7")),)},
    ),
    ("ingress/private-ranges-only", C, {"ingress": Ingress.INTERNAL, "origin": IN_VPC, "zones": (TO_ENDPOINT,)}),
    ("reach/proxy-answered", B, seen(Response(407, {"proxy-authenticate": "Basic"}))),
    ("reach/proxy-answered", C, seen(FORBIDDEN)),
    ("reach/proxy-answered", U, ALL_UNREAD),
    (
        "ingress/service-perimeter",
        B,
        paste(logs=(LogEntry(LogKind.AUDIT_POLICY, L, method_name="run.googleapis.com/HttpIngress"),)),
    ),
    (
        "ingress/service-perimeter",
        C,
        paste(logs=(LogEntry(LogKind.AUDIT_POLICY, L, method_name="storage.googleapis.com/Get"),)),
    ),
    (
        "ingress/service-perimeter",
        U,
        {"calls": calls(NOT_FOUND, NOT_FOUND, NOT_FOUND), "logged": unread("logging.logEntries.list")},
    ),
    ("ingress/custom-domain", B, {**FROM_GOOGLE, "call": DOMAIN, "caller": NIGHTLY}),
    ("ingress/custom-domain", C, {**FROM_GOOGLE, "caller": NIGHTLY}),
    ("ingress/custom-domain", U, {**FROM_GOOGLE, **NO_INGRESS}),
    ("ingress/custom-domain", B, {**FROM_GOOGLE, **MAPPED, "caller": NIGHTLY}),
    ("ingress/custom-domain", C, {**FROM_GOOGLE, **MAPPED, "domain": Absent(HERE)}),
    ("ingress/load-balancer-only", B, MAPPED),
    ("ingress/load-balancer-only", C, {**MAPPED, "origin": IN_VPC}),
    ("ingress/private-ranges-only", B, {**MAPPED, "origin": IN_VPC, "zones": (INSIDE,)}),
    ("ingress/private-ranges-only", B, {**MAPPED, "ingress": Ingress.INTERNAL, "origin": IN_VPC}),
    ("ingress/private-ranges-only", C, {**MAPPED, "domain": Absent(HERE), "origin": IN_VPC}),
    ("ingress/private-ranges-only", C, {**MAPPED, "origin": ALL_TRAFFIC}),
    ("iap/agent-not-provisioned", B, error(ErrorFamily.IAP_NOT_PROVISIONED)),
    ("iap/agent-not-provisioned", C, error(ErrorFamily.IAP_NOT_SET_UP)),
    ("iap/agent-not-provisioned", U, NO_PASTE),
    ("iap/agent-missing-invoker", B, {**BEHIND_IAP, "policies": NOBODY}),
    ("iap/agent-missing-invoker", C, {**BEHIND_IAP, "policies": policies(bind(AGENT))}),
    ("iap/agent-missing-invoker", U, {**BEHIND_IAP, **NO_POLICY}),
    ("iap/principal-not-authorized", B, {**BEHIND_IAP, "iap_policy": Policy(())}),
    ("iap/principal-not-authorized", C, {**BEHIND_IAP, "iap_policy": Policy((bind(CHECKOUT.member, role=ACCESSOR),))}),
    ("iap/principal-not-authorized", U, {**BEHIND_IAP, "iap_policy": unread("iap.webServices.getIamPolicy")}),
    *(
        (
            "iap/principal-not-authorized",
            verdict,
            {
                **BEHIND_IAP,
                "iap_policy": Policy((bind(member, role=role, condition=condition),)),
                "policies": replace(NOBODY, roles=CUSTOM),
            },
        )
        for verdict, member, role, condition in (
            (C, CHECKOUT.member, ACCESSOR, "request.path == '/'"),
            (B, CHECKOUT.member, ACCESSOR, "request.path == '/admin'"),
            (U, CHECKOUT.member, ACCESSOR, "'accessPolicies/7/accessLevels/office' in request.auth.access_levels"),
            (U, "group:staff@example.com", ACCESSOR, None),
            (C, CHECKOUT.member, "projects/shop-prod/roles/visitor", None),
            (B, CHECKOUT.member, "projects/shop-prod/roles/caller", None),
            (U, CHECKOUT.member, "projects/shop-prod/roles/unread", None),
            (B, CHECKOUT.member, "roles/run.invoker", None),
        )
    ),
    *(
        ("iap/agent-missing-invoker", verdict, {**BEHIND_IAP, "policies": replace(policies(binding), roles=CUSTOM)})
        for verdict, binding in (
            (C, bind(AGENT, role="projects/shop-prod/roles/caller")),
            (U, bind(AGENT, role="projects/shop-prod/roles/unread")),
            (C, bind(AGENT, role="projects/shop-prod/roles/caller", condition="request.path == '/'")),
            (B, bind(AGENT, role="projects/shop-prod/roles/caller", condition="request.path == '/admin'")),
        )
    ),
    ("iam/denied", B, {**BEHIND_IAP, "denials": Denials((OF_EVERYBODY,))}),
    ("iam/denied", C, {**BEHIND_IAP, "denials": Denials((DENIED,))}),
    ("iap/wrong-token", B, seen(IAP_404)),
    ("iap/wrong-token", C, seen(FORBIDDEN)),
    ("iap/wrong-token", U, NO_PASTE),
    ("iap/intercepts-iam", B, {**BEHIND_IAP, "calls": unread("call"), "evidence": Absent(HERE)}),
    ("iap/intercepts-iam", C, {}),
    ("iap/intercepts-iam", U, ALL_UNREAD),
    ("token/preflight", B, error(ErrorFamily.CORS_PREFLIGHT_REFUSED, "browser")),
    ("token/preflight", C, error(ErrorFamily.CORS_HEADER_WRONG, "browser")),
    ("token/preflight", U, {**NO_CALL, "service": unread(), "calls": unread("call")}),
    (
        "token/header-stripped",
        B,
        paste(
            exchanges=(exchange(credentials=(GOOD,)),),
            logs=(LogEntry(LogKind.REQUEST, L, status=403, wording=Wording.EMPTY_HEADER, method="GET", url=f"{URL}/"),),
        ),
    ),
    ("token/header-stripped", C, carrying(GOOD)),
    ("token/header-stripped", U, NO_PASTE),
    (
        "token/header-overwritten",
        B,
        paste(
            exchanges=(
                exchange(answer=by_app(401), credentials=(Credential("authorization", Token(TokenKind.FOREIGN)),)),
            ),
            credentials=(Credential("authorization", replace(sent(), signature_removed=True)),),
        ),
    ),
    ("token/header-overwritten", C, carrying(GOOD, answer=by_app(401))),
    ("token/header-overwritten", U, NO_PASTE),
    (
        "token/serverless-header-wins",
        B,
        carrying(GOOD, Credential("x-serverless-authorization", replace(sent(), signature_removed=True))),
    ),
    ("token/serverless-header-wins", C, carrying(GOOD)),
    ("token/serverless-header-wins", U, {**NO_CALL, "service": unread(), "calls": unread("call")}),
    ("token/duplicate", B, carrying(GOOD, GOOD)),
    ("token/duplicate", C, carrying(GOOD)),
    ("token/duplicate", U, NO_PASTE),
    ("token/malformed-header", B, carrying(Credential("authorization", fault=HeaderFault.DOUBLED_SCHEME))),
    ("token/malformed-header", C, carrying(GOOD)),
    ("token/malformed-header", U, NO_PASTE),
    ("token/missing", B, {**seen(FORBIDDEN), "caller": Caller("me", CallerKind.OPERATOR)}),
    ("token/missing", C, carrying(GOOD, answer=FORBIDDEN)),
    ("token/missing", U, {**NO_CALL, "service": unread(), "calls": unread("call")}),
    ("iam/invoker-check-reenabled", B, {**paste(events=SWITCHED_ON), "policies": NOBODY}),
    ("iam/invoker-check-reenabled", C, {**paste(events=SWITCHED_ON), "service": service(checks_iam=False)}),
    ("iam/invoker-check-reenabled", U, NO_PASTE),
    (
        "iam/binding-lost",
        B,
        {**paste(events=(Event(EventKind.DELETED, L), Event(EventKind.CREATED, L))), "policies": NOBODY, **REFUSED},
    ),
    ("iam/binding-lost", C, paste(events=(Event(EventKind.DELETED, L), Event(EventKind.CREATED, L)))),
    ("iam/binding-lost", U, NO_PASTE),
    (
        "iam/propagation",
        B,
        {
            "evidence": Evidence(
                exchanges=(exchange(answer=FORBIDDEN, credentials=(GOOD,), at=NOW),),
                events=(Event(EventKind.GRANTED, L, at=NOW - 40),),
            ),
            "seen": FORBIDDEN,
        },
    ),
    (
        "iam/propagation",
        C,
        {
            "evidence": Evidence(
                exchanges=(exchange(answer=FORBIDDEN, credentials=(GOOD,), at=NOW),),
                events=(Event(EventKind.GRANTED, L, at=NOW - 4000),),
            ),
            "seen": FORBIDDEN,
        },
    ),
    ("iam/propagation", U, ALL_UNREAD),
    (
        "iam/org-policy-blocks-public",
        B,
        {**CALLABLE, "constraints": Constraints(restricts_members=True), "evidence": Absent(HERE)},
    ),
    ("iam/org-policy-blocks-public", C, {**CALLABLE, "constraints": Constraints(), "evidence": Absent(HERE)}),
    ("iam/org-policy-blocks-public", U, {"service": unread(), **NO_CALL, "calls": unread("call")}),
    ("iam/public-not-applied", B, CALLABLE),
    ("iam/public-not-applied", C, {**CALLABLE, "policies": policies(bind("allUsers"))}),
    ("iam/public-not-applied", U, {"service": unread(), **NO_CALL, "calls": unread("call")}),
    ("app/cors", B, error(ErrorFamily.CORS_HEADER_WRONG, "browser")),
    ("app/cors", C, error(ErrorFamily.CORS_PREFLIGHT_REFUSED, "browser")),
    ("app/cors", U, NO_PASTE),
    ("app/audience", B, error(ErrorFamily.AUDIENCE_REFUSED_BY_APP)),
    ("app/audience", C, error(ErrorFamily.TOKEN_REFUSED_BY_APP)),
    ("app/audience", U, NO_PASTE),
    (
        "app/verifies-stripped-signature",
        B,
        paste(
            credentials=(Credential("authorization", replace(sent(), signature_removed=True)),),
            errors=error(ErrorFamily.TOKEN_REFUSED_BY_APP)["evidence"].errors,
        ),
    ),
    (
        "app/verifies-stripped-signature",
        C,
        paste(errors=error(ErrorFamily.TOKEN_REFUSED_BY_APP)["evidence"].errors),
    ),
    ("app/verifies-stripped-signature", U, NO_PASTE),
)

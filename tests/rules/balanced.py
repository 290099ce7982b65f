"""The causes that a load balancer before the service shows, by what its chain does with the call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crauth_doctor.model.caller import Caller, CallerKind, Origin, Place, Sending
from crauth_doctor.model.fact import Absent, Fact, Known
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.iam import Policy
from crauth_doctor.model.leads import call_leads_here
from crauth_doctor.model.load_balancer import (
    Certificate,
    Frontend,
    LoadBalancer,
    SecurityPolicy,
    SecurityRule,
    ServerlessGroup,
)
from crauth_doctor.model.run import Ingress
from tests.rules.scenes import (
    ALL_UNREAD,
    CHECKOUT,
    FROM_HERE,
    HERE,
    IN_VPC,
    NAME,
    NO_POLICY,
    NOBODY,
    SERVICE,
    bind,
    policies,
    sent,
    unread,
)

B, C, U = Verdict.BLOCKS, Verdict.CLEAR, Verdict.UNKNOWN
HOST = "shop.example.com"
GROUP = "projects/shop-prod/regions/us-central1/networkEndpointGroups/shop-neg"
OTHER = NAME.replace("orders", "returns")
AGENT = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
ACCESSOR = "roles/iap.httpsResourceAccessor"
FRONT = Frontend(frozenset(), Known(Certificate("projects/shop-prod/global/sslCertificates/c", ready=True), HERE))
IN_ANOTHER = replace(IN_VPC, network="projects/other/global/networks/n")
BY_SCHEDULER = {
    "origin": Origin(Place.GOOGLE, "shop-prod"),
    "ingress": Ingress.INTERNAL,
    "sending": Sending("Cloud Scheduler", f"https://{HOST}/"),
    "caller": Caller(
        "scheduler/nightly", CallerKind.SCHEDULER, "projects/shop-prod/locations/us-central1/jobs/nightly"
    ),
}
THERE, MISSING = Known(value=True, source=HERE), Known(value=False, source=HERE)


def behind(*groups: ServerlessGroup, **more: Any) -> dict[str, Any]:
    """The call goes to a host that a load balancer leads from to these groups, to the service itself by default."""
    parts: dict[str, Any] = {"frontend": Known(FRONT, HERE), "security": Absent(HERE), "exists": Absent(HERE)}
    led = groups or (() if "elsewhere" in more else (ServerlessGroup(GROUP, NAME),))
    backend = "projects/shop-prod/global/backendServices/shop-backend"
    balancer = LoadBalancer(
        HOST, "projects/shop-prod/global/urlMaps/shop", backend, led, more.pop("elsewhere", ""), **(parts | more)
    )
    call = Call(f"https://{HOST}/cart")
    leads = call_leads_here(Known(call, HERE), Known(SERVICE, HERE), Absent(HERE), Known(balancer, HERE))
    return {"load_balancer": balancer, "call": call, "call_leads_here": leads}


def policed(*rules: SecurityRule) -> Fact[SecurityPolicy]:
    ordered = tuple(sorted(rules, key=lambda each: each.priority))
    return Known(SecurityPolicy("projects/shop-prod/global/securityPolicies/edge", ordered), HERE)


def deny(action: str, expression: str = "") -> SecurityRule:
    return SecurityRule(1000, action, not expression, expression)


def certified(*, ready: bool | None) -> Fact[Frontend]:
    state = Certificate("projects/shop-prod/global/sslCertificates/c", ready, "its state is PROVISIONING")
    return Known(replace(FRONT, certificate=Known(state, HERE)), HERE)


ALLOW = SecurityRule(2147483647, "allow", everybody=True)
OFFICE = SecurityRule(5, "allow", everybody=False)
FORBIDDEN = "deny(403)"

BALANCED: tuple[tuple[str, Verdict, dict[str, Any]], ...] = (
    ("reach/cloud-armor", B, behind(security=policed(deny(FORBIDDEN)))),
    ("reach/cloud-armor", B, behind(security=policed(deny("deny(502)", 'request.path.startsWith("/")'), ALLOW))),
    ("reach/cloud-armor", C, behind(security=policed(deny(FORBIDDEN, 'request.path == "/x"'), ALLOW))),
    ("reach/cloud-armor", C, behind(security=policed(replace(ALLOW, priority=1), deny(FORBIDDEN)))),
    ("reach/cloud-armor", C, behind(security=policed(OFFICE, ALLOW))),
    ("reach/cloud-armor", U, behind(security=policed(OFFICE, deny(FORBIDDEN)))),
    ("reach/cloud-armor", U, behind(security=policed(deny(FORBIDDEN, "origin.region_code == 'XX'"), ALLOW))),
    ("reach/cloud-armor", U, behind(security=policed(deny("throttle"), ALLOW))),
    ("reach/cloud-armor", U, behind(security=unread("compute.securityPolicies.get"))),
    ("reach/url-mask", B, behind(ServerlessGroup(GROUP, None, mask="shop.example.com/api/<service>"))),
    ("reach/url-mask", B, behind(ServerlessGroup(GROUP, OTHER, mask="/<service>"), exists=MISSING)),
    ("reach/url-mask", B, behind(ServerlessGroup(GROUP, OTHER), exists=THERE)),
    ("reach/url-mask", B, behind(elsewhere="the backend bucket assets")),
    ("reach/url-mask", C, behind()),
    ("reach/url-mask", C, behind(ServerlessGroup(GROUP, OTHER), exists=MISSING)),
    ("reach/url-mask", C, behind(ServerlessGroup(GROUP, NAME), ServerlessGroup(f"{GROUP}-2", OTHER))),
    ("reach/url-mask", U, ALL_UNREAD),
    ("reach/no-such-service", B, behind(ServerlessGroup(GROUP, OTHER), exists=MISSING)),
    ("reach/no-such-service", C, behind(ServerlessGroup(GROUP, OTHER), exists=THERE)),
    ("reach/no-such-service", C, behind()),
    ("reach/domain-not-ready", B, behind(frontend=certified(ready=False))),
    ("reach/domain-not-ready", C, behind(frontend=certified(ready=True))),
    ("reach/domain-not-ready", C, behind(frontend=certified(ready=None))),
    ("ingress/outside-vpc", B, {**behind(), "ingress": Ingress.INTERNAL, "origin": IN_VPC}),
    ("ingress/outside-vpc", B, behind(internal=True)),
    ("ingress/outside-vpc", B, {**behind(internal=True), **BY_SCHEDULER}),
    ("ingress/outside-vpc", C, {**behind(internal=True), "ingress": Ingress.INTERNAL, "origin": IN_VPC}),
    ("ingress/outside-vpc", C, {**behind(internal=True), "origin": FROM_HERE}),
    ("ingress/outside-vpc", C, {**behind(internal=True), "caller": Caller("laptop", CallerKind.LAPTOP)}),
    ("ingress/custom-domain", C, {**behind(internal=True), **BY_SCHEDULER}),
    ("ingress/custom-domain", B, {**behind(), **BY_SCHEDULER}),
    ("ingress/outside-vpc", C, {**behind(), "ingress": Ingress.INTERNAL_AND_LB}),
    ("ingress/other-project", C, {**behind(internal=True), "ingress": Ingress.INTERNAL, "origin": IN_ANOTHER}),
    ("iap/agent-missing-invoker", B, {**behind(iap=True), "policies": NOBODY}),
    ("iap/agent-missing-invoker", C, {**behind(iap=True), "policies": policies(bind(AGENT))}),
    ("iap/agent-missing-invoker", C, {**behind(), "policies": NOBODY}),
    ("iap/agent-missing-invoker", U, {**behind(iap=True), **NO_POLICY}),
    ("iap/principal-not-authorized", B, {**behind(iap=True), "iap_policy": Policy(())}),
    (
        "iap/principal-not-authorized",
        C,
        {**behind(iap=True), "iap_policy": Policy((bind(CHECKOUT.member, role=ACCESSOR),))},
    ),
    ("iap/principal-not-authorized", U, {**behind(iap=True), "iap_policy": unread("iap.webServices.getIamPolicy")}),
    ("iap/intercepts-iam", B, {**behind(iap=True), "calls": unread("call")}),
    ("iap/intercepts-iam", C, {**behind(iap=True, iap_client="c.example"), "token": sent("c.example")}),
)

"""Twenty questions in three: one line of what the caller saw, and the tool's own questions answered from the world."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.diagnosis.general import more_general
from crauth_doctor.evidence import read
from crauth_doctor.model.asks.sayable import BY_NAME
from crauth_doctor.model.fact import STATED, Known, Source
from crauth_doctor.model.finding import Conclusion, Diagnosis
from crauth_doctor.workflows.context import said_of
from crauth_doctor.workflows.explain import facts_of
from tests.built_in import documents

MOST = 8
RUN = "//run.googleapis.com/"

KINDS = {
    "run": "cloud-run-service", "job": "cloud-run-job", "function": "function", "appengine": "app-engine",
    "gce": "compute-engine", "gke": "gke", "scheduler": "scheduler", "tasks": "tasks", "pubsub": "pubsub",
    "eventarc": "eventarc", "workflow": "workflow", "apigateway": "api-gateway", "build": "cloud-build",
    "federation": "federation", "browser": "browser", "app": "app", "webhook": "webhook", "laptop": "laptop",
    "me": "laptop",
}  # fmt: skip
SENDERS = {"scheduler", "tasks", "pubsub", "eventarc", "workflow"}

# What is so in a world where nothing is amiss.
USUAL: Mapping[str, str] = {
    "meant": "private", "token-sent": "yes", "token-kind": "id-token", "token-age": "fresh", "header": "one",
    "token-account": "own", "host": "run-app",
    "front": "nothing", "scheme": "https", "invoker": "granted", "denied": "no", "perimeter": "no",
    "worked-before": "never", "changed": "nothing", "allusers-refused": "no", "exists": "yes",
    "ingress": "all", "network": "internet", "resolves": "public", "google-access": "on", "iap": "off",
    "account-state": "enabled", "agent": "yes", "app-reason": "other",
}  # fmt: skip

# What a person in the world knows of it beside: of its settings, its code, its history, and what was meant.
OF_CAUSE: Mapping[str, Mapping[str, str]] = {
    "app/cors": {"meant": "public", "app-reason": "cors"},
    "app/verifies-stripped-signature": {"app-reason": "signature"},
    "iam/binding-lost": {"invoker": "none", "worked-before": "until-change", "changed": "recreated"},
    "iam/condition-unmet": {"invoker": "request-condition"},
    "iam/condition-unsupported": {"invoker": "resource-condition"},
    "iam/denied": {"denied": "yes"},
    "iam/federated-principal": {"caller": "federation", "invoker": "pool-member"},
    "iam/invoker-check-reenabled": {
        "meant": "public", "open-by": "check-off", "worked-before": "until-change", "changed": "deployed",
        "token-sent": "no", "token-lost": "no-identity", "invoker": "none", "allusers-refused": "yes",
    },
    "iam/missing-invoker": {"invoker": "none"},
    "iam/org-policy-blocks-public": {
        "meant": "public", "open-by": "allusers", "allusers-refused": "yes", "token-sent": "no",
        "token-lost": "no-identity", "invoker": "none",
    },
    "iam/principal-recreated": {"invoker": "deleted-account"},
    "iam/propagation": {"changed": "granted"},
    "iam/public-not-applied": {
        "meant": "public", "token-sent": "no", "token-lost": "no-identity", "invoker": "none", "open-by": "allusers",
    },
    "iam/role-lacks-permission": {"invoker": "other-role"},
    "iam/wrong-principal": {"invoker": "other-account"},
    "iam/wrong-resource": {"invoker": "other-resource"},
    "iap/agent-missing-invoker": {"iap": "on", "iap-fault": "agent"},
    "iap/agent-not-provisioned": {"iap": "on", "iap-fault": "agent"},
    "iap/intercepts-iam": {"iap": "on", "iap-fault": "sign-in"},
    "iap/principal-not-authorized": {"iap": "on", "iap-fault": "person"},
    "iap/wrong-token": {"iap": "on", "iap-fault": "token", "front": "load-balancer"},
    "ingress/custom-domain": {"ingress": "internal", "network": "google", "front": "domain-mapping"},
    "ingress/load-balancer-only": {"ingress": "internal-and-cloud-load-balancing"},
    "ingress/none": {"ingress": "none"},
    "ingress/not-applied": {"ingress": "internal", "changed": "ingress"},
    "ingress/other-project": {"ingress": "internal", "network": "other-project"},
    "ingress/outside-vpc": {"ingress": "internal"},
    "ingress/private-ranges-only": {"ingress": "internal", "network": "vpc-private"},
    "ingress/service-perimeter": {"perimeter": "yes"},
    "mint/account-disabled": {"account-state": "disabled", "token-sent": "no", "token-lost": "not-minted"},
    "mint/account-missing": {"account-state": "missing", "token-sent": "no", "token-lost": "not-minted"},
    "mint/agent-cannot-mint": {
        "agent": "no", "token-sent": "no", "token-lost": "not-minted", "token-setting": "oidc",
    },
    "mint/no-token-configured": {"token-setting": "none", "token-sent": "no", "token-lost": "never-attached"},
    "mint/sender-cannot-authenticate": {"token-sent": "no", "token-lost": "no-identity"},
    "mint/oidc-to-google-api": {"token-setting": "oidc", "host": "google-api", "caller": "scheduler"},
    "mint/metadata-proxied": {"token-account": "other"},
    "reach/cloud-armor": {"front": "armor"},
    "reach/default-url-disabled": {"exists": "url-off"},
    "reach/dns-zone": {"resolves": "elsewhere", "network": "vpc-all"},
    "reach/domain-not-ready": {"front": "domain-mapping", "domain": "pending"},
    "reach/host-header": {"front": "rewriting"},
    "reach/no-such-service": {"exists": "no"},
    "reach/plain-http": {"scheme": "http"},
    "reach/private-access-off": {"google-access": "off", "network": "vpc-all"},
    "reach/proxy-answered": {"front": "proxy"},
    "reach/raw-url": {
        "front": "bypassed", "meant": "fronted", "token-sent": "no", "token-lost": "no-identity", "caller": "browser",
    },
    "reach/redirect-dropped-token": {"token-sent": "no", "token-lost": "by-redirect", "front": "proxy"},
    "reach/url-mask": {"front": "url-mask"},
    "token/access-token": {"token-kind": "access-token", "token-setting": "oauth"},
    "token/bound": {"token-kind": "bound"},
    "token/duplicate": {"header": "several"},
    "token/expired": {"token-age": "stale", "worked-before": "for-a-while"},
    "token/foreign-issuer": {"token-kind": "end-user"},
    "token/header-overwritten": {"header": "shared", "app-reason": "token"},
    "token/header-stripped": {"token-sent": "no", "token-lost": "on-the-way", "front": "proxy"},
    "token/malformed-header": {"header": "malformed"},
    "token/missing": {"token-sent": "no", "token-lost": "never-attached"},
    "token/preflight": {"token-sent": "no", "token-lost": "preflight"},
    "token/self-signed": {"token-kind": "self-signed"},
    "token/serverless-header-wins": {"header": "both"},
    "token/signature-removed": {"token-kind": "forwarded"},
}  # fmt: skip

# What the front end answers, by stage and by cause: status, and what its page looks like.
OF_STAGE = {
    "reach": (404, "google-page"), "ingress": (404, "google-page"), "iap": (401, "iap"), "token": (401, "google-page"),
    "iam": (403, "google-page"), "app": (403, "application"), "mint": (403, "google-page"),
}  # fmt: skip
ANSWER_OF = {
    "reach/reserved-path": (404, "google-robot"),
    "reach/domain-not-ready": (404, "google-robot"),
    "reach/host-header": (404, "google-robot"),
    "reach/plain-http": (302, "google-page"),
    "reach/proxy-answered": (403, "between"),
    "reach/raw-url": (403, "google-page"),
    "reach/redirect-dropped-token": (403, "google-page"),
    "reach/cloud-armor": (403, "bare"),
    "ingress/service-perimeter": (403, "google-page"),
    "token/missing": (403, "google-page"),
    "token/preflight": (403, "google-page"),
    "token/header-stripped": (403, "google-page"),
    "iap/agent-missing-invoker": (403, "iap"),
    "iap/principal-not-authorized": (403, "iap"),
    "mint/oidc-to-google-api": (401, "google-page"),
    "app/not-found": (404, "application"),
    "app/failing": (503, "application"),
}
SILENT = {"reach/private-access-off", "reach/dns-zone"}
OAUTH = (
    "google.auth.exceptions.OAuthError: ('Error code unauthorized_client: The given credential is rejected by the "
    "attribute condition.', '{}')"
)
OF_WORLD = {"iap-agent-missing-invoker": (403, "google-page"), "iap-intercepts-iam": (401, "iap")}
SENTENCES = {
    "mint/federation-denied": (
        "google.auth.exceptions.RefreshError: ('Unable to acquire impersonated credentials', \"Permission "
        "'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).\")"
    ),
    "mint/account-disabled": "PERMISSION_DENIED: Service account caller@shop-prod.iam.gserviceaccount.com is disabled.",
    "mint/account-missing": "google.auth.exceptions.RefreshError: ('invalid_grant: Invalid grant: account not found')",
    "mint/impersonation-denied": (
        "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist)."
    ),
}
PHRASES = {302: "Found", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}


@dataclass
class World:
    """One world's file, what its caller saw, and what somebody in it would answer."""

    name: str
    document: dict[str, Any]

    @property
    def cause(self) -> str:
        return str(self.document["expect"]["cause"])

    @property
    def accepted(self) -> frozenset[str]:
        """The cause, and what is true with it where nothing shows it; the front end answers the same to both."""
        return frozenset({self.cause}) | more_general(self.cause)

    def option(self, name: str) -> str:
        run = [str(word) for word in self.document["run"]]
        return run[run.index(name) + 1] if name in run else ""

    @property
    def url(self) -> str:
        if self.option("--url"):
            return self.option("--url")
        if called := self.set_url:
            return called
        named = str(self.document["run"][1])
        if "://" in named:
            return named
        pasted = re.search(
            r"https?://[\w.-]+(?:run\.app|\.example|-run\.googleapis\.com/apis)[\w./-]*",
            self.document.get("evidence", ""),
        )
        for name, each in self.document.get("world", {}).get("resources", {}).items():
            if name.startswith(RUN) and name.endswith(f"/services/{named}"):
                region = name.split("/")[6]
                host = each.get("uri") or next(
                    iter(each.get("urls", ())), f"https://{named}-123456789012.{region}.run.app"
                )
                return str(host) + (self.option("--path") or "/")
        return pasted[0] if pasted else "https://orders-abc123-uc.a.run.app/"

    @property
    def set_url(self) -> str:
        """What the product that calls is set to call, where that is a host of the user's own."""
        word, _, name = self.option("--caller").partition("/")
        resources = self.document.get("world", {}).get("resources", {}) if word in SENDERS else {}
        own = [each for key, each in resources.items() if not key.startswith(RUN) and key.endswith(f"/{name}")]
        found = re.search(r"'(?:uri|pushEndpoint|url)': '(https://[\w.-]+\.example[^']*)'", str(own))
        return found[1] if found else ""

    @property
    def line(self) -> str:
        """What the caller sees: no more than the status and the URL, or the library's sentence."""
        if self.cause in SILENT:
            host = self.url.split("/")[2]
            pool = f"HTTPSConnectionPool(host='{host}', port=443)"
            return f"requests.exceptions.ConnectTimeout: {pool}: Max retries exceeded with url: /"
        if self.cause.startswith(("mint/", "iap/", "app/cors")) and (sentence := self.sentence):
            return sentence
        status, _ = self.answered
        return f"{status} Client Error: {PHRASES[status]} for url: {self.url}"

    @property
    def sentence(self) -> str:
        if self.cause == "mint/federation-denied" and self.name.endswith(("disabled", "condition")):
            return OAUTH
        lines = self.document.get("evidence", "").splitlines()
        return next((line for line in lines if read(line).errors), SENTENCES.get(self.cause, ""))

    @property
    def answered(self) -> tuple[int, str]:
        return OF_WORLD.get(self.name) or ANSWER_OF.get(self.cause) or OF_STAGE[self.cause.partition("/")[0]]

    def answer(self, fact: str) -> str | None:
        """Return what somebody in the world would answer; None where they do not know."""
        status, page = self.answered
        word = self.option("--caller").partition("/")[0]
        known = {
            **USUAL, **({"caller": KINDS[word]} if word in KINDS else {}),
            **({"token-setting": "oidc"} if word in SENDERS else {}),
            **({"token-sent": "no", "token-lost": "no-identity"} if word in {"browser", "webhook"} else {}),
            "log": self.log, "url": self.url, "status": {302: "other", 503: "server-error"}.get(status, str(status)),
            "answer": page, "audience": self.audience,
            "project": self.option("--project"), "region": self.option("--region"),
            **OF_CAUSE.get(self.cause, {}),
        }  # fmt: skip
        return known.get(fact) or None

    @property
    def log(self) -> str:
        """What stands in the service's request log."""
        status, page = self.answered
        sent = OF_CAUSE.get(self.cause, {}).get("token-sent", "yes")
        if page == "application":
            return "latency"
        if self.cause == "mint/oidc-to-google-api":
            return "nothing"
        if status == 404 or page != "google-page" or self.cause == "ingress/service-perimeter":
            return "nothing"
        return "not-verified" if status == 401 else ("empty-header" if sent == "no" else "lacks-permission")

    @property
    def audience(self) -> str:
        if self.option("--audience"):
            return self.option("--audience")
        word, _, name = self.option("--caller").partition("/")
        own = name.rsplit("/", 1)[-1]
        for resource, each in self.document.get("world", {}).get("resources", {}).items():
            if (
                word in SENDERS
                and not resource.startswith(RUN)
                and (f"/{own}/tasks/" in resource or resource.endswith(f"/{own}"))
            ):
                found = re.search(r"'audience': '([^']+)'", str(each)) or re.search(
                    r"'(?:uri|pushEndpoint)': '([^']+)'", str(each)
                )
                if found:
                    return found[1]
        return "/".join(self.url.split("/")[:3])


@dataclass
class Interview:
    """How one world's questions went."""

    world: World
    asked: list[str] = field(default_factory=list)
    named: list[str | None] = field(default_factory=list)
    end: Diagnosis | None = None

    @property
    def answers(self) -> int | None:
        """After how many answers the right cause was named, and stayed so; None where it never was."""
        right = [cause in self.world.accepted for cause in self.named]
        return next((at for at in range(len(right)) if all(right[at:])), None)


def interview(world: World) -> Interview:
    held = Interview(world)
    facts = facts_of(read(world.line))
    said: list[str] = []
    unknown: set[str] = set()
    while True:
        stated = Known(said_of(tuple(said)), Source(STATED, "the test"))
        held.end = diagnose(replace(facts, said=stated))
        held.named.append(held.end.cause.rule if held.end.cause else None)
        ask = next((ask for ask in held.end.asks if ask.fact not in unknown), None)
        if ask is None or len(held.asked) == MOST:
            return held
        value = world.answer(ask.fact)
        held.asked.append(f"{ask.fact}={value}")
        if value is None:
            unknown.add(ask.fact)
        else:
            said.append(f"{ask.fact}={value}")


def worlds() -> Iterator[World]:
    for name, document in documents().items():
        if document["expect"]["cause"]:
            yield World(name, document)


def test_three_answers_are_enough_and_none_ends_wrong_or_too_sure() -> None:
    held = [interview(world) for world in worlds()]
    counts = [each.answers for each in held]
    ordered = sorted(held, key=lambda each: (each.answers is None, each.answers or 0))
    sums = [sum(count is not None and count <= most for count in counts) for most in range(MOST + 1)]
    rows = [f"{'world':<44}{'answers':<9}{'named':<36}asked"]
    rows += [f"{x.world.name:<44}{x.answers!s:<9}{x.named[-1]!s:<36}{' '.join(x.asked)}" for x in ordered]
    rows += [f"{most} answers: {count} of {len(counts)}" for most, count in enumerate(sums)]
    sys.stdout.write("\n".join(("", *rows, "")))
    assert sum(count is not None and count <= 3 for count in counts) >= 0.8 * len(counts)
    assert sum(count is not None and count <= 5 for count in counts) >= 0.95 * len(counts)

    ends = [(each, each.end.cause.rule) for each in held if each.end and each.end.cause]
    assert [(each.world.name, rule) for each, rule in ends if rule not in each.world.accepted] == []
    sure = [each.world.name for each in held if each.asked and each.end and each.end.conclusion is Conclusion.PROVEN]
    assert sure == [], "what is said proves nothing"


def test_whatever_is_answered_is_one_of_the_values() -> None:
    for world in worlds():
        for name, fact in BY_NAME.items():
            value = world.answer(name)
            assert value is None or not fact.values or value in fact.values, (world.name, name, value)

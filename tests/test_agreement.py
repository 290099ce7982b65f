"""The rules and the sandbox's front end are two opinions on one question: may this member invoke?

For random worlds, with every documented form of member, role, denied permission, exception and condition, the rules say
what the front end then does, or that they cannot tell; never the contrary. Some hundreds of worlds are drawn, or as
many as CRAUTH_DOCTOR_RANDOM_WORLDS says.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from crauth_doctor.google_json.policies import policy
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.finding import Stage, Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.iam import (
    INVOKE,
    AllowPolicies,
    Condition,
    Denials,
    DenyRule,
    Policy,
    PolicyAt,
    Principal,
    Role,
    Tag,
)
from crauth_doctor.model.run import Service
from crauth_doctor.rules import ALL
from crauth_doctor.sandbox import Sandbox, parse_world, serve

WORLDS_A_BATCH = 100
BATCHES = max(1, int(os.environ.get("CRAUTH_DOCTOR_RANDOM_WORLDS", "400")) // WORLDS_A_BATCH)
NOW = 1_780_304_400  # 2026-06-01T09:00:00Z, a Monday
HERE = Source("test", "a random world")
SERVICES = [f"caller-{letter}@home.iam.gserviceaccount.com" for letter in "abc"]
OPERATOR = "dev@example.com"
CALLERS = [*(f"serviceAccount:{email}" for email in SERVICES), f"user:{OPERATOR}"]
ROLES = [
    *("roles/run.invoker", "roles/run.servicesInvoker", "roles/editor", "roles/viewer", "roles/run.viewer"),
    *("roles/cloudfunctions.invoker", "projects/home/roles/callers", "projects/home/roles/readers"),
    *("projects/home/roles/retired", "roles/owner", "roles/compute.viewer", "projects/home/roles/never-made"),
    *("roles/run.admin", "roles/run.developer", "roles/run.serviceAgent", "roles/eventarc.serviceAgent"),
]
CUSTOM: dict[str, dict[str, Any]] = {
    "callers": {"includedPermissions": [INVOKE]},
    "readers": {"includedPermissions": ["run.services.get"]},
    "retired": {"includedPermissions": [INVOKE], "stage": "DISABLED"},
}
CONDITIONS = [
    'request.path.startsWith("/orders")',
    'request.path.startsWith("/admin")',
    'request.path.extract("/orders/{id}/") == "7"',
    'request.host.endsWith(".run.app")',
    'request.time < timestamp("2026-01-01T00:00:00Z")',
    'request.time < timestamp("2030-01-01T00:00:00Z")',
    'request.time.getHours("Asia/Tokyo") >= 18 && request.time.getDayOfWeek("Asia/Tokyo") == 1',
    'request.time.getHours("Europe/Berlin") < 9',
    'resource.name.startsWith("projects/")',
    'resource.service == "run.googleapis.com"',
    'resource.type == "x" || request.path.startsWith("/orders")',
    'request.path.startsWith("/orders") && resource.name != ""',
    '!(request.path == "/orders/7/items")',
    "request.path.matches(",
    'request.path.matches("^/orders/[0-9]+/items$")',
    'request.path.matches("(a+)+$")',
    'request.path.contains("items") ? request.host != "" : false',
    'request.path in ["/orders/7/items", "/"]',
    "request.path.size() > 3 && request.path.size() < 100",
    'request.time + duration("24h") > timestamp("2026-06-02T08:00:00Z")',
    "request.time.getFullYear() == 2026 && request.time.getMonth() == 5 && request.time.getDate() == 1",
    'request.time.getDayOfYear("America/New_York") == 151 || request.time.getMinutes() > 30',
    'request.path == "\\x2forders/7/items" || request.path == r"/orders"',
    'resource.matchTag("9/env", "prod")',
    'resource.matchTagId("tagKeys/1", "tagValues/2")',
    'resource.hasTagKey("9/env")',
    'resource.hasTagKeyId("tagKeys/1")',
    '["a", "b"].exists(x, x == "a")',
    'has(request.path) && request.path != ""',
    "(" * 60 + "true" + ")" * 60,
    'request.path != "' + "a" * 3000 + '"',
    "api.getAttribute('x', []) == [] || true",
    'request.auth.claims["email"] == "x"',
    "true",
    "false",
]
DENY_CONDITIONS = [
    'resource.matchTag("9/env", "prod")',
    '!resource.hasTagKey("9/env")',
    'request.path.startsWith("/orders")',
    'request.time < timestamp("2020-01-01T00:00:00Z")',
    'resource.matchTag("9/env", "prod") && false',
    "request.path.matches(",
    "true",
    "false",
]
DENIABLE = [
    "run.googleapis.com/routes.invoke",
    "run.googleapis.com/routes.*",
    "run.googleapis.com/*.invoke",
    "run.googleapis.com/*.*",
    "run.googleapis.com/services.get",
    "run.googleapis.com/services.*",
    "run.googleapis.com/*.get",
    "pubsub.googleapis.com/*.*",
    "cloudfunctions.googleapis.com/functions.invoke",
]
POOL = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p"
AGENT = "agents.global.org-9.system.id.goog"


def condition(pick: random.Random) -> str:
    """One of the list, or some of them joined."""
    one = pick.choice(CONDITIONS)
    if pick.random() < 0.3:
        one = f"!({one})"
    if pick.random() < 0.4:
        return f"({one}) {pick.choice(['&&', '||'])} ({pick.choice(CONDITIONS)})"
    return one


def resource_sets(number: int) -> list[str]:
    resources = ["projects/1", f"projects/{1000 + number}", f"folders/{100 + number}", "folders/99", "organizations/9"]
    of = "principalSet://cloudresourcemanager.googleapis.com/"
    return [f"{of}{one}/type/{kind}" for one in resources for kind in ("ServiceAccount", "ServiceAgent")]


def own_account(number: int) -> str:
    return f"own@p{number}.iam.gserviceaccount.com"


def members(pick: random.Random, number: int) -> list[str]:
    others = [
        "allUsers",
        "allAuthenticatedUsers",
        "group:callers@example.com",
        "group:Outer@example.com",
        "domain:example.com",
        "domain:EXAMPLE.com",
        "domain:other.example",
        "projectOwner:home",
        "projectEditor:home",
        f"projectOwner:p{number}",
        f"projectViewer:p{number}",
        f"deleted:{CALLERS[0]}?uid=12345",
        CALLERS[0].upper().replace("SERVICEACCOUNT", "serviceAccount"),
        f"user:{OPERATOR.upper()}",
        "serviceAccount:home.svc.id.goog[shop/cart]",
        f"principal://{POOL}/subject/s",
        f"principalSet://{POOL}/group/g",
        f"principalSet://{POOL}/attribute.repository/x",
        f"principalSet://{POOL}/*",
        "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/s",
        "principalSet://iam.googleapis.com/locations/global/workforcePools/w/*",
        f"principal://{AGENT}/resources/run/projects/1/locations/us-central1/services/s",
        f"principalSet://{AGENT}/attribute.platformContainer/aiplatform/projects/1",
        "serviceAccount:somebody-else@home.iam.gserviceaccount.com",
        f"serviceAccount:{own_account(number)}",
        "martian:x",
        *resource_sets(number),
    ]
    return pick.sample([*CALLERS, *others], pick.randint(1, 3))


def bindings(pick: random.Random, most: int, number: int = 0) -> list[dict[str, Any]]:
    found = []
    for _ in range(pick.randint(0, most)):
        binding: dict[str, Any] = {"role": pick.choice(ROLES), "members": members(pick, number)}
        if pick.random() < 0.4:
            binding["condition"] = {"title": "t", "expression": condition(pick)}
        found.append(binding)
    return found


def deny_rule(pick: random.Random, number: int) -> dict[str, Any]:
    account = "principal://iam.googleapis.com/projects/-/serviceAccounts"
    principals = [
        f"{account}/{SERVICES[0]}",
        f"{account}/{SERVICES[1].upper()}",
        f"{account}/{own_account(number)}",
        f"principal://goog/subject/{OPERATOR}",
        "principalSet://goog/group/callers@example.com",
        "principalSet://goog/public:all",
        "principalSet://goog/cloudIdentityCustomerId/C0123",
        f"deleted:principal://goog/subject/{OPERATOR}?uid=1",
        f"principal://{POOL}/subject/s",
        f"principalSet://{POOL}/*",
        f"principalSet://{AGENT}/*",
        *resource_sets(number),
    ]
    rule: dict[str, Any] = {
        "deniedPrincipals": pick.sample(principals, pick.randint(1, 2)),
        "deniedPermissions": pick.sample(DENIABLE, pick.randint(1, 2)),
    }
    if pick.random() < 0.4:
        rule["exceptionPrincipals"] = [pick.choice(principals)]
    if pick.random() < 0.3:
        rule["exceptionPermissions"] = [pick.choice(DENIABLE)]
    if pick.random() < 0.2:
        rule["denialCondition"] = {"title": "t", "expression": pick.choice(DENY_CONDITIONS)}
    return rule


class RandomWorlds:
    """A batch of worlds that share one organization: a folder, a project and a service each."""

    def __init__(self, seed: int) -> None:
        pick = random.Random(seed)
        self.resources: dict[str, Any] = {
            "//cloudresourcemanager.googleapis.com/organizations/9": {
                "name": "organizations/9",
                "directoryCustomerId": "C0123",
            },
            "//cloudresourcemanager.googleapis.com/folders/99": {"name": "folders/99", "parent": "organizations/9"},
            "//cloudresourcemanager.googleapis.com/projects/home": {
                "name": "projects/1",
                "projectId": "home",
                "parent": "organizations/9",
            },
        }
        self.resources |= {f"//iam.googleapis.com/projects/home/serviceAccounts/{e}": {} for e in SERVICES}
        self.resources |= {f"//iam.googleapis.com/projects/home/roles/{n}": r for n, r in CUSTOM.items()}
        self.iam: dict[str, Any] = {
            "//cloudresourcemanager.googleapis.com/organizations/9": {
                "bindings": bindings(pick, 1) if seed % 5 == 0 else []
            },
            "//cloudresourcemanager.googleapis.com/projects/home": {"bindings": []},
        }
        self.deny: dict[str, Any] = {}
        self.tags: dict[str, Any] = {}
        self.chains = [self._chain(number, pick) for number in range(WORLDS_A_BATCH)]
        self.asked = [
            (chain, pick.choice([*CALLERS, f"serviceAccount:{own_account(number)}"]), pick.random())
            for number, chain in enumerate(self.chains)
        ]

    def _chain(self, number: int, pick: random.Random) -> list[str]:
        folder = f"//cloudresourcemanager.googleapis.com/folders/{100 + number}"
        project = f"//cloudresourcemanager.googleapis.com/projects/p{number}"
        service = f"//run.googleapis.com/projects/p{number}/locations/us-central1/services/s{number}"
        self.resources |= {
            folder: {"name": f"folders/{100 + number}", "parent": "organizations/9"},
            project: {
                "name": f"projects/{1000 + number}",
                "projectId": f"p{number}",
                "parent": f"folders/{100 + number}",
            },
            service: {
                "ingress": "INGRESS_TRAFFIC_ALL",
                "urls": [f"https://s{number}-{1000 + number}.us-central1.run.app"],
            },
        }
        self.resources[f"//iam.googleapis.com/projects/p{number}/serviceAccounts/{own_account(number)}"] = {}
        self.iam |= {service: {"bindings": bindings(pick, 3, number)}, project: {"bindings": bindings(pick, 2, number)}}
        self.iam |= {folder: {"bindings": bindings(pick, 1, number)}}
        if pick.random() < 0.5:
            value, number_of_it = pick.choice((("prod", 2), ("test", 3)))
            tag = {"tagKey": "tagKeys/1", "namespacedTagKey": "9/env"}
            tag |= {"tagValue": f"tagValues/{number_of_it}", "namespacedTagValue": f"9/env/{value}"}
            self.tags[pick.choice((service, project, folder))] = [tag]
        for at in (project, folder):
            if pick.random() < 0.2:
                self.deny[at] = [{"displayName": "freeze", "rules": [{"denyRule": deny_rule(pick, number)}]}]
        return [service, project, folder, "//cloudresourcemanager.googleapis.com/organizations/9"]

    def document(self) -> dict[str, Any]:
        return {
            "version": 1,
            "now": "2026-06-01T09:00:00Z",
            "operator": {"principal": f"user:{OPERATOR}"},
            "resources": self.resources,
            "iam": self.iam,
            "deny": self.deny,
            "effectiveTags": self.tags,
            "groups": {
                "callers@example.com": [CALLERS[1], CALLERS[3]],
                "outer@example.com": ["group:callers@example.com"],
            },
        }

    def verdicts(self, chain: list[str], member: str, host: str, hidden: str | None) -> set[Verdict]:
        """Return what the rules of the iam stage say, with one policy of the chain unread."""
        at = tuple(PolicyAt(name, self._policy(name, hidden)) for name in chain)
        roles: dict[str, Fact[Role]] = {"projects/home/roles/never-made": Absent(HERE)}
        for name, custom in CUSTOM.items():
            held = frozenset(custom["includedPermissions"])
            role = Role(held, disabled=custom.get("stage") == "DISABLED")
            roles[f"projects/home/roles/{name}"] = Known(role, HERE)
        facts = Facts(
            now=Known(NOW, HERE),
            call=Known(Call(f"https://{host}/orders/7/items"), HERE),
            service=Known(Service(chain[0].removeprefix("//run.googleapis.com/"), (f"https://{host}",)), HERE),
            caller=Known(Caller(member, CallerKind.SERVICE_ACCOUNT), HERE),
            principal=Known(Principal(member), HERE),
            policies=Known(
                AllowPolicies(at, Known(value=True, source=HERE), roles, _number(host), tags=self._tags(chain, hidden)),
                HERE,
            ),
            denials=Known(Denials(tuple(self._denials(chain))), HERE),
            elsewhere=Known((), HERE),
        )
        return {rule.ask(facts).verdict for rule in ALL if rule.stage is Stage.IAM}

    def _policy(self, name: str, hidden: str | None) -> Fact[Policy]:
        if name == hidden:
            return Unknown(HERE, Obstacle.FORBIDDEN)
        return Known(policy({"etag": "BwY=", **self.iam[name]}), HERE)

    def _tags(self, chain: list[str], hidden: str | None) -> Fact[tuple[Tag, ...]]:
        """Return what the API would: the tags of the service and those that it inherits; unread with its policy."""
        if hidden == chain[0]:
            return Unknown(HERE, Obstacle.FORBIDDEN)
        found = [one for name in chain for one in self.tags.get(name, [])]
        short = [str(one["namespacedTagValue"]).rpartition("/")[2] for one in found]
        known = zip(found, short, strict=True)
        return Known(tuple(Tag(one["namespacedTagKey"], one["tagKey"], v, one["tagValue"]) for one, v in known), HERE)

    def _denials(self, chain: list[str]) -> Iterator[DenyRule]:
        for name in chain:
            for document in self.deny.get(name, []):
                for raw in (rule["denyRule"] for rule in document["rules"]):
                    yield DenyRule(
                        "freeze",
                        name,
                        frozenset(raw["deniedPrincipals"]),
                        frozenset(raw.get("exceptionPrincipals", ())),
                        frozenset(raw["deniedPermissions"]),
                        frozenset(raw.get("exceptionPermissions", ())),
                        Condition(raw["denialCondition"]["expression"]) if "denialCondition" in raw else None,
                    )


def _number(host: str) -> str:
    return host.partition(".")[0].rpartition("-")[2]


def said(verdicts: set[Verdict]) -> str:
    if Verdict.BLOCKS in verdicts:
        return "no"
    return "cannot tell" if Verdict.UNKNOWN in verdicts else "yes"


class Front:
    """The front end, asked over the wire as a member."""

    def __init__(self, box: Sandbox) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.proxies = {"http": box.base}
        self.direct = requests.Session()
        self.direct.trust_env = False
        self.base = box.base
        self.operator = self.direct.get(f"{box.base}/_sandbox", timeout=10).json()["token"]

    def status(self, member: str, host: str) -> int:
        token = self._token(member, f"https://{host}")
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.get(f"http://{host}/orders/7/items", headers=headers, timeout=10).status_code

    def _token(self, member: str, audience: str) -> str:
        email = member.partition(":")[2]
        if member.startswith("user:"):
            url = f"{self.base}/metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity"
            found = self.direct.get(
                url, params={"audience": audience, "format": "full"}, headers={"Metadata-Flavor": "Google"}, timeout=10
            )
            return found.text
        url = f"{self.base}/iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateIdToken"
        body = {"audience": audience, "includeEmail": True}
        found = self.direct.post(url, json=body, headers={"Authorization": f"Bearer {self.operator}"}, timeout=10)
        return str(found.json()["token"])


@pytest.mark.parametrize("seed", range(BATCHES))
def test_the_rules_never_contradict_the_front_end(seed: int) -> None:
    worlds = RandomWorlds(seed)
    tally: Counter[str] = Counter()
    with serve(parse_world(worlds.document())) as box:
        front = Front(box)
        for chain, member, luck in worlds.asked:
            host = worlds.resources[chain[0]]["urls"][0].removeprefix("https://")
            let_in = front.status(member, host) == 200
            hidden = chain[int(luck * 40) % 4] if luck < 0.25 else None
            answer = said(worlds.verdicts(chain, member, host, hidden))
            shown = json.dumps([member, [worlds.iam[n] for n in chain], worlds.deny.get(chain[1]), answer], indent=1)
            assert (answer, let_in) not in {("yes", False), ("no", True)}, shown
            tally[answer] += 1
    if not worlds.iam["//cloudresourcemanager.googleapis.com/organizations/9"]["bindings"]:
        # Forms that nobody can look into are drawn as often as others, so that many worlds cannot be told.
        assert tally["yes"] > WORLDS_A_BATCH * 0.04
        assert tally["no"] > WORLDS_A_BATCH * 0.1
        assert tally["cannot tell"] < WORLDS_A_BATCH * 0.7

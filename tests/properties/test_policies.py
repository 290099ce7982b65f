"""Policies of every kind, of which some cannot be read: nothing is surer than what the sandbox's own policies say.

Of each random world, a `check` and a contract are held against whom the sandbox would let in.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from crauth_doctor.sandbox.iam import access
from tests.built_in import document
from tests.patience import LONG

from .program import Program, Told, opened
from .subjects import Trial, wrong

ABOVE = "//cloudresourcemanager.googleapis.com/"
PROJECT, ORGANIZATION = f"{ABOVE}projects/shop-prod", f"{ABOVE}organizations/9"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
HOST = "orders-123456789012.us-central1.run.app"
WHERE = ("--project", "shop-prod", "--region", "us-central1")
CALLER = "serviceAccount:checkout-run@shop-prod.iam.gserviceaccount.com"
CALLERS = (CALLER, "user:dev@example.com", "browser")
ROLES = (
    *("roles/run.invoker", "roles/run.servicesInvoker", "roles/run.viewer", "roles/owner"),
    *("projects/shop-prod/roles/caller", "projects/shop-prod/roles/looker", "roles/run.futureInvoker"),
)
MEMBERS = (
    *(CALLER, CALLER, "group:in@example.com", "group:out@example.com", "domain:example.com", "projectEditor:shop-prod"),
    "projectViewer:shop-prod",
    *(f"principalSet:{ABOVE}{of}/type/ServiceAccount" for of in ("projects/123456789012", "organizations/9")),
    f"deleted:{CALLER}?uid=1",
    *("user:dev@example.com", "allUsers", "allAuthenticatedUsers"),
)
CONDITIONS = (
    *([""] * 6),
    *("request.path == '/'", "request.path.startsWith('/api')", "request.time < timestamp('2026-01-01T00:00:00Z')"),
    *("resource.matchTag('9/exposure', 'internal')", "resource.matchTag('9/exposure', 'public')"),
    "resource.name.startsWith('projects/')",
)
DENIED = (
    *(f"principal://iam.googleapis.com/projects/-/serviceAccounts/{CALLER.partition(':')[2]}"),
    *("principalSet://goog/group/in@example.com", "principalSet://goog/group/out@example.com"),
)
EXPECTED = ({"may-not": CALLERS, "public": "never"}, {"may": {"iam": CALLERS}})
LACKS = (
    *(
        "run.services.getIamPolicy",
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.organizations.getIamPolicy",
    ),
    *("resourcemanager.projects.get", "iam.roles.get", "run.services.listEffectiveTags", "iam.serviceAccounts.get"),
    *("iam.denypolicies.list", "iam.denypolicies.get", f"iam.denypolicies.list {ORGANIZATION}", "groups.read"),
)
TAG = {
    "tagKey": "tagKeys/1",
    "namespacedTagKey": "9/exposure",
    "tagValue": "tagValues/2",
    "namespacedTagValue": "9/exposure/internal",
}


def world(pick: random.Random) -> dict[str, Any]:
    """A world in which only policies can stop a call."""
    found: dict[str, Any] = document("healthy")["world"]
    for name, contains in (("caller", "run.routes.invoke"), ("looker", "run.services.get")):
        found["resources"][f"//iam.googleapis.com/projects/shop-prod/roles/{name}"] = {
            "includedPermissions": [contains]
        }
    found["iam"] = {at: {"version": 3, "bindings": [*bindings(pick, at)]} for at in (ORDERS, PROJECT, ORGANIZATION)}
    found["deny"] = {
        at: [{"displayName": "d", "rules": [denial(pick)]}] for at in (PROJECT, ORGANIZATION) if chance(pick)
    }
    found["groups"] = {"in@example.com": [CALLER], "out@example.com": []}
    found["effectiveTags"] = {ORDERS: [TAG]}
    found["disabledApis"] = {"projects/shop-prod": ["policytroubleshooter.googleapis.com"] if chance(pick) else []}
    found["operator"] = {"principal": "user:dev@example.com", "lacks": pick.sample(LACKS, pick.randint(0, 3))}
    return found


def chance(pick: random.Random) -> bool:
    return pick.random() < 0.2


def bindings(pick: random.Random, at: str) -> Iterator[dict[str, Any]]:
    members = [one for one in MEMBERS if at == ORDERS or not one.startswith("all")]
    for _ in range(pick.randint(0, 2)):
        condition = pick.choice(CONDITIONS)
        binding = {"role": pick.choice(ROLES), "members": pick.sample(members, pick.randint(1, 2))}
        yield binding | ({"condition": {"title": "t", "expression": condition}} if condition else {})


def denial(pick: random.Random) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "deniedPrincipals": [pick.choice(DENIED)],
        "deniedPermissions": [pick.choice(("run.googleapis.com/routes.invoke", "run.googleapis.com/services.get"))],
    }
    if chance(pick):
        rule["denialCondition"] = {"title": "t", "expression": "resource.matchTag('9/exposure', 'public')"}
    return {"denyRule": rule}


def let_in(program: Program, who: str, *paths: str) -> bool:
    """Whether the sandbox lets somebody in, with a token or without one, at one of the paths."""
    assert program.sandbox is not None
    cloud = program.sandbox.cloud
    return any(
        access.allowed(cloud, cloud.principal(member), "run.routes.invoke", ORDERS, {"request": request})
        for path in paths
        for request in [{"path": path, "host": HOST, "time": cloud.now()}]
        for member in {"", "" if who == "browser" else who}
    )


def tried(seed: int) -> Iterator[Trial]:
    pick = random.Random(seed)
    with opened(world(pick)) as program:
        may = let_in(program, CALLER, "/")
        for calls in ((), ("--no-call",)):
            told = program.run(["check", "orders", *WHERE, "--caller", "run/checkout", *calls])
            yield f"world {seed} checked {calls}", surer(told, may=may)
        file = program.home / "contract.yaml"
        file.write_text(json.dumps({"version": 1, "expect": [{"service": "orders", **one} for one in EXPECTED]}))
        held = json.loads(program.run(["expect", str(file), *WHERE]).out)
        for one in held["results"]:
            who = one["subject"] if one["clause"] != "public" else "user:stranger@gmail.com"
            is_wanted = one["clause"] == "may iam"
            untrue = "broken" if let_in(program, who, "/", "/api") is is_wanted else "met"
            fault = f"{untrue}: {one['because']}" if one["result"] == untrue else None
            yield f"world {seed}, {one['clause']} {who}", fault


def surer(told: Told, *, may: bool) -> str | None:
    """Say what is surer than what is true."""
    if told.broke:
        return f"broke: {told.err[-120:]}"
    if told.conclusion == "clear":
        return None if may else "clear"
    return str(told) if may and told.conclusion in {"proven", "expected"} else None


@pytest.mark.parametrize("batch", range(40 if LONG else 2))
@pytest.mark.timeout(900)
def test_nothing_is_surer_than_the_policies(batch: int) -> None:
    faults = wrong(trial for seed in range(batch * 10, batch * 10 + 10) for trial in tried(seed))
    assert not faults, faults

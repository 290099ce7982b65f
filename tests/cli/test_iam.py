"""Deny rules, tags, sets of accounts, agents' identities and hostile conditions, from end to end.

Each world is the shop's, with what its test is about.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import small_world

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
ABOVE = "//cloudresourcemanager.googleapis.com/"
PROJECT = f"{ABOVE}projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
GOOD = "good@shop-prod.iam.gserviceaccount.com"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
AGENT = "principal://agents.global.org-9.system.id.goog/resources/run/projects/1/locations/us-central1/services/a"
TROUBLESHOOTER = "policytroubleshooter.googleapis.com"
TAG = 'resource.matchTag("9/exposure", "internal")'


@pytest.fixture
def having(tmp_path: Path) -> Callable[..., str]:
    """Write the shop's world with more in it, and return its file."""

    def write(
        *,
        deny: dict[str, Any] | None = None,
        iam: dict[str, Any] | None = None,
        sees_into_policies: bool = False,
        **operator: Any,
    ) -> str:
        document = small_world()
        document["resources"][PROJECT]["parent"] = "organizations/9"
        document["resources"][f"{ABOVE}organizations/9"] = {"name": "organizations/9"}
        document["deny"] = {PROJECT: [{"displayName": "freeze", "rules": [{"denyRule": deny}]}]} if deny else {}
        document["iam"] |= iam or {}
        document["operator"] |= {"lacks": ["run.services.listEffectiveTags"]} | operator
        document["disabledApis"] = {"projects/shop-prod": [] if sees_into_policies else [TROUBLESHOOTER]}
        file = tmp_path / "having.yaml"
        file.write_text(json.dumps(document))
        return str(file)

    return write


def everybody(*permissions: str, **more: Any) -> dict[str, Any]:
    return {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": list(permissions)} | more


def bound(member: str, when: str | None = None) -> dict[str, Any]:
    binding: dict[str, Any] = {"role": "roles/run.invoker", "members": [member]}
    return {"version": 3, "bindings": [binding | ({"condition": {"title": "t", "expression": when}} if when else {})]}


def check(run: Run, world: str, *more: str, caller: str = GOOD) -> dict[str, Any]:
    ran = run("--world", world, "check", "orders", *WHERE, "--caller", caller, "--format", "json", *more)
    assert ran.err == ""
    found: dict[str, Any] = json.loads(ran.out)
    return found


def who(run: Run, world: str) -> dict[str, bool | None]:
    ran = run("--world", world, "who", "orders", *WHERE, "--format", "json")
    assert ran.err == ""
    return {one["member"]: one["may"] for one in json.loads(ran.out)["holders"]}


@pytest.mark.parametrize("calls", [(), ("--no-call",)])
@pytest.mark.parametrize(
    "permission", ["routes.invoke", "routes.*", "*.invoke", "*.*"], ids=["exact", "resource", "verb", "all"]
)
def test_a_denied_group_of_permissions_denies(
    run: Run, having: Callable[..., str], permission: str, calls: tuple[str, ...]
) -> None:
    world = having(deny=everybody(f"run.googleapis.com/{permission}"))
    assert check(run, world, *calls)["cause"] == "iam/denied"
    assert who(run, world)[f"serviceAccount:{GOOD}"] is False


@pytest.mark.parametrize("calls", [(), ("--no-call",)])
def test_an_exception_for_a_group_of_permissions_counts(
    run: Run, having: Callable[..., str], calls: tuple[str, ...]
) -> None:
    world = having(deny=everybody("run.googleapis.com/*", exceptionPermissions=["run.googleapis.com/*.invoke"]))
    assert check(run, world, *calls)["conclusion"] == "clear"
    assert who(run, world)[f"serviceAccount:{GOOD}"] is True


@pytest.mark.parametrize(
    "deny",
    [
        everybody("run.googleapis.com/*"),
        everybody("run.googleapis.com/*.invoke", denialCondition={"title": "t", "expression": TAG}),
        everybody("run.googleapis.com/*.invoke") | {"deniedPrincipals": ["principalSet://goog/something/new"]},
    ],
    ids=["permission", "tag", "principal"],
)
def test_a_deny_rule_that_may_apply_leaves_it_open(run: Run, having: Callable[..., str], deny: dict[str, Any]) -> None:
    world = having(deny=deny)
    report = check(run, world, "--no-call")
    assert (report["conclusion"], report["cause"]) == ("undecided", None)
    assert who(run, world)[f"serviceAccount:{GOOD}"] is None


def test_a_deny_rule_whose_condition_cannot_be_evaluated_applies(run: Run, having: Callable[..., str]) -> None:
    """Source: https://docs.cloud.google.com/iam/docs/deny-overview."""
    when = {"title": "t", "expression": 'request.time < timestamp("2020-01-01T00:00:00Z")'}
    world = having(deny=everybody("run.googleapis.com/routes.invoke", denialCondition=when))
    report = check(run, world, "--no-call")
    assert (report["conclusion"], report["cause"]) == ("expected", "iam/denied")
    assert who(run, world)[f"serviceAccount:{GOOD}"] is False


def test_deny_policies_of_which_some_were_not_read_leave_it_open(run: Run, having: Callable[..., str]) -> None:
    harmless = everybody("run.googleapis.com/*.invoke") | {
        "exceptionPrincipals": [f"principal://iam.googleapis.com/projects/-/serviceAccounts/{GOOD}"]
    }
    world = having(deny=harmless, lacks=[f"iam.denypolicies.list {ABOVE}organizations/9"])
    report = check(run, world, "--no-call")
    assert report["conclusion"] == "undecided"
    assert "iam.denypolicies.list" in json.dumps(report["unread"])


@pytest.mark.parametrize("when", [TAG, f"!{TAG}", 'resource.hasTagKey("9/exposure")'])
def test_a_tag_gate_is_no_refusal_and_nothing_is_granted_over_it(
    run: Run, having: Callable[..., str], when: str
) -> None:
    world = having(iam={PROJECT: bound(f"serviceAccount:{CHECKOUT}", when)})
    report = check(run, world, "--no-call", caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("undecided", None)
    assert who(run, world)[f"serviceAccount:{CHECKOUT}"] is None


@pytest.mark.parametrize(
    ("when", "cause"),
    [
        (TAG, "iam/condition-unmet"),
        (f"{TAG} || resource.name == 'x'", "iam/condition-unsupported"),
    ],
)
def test_where_the_caller_is_refused_a_condition_that_cannot_be_evaluated_is_the_cause(
    run: Run, having: Callable[..., str], when: str, cause: str
) -> None:
    report = check(run, having(iam={PROJECT: bound(f"serviceAccount:{CHECKOUT}", when)}), caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("likely", cause)


def test_a_condition_that_cannot_be_read_may_be_of_either_kind(run: Run, having: Callable[..., str]) -> None:
    world = having(iam={PROJECT: bound(f"serviceAccount:{CHECKOUT}", "request.path == == 'x'")})
    report = check(run, world, caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("undecided", None)
    assert {"iam/condition-unmet", "iam/condition-unsupported"} <= {one["id"] for one in report["open"]}
    assert "iam/missing-invoker" not in {one["id"] for one in report["open"]}


def test_a_grant_around_a_tag_gate_says_so(run: Run, having: Callable[..., str]) -> None:
    world = having(iam={PROJECT: bound(f"serviceAccount:{CHECKOUT}", TAG)})
    report = check(run, world, caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("likely", "iam/condition-unmet")
    assert [one["id"] for one in report["findings"] if one["verdict"] == "blocks"] == ["iam/condition-unmet"]
    [fix] = [one for one in report["findings"][0]["fixes"] if one["applicable"]]
    assert fix["widens"]
    assert "services add-iam-policy-binding orders" in fix["gcloud"]
    assert TAG in " ".join(report["findings"][0]["because"])


def test_policy_troubleshooter_tells_of_a_tag_gate_that_it_is_shut(run: Run, having: Callable[..., str]) -> None:
    world = having(iam={PROJECT: bound(f"serviceAccount:{CHECKOUT}", TAG)}, sees_into_policies=True)
    report = check(run, world, caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("proven", "iam/condition-unmet")


def test_a_deny_policy_that_may_forbid_it_stands_beside_a_group_that_may_let_it_in(
    run: Run, having: Callable[..., str]
) -> None:
    group = {"deniedPrincipals": ["principalSet://goog/group/frozen@example.com"]}
    for more in ({"lacks": ["iam.denypolicies.list"]}, {"deny": everybody("run.googleapis.com/*.invoke") | group}):
        world = having(iam={ORDERS: bound("group:callers@example.com")}, **more)
        report = check(run, world, caller=CHECKOUT)
        assert (report["conclusion"], report["cause"]) == ("likely", "iam/missing-invoker")
        assert "No deny policy forbids it." in report["findings"][0]["assuming"]


def test_no_member_that_stands_for_holders_of_a_role_is_everybody(run: Run, having: Callable[..., str]) -> None:
    both = bound(f"serviceAccount:{GOOD}")["bindings"] + bound("projectViewer:shop-prod")["bindings"]
    world = having(iam={ORDERS: {"bindings": both}}, deny=everybody("run.googleapis.com/*.invoke"))
    assert check(run, world, "--no-call")["cause"] == "iam/denied"


@pytest.mark.parametrize(
    ("of", "cause"),
    [
        ("projects/123456789012/type/ServiceAccount", None),
        ("organizations/9/type/ServiceAccount", None),
        ("projects/999999999999/type/ServiceAccount", "iam/missing-invoker"),
        ("projects/123456789012/type/ServiceAgent", "iam/missing-invoker"),
    ],
)
@pytest.mark.parametrize("calls", [(), ("--no-call",)])
def test_a_set_of_service_accounts_has_its_own_in_it(
    run: Run, having: Callable[..., str], of: str, cause: str | None, calls: tuple[str, ...]
) -> None:
    member = f"principalSet://cloudresourcemanager.googleapis.com/{of}"
    world = having(iam={ORDERS: bound(member)})
    report = check(run, world, *calls, caller=CHECKOUT)
    assert report["cause"] == cause
    assert cause or report["conclusion"] == "clear"
    assert who(run, world)[member] is True


def test_an_agents_own_identity_is_left_open(run: Run, having: Callable[..., str]) -> None:
    world = having(iam={ORDERS: bound(AGENT)})
    assert check(run, world, "--no-call", caller=AGENT)["conclusion"] == "undecided"
    assert who(run, world)[AGENT] is None


@pytest.mark.parametrize(
    "when",
    [
        "request.path.matches('((a{0,100}){0,100}){0,100}\x1b]0;PWNED\x07')",
        "request.path == == 'x'",
        "(" * 300 + "request.path=='x'" + ")" * 300,
        "[1,2,3].map(a,[1,2,3].map(b,[1,2,3].map(c,[1,2,3].map(d,a+b+c+d)))).size()>0",
        "'" + "\\a" * 20_000 + " request.path",
    ],
    ids=["regex", "syntax", "nested", "map", "long"],
)
def test_hostile_conditions_are_left_open(run: Run, having: Callable[..., str], when: str) -> None:
    world = having(iam={ORDERS: bound(f"serviceAccount:{CHECKOUT}", when)})
    report = check(run, world, "--no-call", caller=CHECKOUT)
    assert (report["conclusion"], report["cause"]) == ("undecided", None)
    assert who(run, world)[f"serviceAccount:{CHECKOUT}"] is None


def test_grant_refuses_none_of_it(run: Run, having: Callable[..., str]) -> None:
    world = having(deny=everybody("run.googleapis.com/*.invoke"))
    ran = run("--world", world, "grant", "orders", *WHERE, "--sa", CHECKOUT, "--dry-run")
    assert "The deny policy freeze on project shop-prod forbids this member to call" in " ".join(ran.out.split())

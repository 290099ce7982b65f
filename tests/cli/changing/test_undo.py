"""`revoke`, `undo` and `receipts`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Run

from .conftest import CHECKOUT, MEMBER, ORDERS, OTHERS, PROJECT, WHERE, Open, Shop

INVOKER = {"role": "roles/run.invoker", "members": [MEMBER, "user:ann@example.com"]}
CONDITIONED = {
    "role": "roles/run.invoker",
    "members": [MEMBER],
    "condition": {"title": "t", "expression": 'request.path.startsWith("/y")'},
}


def revoke(it: Shop, *more: str, who: tuple[str, ...] = ("--sa", CHECKOUT)) -> Any:
    return it("revoke", "orders", *WHERE, *who, *more)


def test_a_revocation_takes_one_member_and_nothing_else(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [*OTHERS, INVOKER]}})
    ran = revoke(it, "--yes", "-v")
    assert ran.status == 0, ran.err
    assert it.bindings() == [*OTHERS, {**INVOKER, "members": ["user:ann@example.com"]}]
    assert "gcloud run services remove-iam-policy-binding" in ran.out
    assert it("undo", "--yes").status == 2, "giving a role back widens access"
    assert it.bindings() == [*OTHERS, {**INVOKER, "members": ["user:ann@example.com"]}]
    undone = it("undo", "--widen")
    assert undone.status == 0
    assert f"This GRANTS roles/run.invoker on orders to {CHECKOUT}." in " ".join(undone.out.split())
    assert it.bindings() == [*OTHERS, {**INVOKER, "members": ["user:ann@example.com", MEMBER]}]


def test_a_revocation_warns_of_what_is_kept(shop: Open) -> None:
    it = shop(
        iam={
            ORDERS: {"bindings": [INVOKER]},
            PROJECT: {"bindings": [{"role": "roles/run.developer", "members": [MEMBER]}]},
        }
    )
    ran = revoke(it, "--yes")
    assert ran.status == 0
    text = " ".join(ran.out.split())
    assert "keeps the right to call, or may, by another grant: roles/run.developer" in text
    assert "on project shop-prod" in text
    assert it.bindings(PROJECT) == [{"role": "roles/run.developer", "members": [MEMBER]}]


def test_each_binding_has_a_receipt_of_its_own(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [INVOKER, CONDITIONED, {"role": "roles/run.viewer", "members": [MEMBER]}]}})
    report = json.loads(revoke(it, "--yes", "--format", "json").out)
    assert [one["outcome"] for one in report["changes"]] == ["done", "done"]
    assert len({one["receipt"] for one in report["changes"]}) == 2
    assert it.bindings() == [
        {**INVOKER, "members": ["user:ann@example.com"]},
        {"role": "roles/run.viewer", "members": [MEMBER]},
    ]


def test_a_role_can_be_named(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [INVOKER, {"role": "roles/run.viewer", "members": [MEMBER]}]}})
    assert revoke(it, "--yes", "--role", "roles/run.viewer").status == 0
    assert it.bindings() == [INVOKER]


def test_nothing_to_revoke(shop: Open) -> None:
    it = shop()
    ran = revoke(it, "--yes")
    assert (ran.status, it.writes()) == (0, [])
    assert "NOTHING TO DO" in ran.out


@pytest.mark.parametrize("member", ["allUsers", f"deleted:{MEMBER}?uid=123456789012345678901"])
def test_members_that_are_no_callers_can_be_taken_away(shop: Open, member: str) -> None:
    it = shop(iam={ORDERS: {"bindings": [{"role": "roles/run.invoker", "members": [member]}, OTHERS[0]]}})
    ran = revoke(it, "--yes", who=("--member", member))
    assert ran.status == 0, ran.err
    assert it.bindings() == [OTHERS[0]]


def test_everybody_is_not_given_back_by_undo(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}})
    revoke(it, "--yes", who=("--member", "allUsers"))
    ran = it("undo", "--yes")
    assert ran.status == 10
    assert "never granted" in ran.out
    assert it.bindings() == []


def test_dry_runs_never_send_a_write(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [INVOKER]}})
    assert revoke(it, "--dry-run").status == 0
    assert it.writes() == []
    it.grant("--yes", who=("--member", "user:bob@example.com"))
    before = it.writes()
    assert it("undo", "--dry-run").status == 0
    assert it.writes() == before
    assert "done" in it("receipts").out


def test_no_terminal_no_yes_no_change(shop: Open) -> None:
    it = shop(iam={ORDERS: {"bindings": [INVOKER]}})
    assert revoke(it).status == 2
    assert it.writes() == []


def test_undo_leaves_what_others_changed_since(shop: Open) -> None:
    it = shop()
    it.grant("--yes")
    policy = it.box.cloud.policy(ORDERS)
    theirs = {"role": "roles/run.admin", "members": [MEMBER, "user:boss@example.com"]}
    policy["bindings"] = [theirs, *policy["bindings"]]
    policy["bindings"][-1]["members"].append("user:ann@example.com")
    it.box.cloud.write_policy(ORDERS, policy)
    assert it("undo", "--yes").status == 0
    assert it.bindings() == [theirs, *OTHERS, {"role": "roles/run.invoker", "members": ["user:ann@example.com"]}]


def test_undo_of_what_somebody_else_took_back(shop: Open) -> None:
    it = shop()
    it.grant("--yes")
    it.box.cloud.write_policy(ORDERS, {**it.box.cloud.policy(ORDERS), "bindings": OTHERS})
    before = it.writes()
    ran = it("undo", "--yes")
    assert ran.status == 0
    assert "already been undone, by somebody else" in " ".join(ran.out.split())
    assert it.writes() == before
    assert "[undone, SANDBOX]" in it("receipts").out


def test_undo_by_name_and_only_once(shop: Open) -> None:
    it = shop()
    first = json.loads(it.grant("--yes", "--format", "json").out)["receipt"]
    it.grant("--yes", who=("--member", "user:bob@example.com"))
    assert it("undo", first, "--yes").status == 0
    assert it.bindings() == [*OTHERS, {"role": "roles/run.invoker", "members": ["user:bob@example.com"]}]
    again = it("undo", first, "--yes")
    assert again.status == 10
    assert "undone already" in again.out
    assert it("undo", "no-such-receipt", "--yes").status == 2


def test_a_receipt_of_a_sandbox_is_not_undone_in_another(shop: Open) -> None:
    one, other = shop(), shop()
    name = json.loads(one.grant("--yes", "--format", "json").out)["receipt"]
    ran = other("undo", name, "--yes")
    assert ran.status == 10
    assert "and this is the sandbox at" in " ".join(ran.out.split())
    assert other("undo", "--yes").status == 2, "left out, only what was done here counts"
    assert other.writes() == []


def test_receipts_are_listed_with_how_each_ended(shop: Open) -> None:
    it = shop()
    it.grant("--yes")
    it("undo", "--yes")
    ran = it("receipts")
    assert ran.out.count("user:dev@example.com") == 2
    assert "[undone, SANDBOX]" in ran.out
    assert "[done, undoes a change, SANDBOX]" in ran.out
    statuses = [one["status"] for one in json.loads(it("receipts", "--format", "json").out)["receipts"]]
    assert statuses == ["undone", "done"]


def test_a_receipt_that_is_none_is_told_without_any_credentials(run: Run) -> None:
    ran = run("undo", "nope")
    assert ran.status == 2
    assert "nope" in ran.err
    assert "credentials" not in ran.err

"""Grants through the real client and a real etag: nothing else in a policy is ever touched."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.apply.executor import StoppedError
from crauth_doctor.apply.receipts import ReceiptStatus
from crauth_doctor.model.change import GrantRole, RevokeRole
from crauth_doctor.model.iam import Condition

from .conftest import CHECKOUT, GRANT, INVOKER, MEMBER, ORDERS, OTHERS, PROJECT, WORLD, Start

CONDITION_IN_VERSION_1 = (
    '{"version": 1, "etag": "BwY=", "bindings": '
    '[{"role": "r", "members": ["user:a@b.c"], "condition": {"expression": "true"}}]}'
)


def test_a_grant_adds_one_member_and_nothing_else(start: Start) -> None:
    scene = start()
    plan = scene.executor.plan(GRANT)
    assert plan.difference == (
        "  roles/run.invoker",
        "    serviceAccount:batch@shop-prod.iam.gserviceaccount.com",
        f"+   {MEMBER}",
    )
    made = scene.carry_out(plan)
    assert made.stands
    assert made.receipt is not None
    assert made.receipt.status is ReceiptStatus.DONE
    assert scene.bindings() == [*OTHERS[:2], {**OTHERS[2], "members": [*OTHERS[2]["members"], MEMBER]}]


def test_the_policy_is_read_in_version_3_and_written_with_its_etag(start: Start) -> None:
    scene = start()
    before = scene.box.cloud.policy(ORDERS)["etag"]
    made = scene.make(GRANT)
    assert made.receipt is not None
    assert made.receipt.before["etag"] == before
    assert made.receipt.before["bindings"] == OTHERS
    assert made.receipt.after["etag"] == scene.box.cloud.policy(ORDERS)["etag"]
    assert made.receipt.who == "user:dev@example.com"


def test_what_is_there_already_is_not_written(start: Start) -> None:
    scene = start()
    plan = scene.executor.plan(replace(GRANT, member="serviceAccount:BATCH@shop-prod.iam.gserviceaccount.com"))
    assert plan.nothing_to_do
    made = scene.carry_out(plan)
    assert (made.receipt, made.attempts) == (None, 0)
    assert scene.writes() == []
    assert scene.receipts.all() == []


def test_a_new_binding_where_only_a_conditional_one_has_the_role(start: Start) -> None:
    scene = start(iam={ORDERS: {"version": 3, "bindings": OTHERS[:1]}})
    scene.make(GRANT)
    assert scene.bindings() == [OTHERS[0], {"role": INVOKER, "members": [MEMBER]}]


def test_a_condition_is_a_binding_of_its_own(start: Start) -> None:
    scene = start()
    condition = Condition('request.path.startsWith("/api")', "another title")
    scene.make(replace(GRANT, condition=condition))
    added = scene.bindings()[-1]
    assert added["condition"] == {"title": "another title", "expression": condition.expression}
    assert scene.bindings()[:3] == OTHERS


def test_a_policy_that_was_not_read_in_version_3_is_never_written(start: Start) -> None:
    hidden = '{"version": 1, "etag": "BwY=", "bindings": [{"role": "roles/run.invoker_withcond_ab12", "members": []}]}'
    path = f"{ORDERS.removeprefix('//').replace('.com/', '.com/v2/', 1)}:getIamPolicy"
    headers = {"content-type": "application/json"}
    scene = start(faults=[{"match": path, "times": 9, "status": 200, "body": hidden, "headers": headers}])
    with pytest.raises(StoppedError, match="conditions hidden"):
        scene.executor.plan(GRANT)
    assert scene.writes() == []


@pytest.mark.parametrize("document", ['{"bindings": []}', CONDITION_IN_VERSION_1])
def test_a_policy_without_an_etag_or_a_version_is_never_written(start: Start, document: str) -> None:
    path = f"{ORDERS.removeprefix('//').replace('.com/', '.com/v2/', 1)}:getIamPolicy"
    headers = {"content-type": "application/json"}
    scene = start(faults=[{"match": path, "times": 9, "status": 200, "body": document, "headers": headers}])
    with pytest.raises(StoppedError, match="Nothing was written"):
        scene.executor.plan(GRANT)


@pytest.mark.parametrize("everybody", ["allUsers", "allAuthenticatedUsers"])
def test_everybody_is_never_granted_anything(start: Start, everybody: str) -> None:
    scene = start()
    with pytest.raises(StoppedError, match="never granted"):
        scene.executor.plan(replace(GRANT, member=everybody))


def test_a_third_party_in_between_is_a_conflict_and_its_change_stays(start: Start) -> None:
    scene = start()
    plan = scene.executor.plan(GRANT)
    theirs = {"role": "roles/run.admin", "members": ["user:boss@example.com"]}
    scene.third_party(theirs)
    made = scene.carry_out(plan)
    assert made.attempts == 2
    assert theirs in scene.bindings()
    assert scene.has()
    assert any("Somebody else changed it" in line for line in scene.told)
    assert made.receipt is not None
    assert theirs in made.receipt.before["bindings"], "the receipt tells what was there before this very write"


def test_a_third_party_that_makes_the_same_grant_leaves_no_receipt(start: Start) -> None:
    scene = start()
    plan = scene.executor.plan(GRANT)
    scene.third_party({"role": INVOKER, "members": [MEMBER]})
    made = scene.carry_out(plan)
    assert made.receipt is None
    assert scene.receipts.all() == []


def test_the_third_party_never_rests(start: Start) -> None:
    scene = start()
    stop = threading.Event()

    def meddle() -> None:
        for number in range(2000):
            if stop.wait(0.01):
                return
            if number < 60:
                scene.third_party({"role": "roles/run.viewer", "members": [f"user:u{number}@example.com"]})

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        made = scene.make(GRANT)
    finally:
        stop.set()
        thread.join()
    assert made.stands
    viewers = [one for one in scene.bindings() if one["members"][0].startswith("user:u")]
    assert [one["members"][0] for one in viewers] == [f"user:u{number}@example.com" for number in range(len(viewers))]


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500}, {"reset": True}, {"truncate": True}])
def test_an_answer_that_is_lost_is_looked_up(start: Start, fault: dict[str, Any]) -> None:
    """Whether the write had happened (truncated) or not (503, reset), the end is the same: once, and ours."""
    path = f"{ORDERS.removeprefix('//').replace('.com/', '.com/v2/', 1)}:setIamPolicy"
    scene = start(faults=[{"match": path, "times": 1, **fault}])
    made = scene.make(GRANT)
    assert made.receipt is not None
    assert made.receipt.status is ReceiptStatus.DONE
    assert made.stands
    assert sum(one["members"].count(MEMBER) for one in scene.bindings()) == 1


def test_no_permission_is_one_sentence_and_leaves_no_receipt(start: Start) -> None:
    scene = start(operator={"principal": "user:dev@example.com", "lacks": ["run.services.setIamPolicy"]})
    with pytest.raises(StoppedError, match=r"run\.services\.setIamPolicy is missing") as stopped:
        scene.make(GRANT)
    assert stopped.value.unknown is not None
    assert stopped.value.unknown.permission == "run.services.setIamPolicy"
    assert scene.receipts.all() == []


def test_a_member_that_does_not_exist_is_refused_in_googles_words(start: Start) -> None:
    scene = start()
    with pytest.raises(StoppedError, match=r"Service account ghost@.* does not exist"):
        scene.make(replace(GRANT, member="serviceAccount:ghost@shop-prod.iam.gserviceaccount.com"))
    assert scene.receipts.all() == []


def test_a_member_that_was_made_a_moment_ago_is_tried_again(start: Start) -> None:
    path = f"{ORDERS.removeprefix('//').replace('.com/', '.com/v2/', 1)}:setIamPolicy"
    body = f'{{"error": {{"code": 400, "message": "Service account {CHECKOUT} does not exist."}}}}'
    headers = {"content-type": "application/json"}
    scene = start(faults=[{"match": path, "times": 2, "status": 400, "body": body, "headers": headers}])
    made = scene.make(GRANT)
    assert (made.attempts, made.stands) == (3, True)
    assert any("too new for policies to know it" in line for line in scene.told)


def test_roles_on_accounts_and_projects(start: Start) -> None:
    scene = start()
    account = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{CHECKOUT}"
    for resource, role in ((account, "roles/iam.serviceAccountOpenIdTokenCreator"), (PROJECT, INVOKER)):
        scene.make(GrantRole(resource, role, "user:a@example.com"))
        assert {"role": role, "members": ["user:a@example.com"]} in scene.bindings(resource)


def test_a_kind_of_resource_that_is_never_written(start: Start) -> None:
    with pytest.raises(StoppedError, match="no policy of such a resource"):
        start().executor.plan(GrantRole("//storage.googleapis.com/projects/_/buckets/b", INVOKER, MEMBER))


def test_undo_takes_back_exactly_that_member(start: Start) -> None:
    scene = start()
    made = scene.make(GRANT)
    assert made.receipt is not None
    scene.third_party({"role": "roles/run.admin", "members": [MEMBER]})
    later = scene.bindings()
    scene.back(made.receipt)
    assert scene.bindings() == [*OTHERS, later[-1]]
    assert scene.receipts.get(made.receipt.id).status is ReceiptStatus.UNDONE
    with pytest.raises(StoppedError, match="undone already"):
        scene.executor.plan_undo(scene.receipts.get(made.receipt.id))


def test_undo_of_a_revocation_gives_back_the_whole_condition(start: Start) -> None:
    scene = start()
    condition = Condition('request.path.startsWith("/api")', "office hours")
    made = scene.make(RevokeRole(ORDERS, INVOKER, "group:partners@example.com", condition))
    assert scene.bindings() == OTHERS[1:]
    assert made.receipt is not None
    scene.back(made.receipt)
    assert scene.bindings() == [*OTHERS[1:], OTHERS[0]]


def test_a_receipt_of_another_cloud_is_not_undone_here(start: Start) -> None:
    scene = start()
    made = scene.make(GRANT)
    assert made.receipt is not None
    with pytest.raises(StoppedError, match="is of Google Cloud, and this is the sandbox"):
        scene.executor.plan_undo(replace(made.receipt, where="google"))


def test_planning_writes_nothing(start: Start) -> None:
    scene = start()
    scene.executor.plan(GRANT)
    assert scene.writes() == []
    assert scene.box.cloud.policy(ORDERS)["bindings"] == WORLD["iam"][ORDERS]["bindings"]

"""Writes that fail half way: what is said, what the receipt says, and what is true."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import pytest

from crauth_doctor.apply import executor
from crauth_doctor.apply.executor import ChangeExecutor, StoppedError, UnsureError
from crauth_doctor.apply.receipts import Receipts, ReceiptStatus, UnreadableError
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.change import SetIngress
from crauth_doctor.model.run import Ingress

from .conftest import GRANT, MEMBER, ORDERS, WORLD, Scene, Start
from .faulty import Faulty, numbers

POLICY = ORDERS.removeprefix("//").replace(".com/", ".com/v2/", 1)
GET, SET = f"{POLICY}:getIamPolicy", f"{POLICY}:setIamPolicy"
JSON = {"content-type": "application/json"}


def executor_of(
    scene: Scene, files: Faulty | None = None, left: Callable[[], float] = lambda: math.inf
) -> ChangeExecutor:
    receipts = Receipts(scene.receipts.folder, files)
    google = connect({}, sandbox=scene.box.base)
    return ChangeExecutor(google, receipts, version="1", tell=scene.told.append, left=left)


def is_true(scene: Scene) -> ReceiptStatus | None:
    """Check that the receipts say what the policy says, as soon as they are looked up; return what they said before."""
    found = scene.receipts.all()
    said = found[0].status if found else None
    assert len(found) <= 1
    resolved = [scene.another().resolve(one).status for one in found]
    if scene.has():
        assert resolved == [ReceiptStatus.DONE], "no change without a receipt"
    else:
        assert resolved in ([], [ReceiptStatus.NOT_MADE], [ReceiptStatus.PENDING])
    assert sum(one["members"].count(MEMBER) for one in scene.bindings()) <= 1
    return said


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 500}, {"reset": True}, {"body": "<html>"}])
def test_an_answer_lost_and_then_no_read(start: Start, fault: dict[str, Any]) -> None:
    scene = start(
        faults=[{"match": SET, "truncate": True}, {"match": GET, "times": 1}, {"match": GET, "times": 9, **fault}]
    )
    with pytest.raises(UnsureError, match="It may have been made: `crauth-doctor receipts` tells") as unsure:
        executor_of(scene).apply(*planned(scene))
    assert scene.has()
    assert unsure.value.receipt is not None
    kept = scene.receipts.get(unsure.value.receipt.id)
    assert (kept.status, "could not be read" in kept.note) == (ReceiptStatus.PENDING, True)
    scene.box.cloud.faults_taken.update(dict.fromkeys(range(3), 99))
    assert is_true(scene) is ReceiptStatus.PENDING


def planned(scene: Scene) -> Any:
    plan = scene.executor.plan(GRANT)
    return plan, plan.agreed(widening=True)


@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize(("step", "number"), numbers(2))
def test_a_disk_that_fails_at_any_step(start: Start, step: str, number: int, forever: bool) -> None:
    scene = start()
    files = Faulty(step, number, forever=forever)
    maker = executor_of(scene, files)
    if number == 1:  # the receipt before the write: no receipt, no change
        with pytest.raises(UnreadableError, match="No space left"):
            maker.apply(*planned(scene))
        assert scene.writes() == []
        assert is_true(scene) is None
    else:
        made = maker.apply(*planned(scene))
        assert (made.stands, made.noted) == (True, False)
        assert len(scene.writes()) == 1
        assert is_true(scene) is ReceiptStatus.PENDING
    assert files.failed
    assert [one.name for one in scene.receipts.folder.glob(".*")] == [], "no draft is left"


@pytest.mark.parametrize(("step", "number"), [("sync", 1), ("rename", 1), ("sync", 2), ("rename", 2)])
def test_interrupted_at_a_step_of_the_receipt(start: Start, step: str, number: int) -> None:
    """As a second Ctrl-C, or an interrupt outside the main thread's guard, would."""
    scene = start()
    maker = executor_of(scene, Faulty(step, number, error=KeyboardInterrupt()))
    if number == 1:
        with pytest.raises(KeyboardInterrupt):
            maker.apply(*planned(scene))
        assert scene.writes() == []
    else:
        made = maker.apply(*planned(scene))
        assert made.interrupted
        assert scene.has()
    is_true(scene)


def test_accepted_and_never_there(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_READ_BACK", (0.01,))
    body = json.dumps({"version": 3, "etag": "FAKE=", "bindings": [{"role": GRANT.role, "members": [MEMBER]}]})
    scene = start(faults=[{"match": SET, "times": 9, "status": 200, "body": body, "headers": JSON}])
    made = executor_of(scene).apply(*planned(scene))
    assert (made.stands, made.overtaken) == (False, False), "nobody is accused where the etag has not moved"
    assert is_true(scene) is ReceiptStatus.PENDING


def test_accepted_and_taken_away_by_somebody_else(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = start()
    before = [dict(one) for one in scene.bindings()]
    write = scene.box.cloud.write_policy

    def undone_at_once(resource: str, policy: Any) -> Any:
        written = write(resource, policy)
        write(resource, {**scene.box.cloud.policy(resource), "bindings": before})
        return written

    monkeypatch.setattr(scene.box.cloud, "write_policy", undone_at_once)
    monkeypatch.setattr(executor, "_READ_BACK", (0.01,))
    made = executor_of(scene).apply(*planned(scene))
    assert (made.stands, made.overtaken) == (False, True)


def test_too_busy_is_sent_again_when_google_says_so(start: Start) -> None:
    scene = start(faults=[{"match": SET, "status": 429, "headers": {"retry-after": "1"}}])
    began = time.monotonic()
    made = scene.executor.apply(*planned(scene))
    assert (made.attempts, made.stands) == (2, True)
    assert time.monotonic() - began >= 1
    assert any("too busy (429)" in line for line in scene.told)


@pytest.mark.parametrize(
    ("fault", "why", "tries"),
    [({"status": 429, "headers": {"retry-after": "60"}}, "429", 1), ({"status": 409}, "409.*3 times", 3)],
)
def test_the_time_of_the_run_bounds_the_writes(start: Start, fault: dict[str, Any], why: str, tries: int) -> None:
    scene = start(faults=[{"match": SET, "times": 999, **fault}])
    with pytest.raises(StoppedError, match=why) as stopped:
        executor_of(scene, left=lambda: 0.0 if len(scene.writes()) >= 3 else 30.0).apply(*planned(scene))
    assert not isinstance(stopped.value, UnsureError)
    assert len(scene.writes()) == tries
    assert not any("Somebody else" in line for line in scene.told), "the etag has not moved"
    assert is_true(scene) is None


def test_no_time_left_sends_nothing(start: Start) -> None:
    scene = start()
    plan, agreed = planned(scene)
    with pytest.raises(StoppedError, match="longer --timeout"):
        executor_of(scene, left=lambda: 0.0).apply(plan, agreed)
    assert scene.writes() == []
    assert scene.receipts.all() == []


@pytest.mark.parametrize(
    "document",
    [
        {"bindings": None},
        {"bindings": {"0": {"role": "r", "members": ["user:a@b.cd"]}}},
        {"bindings": ["x"]},
        {"bindings": [{"role": "r", "members": None}]},
        {"bindings": [{"role": "r", "members": "user:a@b.cd"}]},
        {"bindings": [{"role": "r", "members": [1]}]},
        {"bindings": [{"role": None, "members": []}]},
        {"bindings": [{"role": "r", "members": [], "condition": "x"}]},
        {"bindings": [], "etag": 5},
    ],
)
def test_a_policy_in_another_shape_is_refused(start: Start, document: dict[str, Any]) -> None:
    body = json.dumps({"version": 3, "etag": "BwY=", **document})
    scene = start(faults=[{"match": GET, "times": 9, "status": 200, "body": body, "headers": JSON}])
    with pytest.raises(StoppedError, match=r"not of the type that Google|a null|form that this tool does not"):
        scene.executor.plan(GRANT)
    assert scene.writes() == []


def test_a_setting_whose_answer_is_lost_is_looked_up(start: Start) -> None:
    service = POLICY.rpartition(":")[0] or POLICY
    scene = start(faults=[{"match": service, "times": 1}, {"match": service, "truncate": True}])
    plan = scene.executor.plan(SetIngress(ORDERS, Ingress.ALL))
    made = scene.executor.apply(plan, plan.agreed(widening=True))
    assert made.stands
    assert scene.box.cloud.resources[ORDERS]["ingress"] == "INGRESS_TRAFFIC_ALL"
    assert [one.status for one in scene.receipts.all()] == [ReceiptStatus.DONE]
    assert WORLD["resources"][ORDERS]["ingress"] != "INGRESS_TRAFFIC_ALL"

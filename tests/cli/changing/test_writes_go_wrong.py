"""A write whose answer is lost, untrue or always the same: what the command says of it, and with which status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from crauth_doctor.apply import executor
from crauth_doctor.sandbox.http import router

from .conftest import MEMBER, OTHERS, WHERE, Open

Fault: TypeAlias = "dict[str, Any] | None"
GRANT = ("grant", "orders", *WHERE, "--member", MEMBER, "--yes", "--no-wait")
UNDO = ("undo", "--yes")
BOUND = [*OTHERS, {"role": "roles/run.invoker", "members": [MEMBER]}]
FAKE = json.dumps({"version": 3, "etag": "FAKE=", "bindings": BOUND})


@pytest.fixture
def goes_wrong(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fault, Fault], None]:
    """Have the writes of policies, and all reads of them after the first write, answered by these faults."""
    monkeypatch.setattr(executor, "_READ_BACK", (0.01,))
    monkeypatch.setattr(executor, "_FIRST_PAUSE", 0.01)

    def by(write: Fault, read: Fault) -> None:
        written = False

        def take(_: object, request: Any) -> Fault:
            nonlocal written
            written = written or request.path.endswith("orders:setIamPolicy")
            if request.path.endswith("orders:setIamPolicy"):
                return write
            return read if written and request.path.endswith("orders:getIamPolicy") else None

        monkeypatch.setattr(router, "take_fault", take)

    return by


@pytest.mark.parametrize("command", [GRANT, UNDO], ids=["grant", "undo"])
def test_what_nobody_knows_is_not_said_to_be_not_made(
    shop: Open, goes_wrong: Callable[..., None], command: tuple[str, ...]
) -> None:
    """The answer is lost after the write was made, and from then on the policy cannot be read."""
    it = shop()
    if command is UNDO:
        it(*GRANT)
    goes_wrong({"truncate": True}, {"status": 403})
    ran = it(*command)
    assert (ran.status, ran.out.partition(":")[0]) == (11, "MAY HAVE BEEN MADE")
    assert "administrator" not in ran.out
    assert it.bindings() == (OTHERS if command is UNDO else BOUND)
    goes_wrong(None, None)
    listed = json.loads(it("receipts", "--format", "json").out)["receipts"]
    assert [one["status"] for one in listed] == (["undone", "done"] if command is UNDO else ["done"])
    assert it(*UNDO).status == (2 if command is UNDO else 0)
    assert it.bindings() == OTHERS


def test_what_was_accepted_and_is_not_there_is_not_done(shop: Open, goes_wrong: Callable[..., None]) -> None:
    it = shop()
    goes_wrong({"status": 200, "body": FAKE, "headers": {"content-type": "application/json"}}, None)
    ran = it(*GRANT)
    assert (ran.status, ran.out.partition(":")[0]) == (11, "ACCEPTED, BUT NOT THERE WHEN READ BACK")
    assert "omebody else" not in ran.out, "the etag has not moved"
    assert it.bindings() == OTHERS


def test_the_time_of_the_run_bounds_its_tries(shop: Open, goes_wrong: Callable[..., None]) -> None:
    it = shop()
    goes_wrong({"status": 409}, None)
    ran = it(*GRANT, "--timeout", "1")
    assert (ran.status, ran.out.partition(":")[0]) == (10, "NOT MADE")
    assert ran.err.count("roles/run.invoker") <= 2, "what is to be changed is shown once"
    assert json.loads(it("receipts", "--format", "json").out)["receipts"] == []

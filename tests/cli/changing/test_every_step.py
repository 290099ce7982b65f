"""A grant, an undo and a fix, with each step failing in turn: before or after, never in between, and never untrue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.apply import executor, receipts
from crauth_doctor.gcp import deadline
from tests.patience import LONG

from ...apply.faulty import STEPS, Faulty
from .conftest import MEMBER, OTHERS, WHERE, Open, Shop

BOUND = {"role": "roles/run.invoker", "members": [MEMBER]}
COMMANDS: dict[str, tuple[tuple[str, ...], list[Any], list[Any]]] = {
    "grant": (
        ("grant", "orders", *WHERE, "--member", MEMBER, "--yes", "--no-wait", "--timeout", "40"),
        OTHERS,
        [*OTHERS, BOUND],
    ),
    "undo": (("undo", "--yes", "--timeout", "40"), [*OTHERS, BOUND], OTHERS),
    "fix": (
        ("check", "orders", *WHERE, "--caller", MEMBER, "--fix", "--yes", "--no-wait", "--no-call", "--timeout", "40"),
        OTHERS,
        [*OTHERS, BOUND],
    ),
}
FAULTS: dict[str, dict[str, Any]] = {
    "lost": {"times": 1, "truncate": True},
    "refused": {"times": 9999, "status": 403},
}
STATUSES = {0, 1, 2, 10, 11, 130}
NOT_MADE = ("Nothing was changed", "NOT MADE", "nothing was changed")


def ready(shop: Open, command: str) -> Shop:
    it = shop()
    if command == "undo":
        it("grant", "orders", *WHERE, "--member", MEMBER, "--yes", "--no-wait")
    return it


def judge(it: Shop, command: str, ran: Any, written: int) -> bool:
    """Check that what is said, what is kept, and what is there are one; return whether the change was made."""
    _, before, after = COMMANDS[command]
    bindings = it.bindings()
    assert bindings in (before, after)
    made, said = bindings == after, " ".join((ran.out + ran.err).split())
    assert written <= 1, "nothing is written twice"
    assert ran.status in STATUSES
    assert "itself broke" not in said
    if made:
        assert not any(word in said for word in NOT_MADE), said
    else:
        assert not any(word in said for word in ("DONE:", "Done. To undo it")), said
    listed = json.loads(it("receipts", "--format", "json").out)
    assert listed["unreadable"] == []
    statuses = [one["status"] for one in listed["receipts"]]
    if command == "undo":
        assert statuses in ((["undone", "done"],) if made else (["done"], ["done", "pending"], ["done", "not-made"]))
    else:
        assert statuses in ((["done"],) if made else ([], ["pending"], ["not-made"]))
    return made


FAILING = [
    (command, step, forever)
    for which, command in enumerate(COMMANDS)
    for at, step in enumerate(STEPS)
    for forever in ((False, True) if LONG else ((which + at) % 2 == 0,))
]
"""Each step of the disk of each command fails once, and from then on; in the short form these take turns."""


@pytest.mark.parametrize(("command", "step", "forever"), FAILING)
def test_every_step_of_the_disk(
    shop: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, step: str, forever: bool
) -> None:
    number, made = 0, []
    while True:
        number += 1
        _empty(tmp_path)
        it = ready(shop, command)
        writes, files = len(it.writes()), Faulty(step, number, forever=forever)
        with monkeypatch.context() as patched:
            patched.setattr(receipts, "FILES", files)
            ran = it(*COMMANDS[command][0])
        made.append(judge(it, command, ran, len(it.writes()) - writes))
        if not files.failed:
            break
    rounds = 4 if command == "undo" else 3  # which completes the receipt of what it takes back as well
    assert made == [False, *[True] * (rounds - 1)], "the receipt before the write, those after it, and none that failed"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_answer(shop: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, fault: str) -> None:
    monkeypatch.setattr(deadline, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(executor, "_FIRST_PAUSE", 0.001)
    number, made = 0, []
    while True:
        number += 1 if LONG else 3  # some thirty answers come, several of them at once
        _empty(tmp_path)
        it = ready(shop, command)
        writes = len(it.writes())
        faults = [{"match": "*", "times": number - 1}, {"match": "*", **FAULTS[fault]}]
        it.box.cloud.world.faults[:] = faults
        ran = it(*COMMANDS[command][0])
        is_over = not it.box.cloud.faults_taken.get(1)
        it.box.cloud.world.faults.clear()
        it.box.cloud.faults_taken.clear()
        made.append(judge(it, command, ran, _applied(it, writes)))
        if is_over:
            break
    assert made[-1]
    assert number > 3


def _applied(it: Shop, before: int) -> int:
    """How many writes there were that the server made."""
    return sum(one.status == 200 for one in it.box.requests if one.path.endswith(":setIamPolicy")) - before


def _empty(tmp_path: Path) -> None:
    folder = tmp_path / "home/.local/state/crauth-doctor/receipts"
    for path in folder.glob("*") if folder.is_dir() else ():
        path.unlink()


def test_the_file_system_that_is_replaced_is_the_one_in_use(shop: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Faulty()
    monkeypatch.setattr(receipts, "FILES", files)
    shop().grant("--yes", "--no-wait")
    assert files.counted == dict.fromkeys(STEPS, 2)

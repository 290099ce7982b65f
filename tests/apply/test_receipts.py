"""Receipts: whole or not there, for their owner alone, and true about how a change ended."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from crauth_doctor.apply.files import Files
from crauth_doctor.apply.receipts import Receipt, Receipts, ReceiptStatus, UnreadableError, folder, new_id

from .conftest import GRANT, INVOKER, MEMBER, ORDERS, OTHERS, Scene, Start


def pending(scene: Scene, name: str = "one") -> Receipt:
    """What a process that was killed on the way leaves behind."""
    plan = scene.another().plan(GRANT)
    receipt = Receipt(
        id=f"20260601T090000Z-{name}",
        status=ReceiptStatus.PENDING,
        change=GRANT,
        where=scene.executor.where,
        when="2026-06-01T09:00:00Z",
        who="user:dev@example.com",
        before=plan.edit.kept(plan.before),
        after=plan.edit.kept(plan.after),
    )
    scene.receipts.replace(receipt)
    return receipt


def older(scene: Scene, receipt: Receipt, seconds: float) -> None:
    path = scene.receipts.path(receipt)
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_a_receipt_is_for_its_owner_alone(start: Start) -> None:
    scene = start()
    made = scene.make(GRANT)
    assert made.receipt is not None
    path = scene.receipts.path(made.receipt)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == [path.name], "nothing is left beside it"


def test_a_receipt_says_what_where_when_who_before_and_after(start: Start) -> None:
    scene = start()
    made = scene.make(GRANT)
    assert made.receipt is not None
    text = scene.receipts.path(made.receipt).read_text()
    document = json.loads(text)
    assert document["receipt"] == 1
    assert document["status"] == "done"
    assert document["change"]["member"] == MEMBER
    assert document["where"].startswith(f"{scene.box.base}#")
    assert document["before"]["bindings"] == OTHERS
    assert document["before"]["etag"] != document["after"]["etag"]
    assert scene.box.operator_token not in text
    assert scene.receipts.get(made.receipt.id) == made.receipt


def test_no_receipt_no_change(start: Start, tmp_path: Path) -> None:
    scene = start()
    (tmp_path / "file").write_text("")
    executor = scene.another()
    executor._receipts = Receipts(tmp_path / "file" / "receipts")
    with pytest.raises(UnreadableError, match="No receipt can be written"):
        scene.make(GRANT, executor)
    assert scene.writes() == []


def test_an_interrupted_change_that_was_made_is_found_out(start: Start) -> None:
    scene = start()
    receipt = pending(scene)
    scene.third_party({"role": INVOKER, "members": [MEMBER]})
    resolved = scene.executor.resolve(receipt)
    assert resolved.status is ReceiptStatus.DONE
    assert resolved.after["etag"] == scene.box.cloud.policy(ORDERS)["etag"]
    assert scene.receipts.get(receipt.id) == resolved


def test_an_interrupted_change_that_was_overtaken_can_never_be_made(start: Start) -> None:
    scene = start()
    receipt = pending(scene)
    scene.third_party({"role": "roles/run.viewer", "members": ["user:x@example.com"]})
    assert scene.executor.resolve(receipt).status is ReceiptStatus.NOT_MADE


def test_an_interrupted_change_may_still_arrive_for_a_while(start: Start) -> None:
    scene = start()
    receipt = pending(scene)
    assert scene.executor.resolve(receipt).status is ReceiptStatus.PENDING
    older(scene, receipt, 300)
    assert scene.executor.resolve(receipt).status is ReceiptStatus.NOT_MADE


def test_a_change_that_is_under_way_is_left_alone(start: Start) -> None:
    scene = start()
    receipt = pending(scene)
    opened = scene.receipts.begin(replace(receipt, id="20260601T090000Z-held"))
    older(scene, opened.receipt, 300)
    assert scene.receipts.is_held(opened.receipt)
    assert scene.executor.resolve(opened.receipt).status is ReceiptStatus.PENDING
    opened.close()
    assert scene.executor.resolve(opened.receipt).status is ReceiptStatus.NOT_MADE


def test_an_interrupted_undoing_is_found_out_too(start: Start) -> None:
    scene = start()
    made = scene.make(GRANT)
    assert made.receipt is not None
    plan = scene.executor.plan_undo(made.receipt)
    receipt = replace(
        made.receipt,
        id=new_id(1780304400, "undoing"),
        status=ReceiptStatus.PENDING,
        before=plan.edit.kept(plan.before),
        reversed=True,
        undoes=made.receipt.id,
    )
    scene.receipts.replace(receipt)
    assert scene.executor.resolve(receipt).status is ReceiptStatus.PENDING
    scene.box.cloud.write_policy(ORDERS, dict(plan.after))
    assert scene.executor.resolve(receipt).status is ReceiptStatus.DONE
    assert scene.receipts.get(made.receipt.id).status is ReceiptStatus.UNDONE


def test_receipts_are_found_by_the_end_of_their_name_or_their_file(start: Start) -> None:
    scene = start()
    receipt = pending(scene, "orders-ab12cd34")
    assert scene.receipts.get("ab12cd34") == receipt
    assert scene.receipts.get(str(scene.receipts.path(receipt))) == receipt
    pending(scene, "orders-ffff0000")
    with pytest.raises(UnreadableError, match="2 receipts are called 2026"):
        scene.receipts.get("2026")
    with pytest.raises(UnreadableError, match="No receipt is called nothing"):
        scene.receipts.get("nothing")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"receipt": 2}', '{"receipt": 1, "change": {"kind": "Nothing"}}'])
def test_what_is_no_receipt_is_left_out_of_the_list(start: Start, text: str) -> None:
    scene = start()
    receipt = pending(scene)
    (scene.receipts.folder / "broken.json").write_text(text)
    assert scene.receipts.all() == [receipt]
    with pytest.raises(UnreadableError, match=r"broken\.json cannot be read"):
        scene.receipts.get(str(scene.receipts.folder / "broken.json"))


def test_a_folder_in_one_that_everybody_writes_to_is_ones_own(start: Start, tmp_path: Path) -> None:
    """As /tmp, where only the owner renames what is in it."""
    shared = tmp_path / "shared"
    shared.mkdir()
    scene = start()
    receipts = Receipts(shared / "own")
    shared.chmod(0o1777)
    receipts.replace(pending(scene))
    assert len(receipts.all()) == 1
    shared.chmod(0o777)
    with pytest.raises(UnreadableError, match="can be written by others"):
        receipts.all()


class Overtaken(Files):
    """Another run makes each folder a moment earlier."""

    def __init__(self, mode: int) -> None:
        self.mode = mode

    def make_folder(self, path: Path) -> None:
        Files.make_folder(self, path)
        path.chmod(self.mode)
        Files.make_folder(self, path)


def test_a_folder_that_another_run_makes_meanwhile_is_used(tmp_path: Path, start: Start) -> None:
    scene = start()
    Receipts(tmp_path / "state" / "own", Overtaken(0o700)).replace(pending(scene))
    assert len(Receipts(tmp_path / "state" / "own").all()) == 1


def test_a_folder_that_others_may_write_to_is_not_used_either_if_it_appears_meanwhile(
    tmp_path: Path, start: Start
) -> None:
    receipt = pending(start())
    with pytest.raises(UnreadableError, match="can be written by others"):
        Receipts(tmp_path / "state" / "own", Overtaken(0o777)).replace(receipt)


def test_where_receipts_are() -> None:
    assert folder({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/crauth-doctor/receipts")
    assert folder({"HOME": "/h"}) == Path("/h/.local/state/crauth-doctor/receipts")
    with pytest.raises(UnreadableError, match="HOME or XDG_STATE_HOME"):
        folder({})

"""Receipts, policies and arguments that somebody wrote who means ill: they are data, and choose no target."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.apply.executor import ChangeExecutor
from crauth_doctor.apply.receipts import Receipts
from crauth_doctor.gcp.google import connect

from .conftest import CHECKOUT, IAM, MEMBER, ORDERS, OTHERS, PROJECT, RUN, WHERE, WORLD, Open, Shop

ID = "20260101T000000.000Z-orders-aaaa"
INVOKER = "roles/run.invoker"
Forge = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of receipts, as the program would have made it."""
    path = tmp_path / "home/.local/state/crauth-doctor/receipts"
    for one in (*reversed(path.relative_to(tmp_path / "home").parents[:-1]), path.relative_to(tmp_path / "home")):
        (tmp_path / "home" / one).mkdir(mode=0o700)
    return path


def forged(it: Shop, change: dict[str, Any], **more: Any) -> dict[str, Any]:
    where = ChangeExecutor(connect({}, sandbox=it.box.base), Receipts(Path("/nowhere")), version="1").where
    return {
        "receipt": 1, "id": ID, "status": "done", "where": where, "when": "x", "who": "user:dev@example.com",
        "before": {}, "after": {}, "change": change,
    } | more  # fmt: skip


def role(kind: str, resource: str, name: str, member: str) -> dict[str, Any]:
    return {"kind": kind, "resource": resource, "role": name, "member": member, "condition": None, "widens": False}


FORGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "owner": (role("RevokeRole", PROJECT, "roles/owner", "user:eve@gmail.com"), {}),
    "an owner taken away": (role("GrantRole", PROJECT, "roles/owner", "user:admin@example.com"), {}),
    "invoker check off": (
        {"kind": "SetInvokerCheck", "service": ORDERS, "on": True},
        {"before": {"invokerIamDisabled": True}, "after": {"invokerIamDisabled": None}},
    ),
    "ingress": (
        {"kind": "SetIngress", "service": ORDERS, "ingress": "internal"},
        {"before": {"ingress": "INGRESS_TRAFFIC_ALL"}, "after": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}},
    ),
    "identity": (
        {"kind": "SetRuntimeAccount", "workload": ORDERS, "email": CHECKOUT},
        {
            "before": {"template.serviceAccount": "eve@attacker-proj.iam.gserviceaccount.com"},
            "after": {"template.serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
        },
    ),
    **{
        repr(member): (role("RevokeRole", ORDERS, INVOKER, member), {})
        for member in (
            "allUsers", "allusers", "allUsers ", "ALLUSERS", "principalSet://goog/public:all", "domain:gmail.com",
            "deleted:allUsers", "user:eve@gmail.com",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_receipt_opens_nothing_by_yes(shop: Open, folder: Path, tmp_path: Path, name: str) -> None:
    it = shop(resources={ORDERS: {**WORLD["resources"][ORDERS], "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}})
    change, more = FORGED[name]
    text = json.dumps(forged(it, change, **more))
    (tmp_path / f"{ID}.json").write_text(text)
    outside = it("undo", str(tmp_path / f"{ID}.json"), "--yes")
    assert outside.status == 2
    assert f"is not in {folder}" in " ".join(outside.err.split())
    (folder / f"{ID}.json").write_text(text)
    for argv in (("undo", "--yes"), ("undo", ID, "--yes", "--quiet"), ("undo", str(folder / f"{ID}.json"), "--yes")):
        ran = it(*argv)
        assert ran.status != 0, ran.out
        assert "itself broke" not in ran.err
    assert it.writes() == []


def test_what_a_receipt_grants_is_said(shop: Open, folder: Path) -> None:
    it = shop()
    (folder / f"{ID}.json").write_text(json.dumps(forged(it, FORGED["'user:eve@gmail.com'"][0])))
    said = " ".join(it("undo", "--dry-run").out.split())
    assert "This GRANTS roles/run.invoker on orders to eve@gmail.com." in said


@pytest.mark.parametrize("status", ["done", "pending"])
@pytest.mark.parametrize("command", [("receipts",), ("undo", "--yes"), ("undo", "{file}", "--yes")])
def test_an_id_is_no_path(shop: Open, folder: Path, tmp_path: Path, status: str, command: tuple[str, ...]) -> None:
    it = shop()
    victims = [tmp_path / "home/.config/gcloud/application_default_credentials.json", tmp_path / "home/victim.json"]
    for victim in victims:
        victim.parent.mkdir(parents=True, exist_ok=True)
        victim.write_text('{"precious": 1}')
    change = role("GrantRole", ORDERS, INVOKER, "serviceAccount:nobody@shop-prod.iam.gserviceaccount.com")
    ids = ["../../../../.config/gcloud/application_default_credentials", str(tmp_path / "home/victim"), "..", ""]
    for number, id in enumerate(ids):
        (folder / f"r{number}.json").write_text(json.dumps(forged(it, change, id=id, status=status)))
    ran = it(*(word.replace("{file}", str(folder / "r0.json")) for word in command))
    assert "itself broke" not in ran.err
    assert [victim.read_text() for victim in victims] == ['{"precious": 1}'] * 2
    assert it.writes() == []


GOOD = {"kind": "GrantRole", "resource": ORDERS, "role": INVOKER, "member": "user:a@example.com", "condition": None}
UP = "//run.googleapis.com/../x"
TEXTS: dict[str, bytes] = {
    "empty": b"", "a-list": b"[]", "null": b"null", "a-number": b"5", "deep": b'{"a":' * 100_000,
    "binary": b"\xff\xfe\x00", "half": b'{"receipt": 1, "id": ', "huge-number": b'{"receipt": %s}' % (b"9" * 5000),
}  # fmt: skip
PARTS: dict[str, dict[str, Any]] = {
    "version": {"receipt": 2}, "version-as-text": {"receipt": "1"}, "version-as-flag": {"receipt": True},
    "id": {"id": 5}, "another-id": {"id": "other"}, "where": {"where": 7}, "when": {"when": None},
    "who": {"who": ["x"]}, "escapes": {"who": "x\x1b]0;pwn\x07"}, "status": {"status": "exploded"},
    "status-as-list": {"status": []}, "before": {"before": 5}, "before-null": {"before": None},
    "after": {"after": [1]}, "bindings": {"before": {"bindings": [{"role": "r", "members": "user:a@b.cd"}]}},
    "kept": {"before": {"ingress": "x"}}, "undoes": {"undoes": "../x"}, "undoes-itself": {"undoes": "undoes-itself"},
    "reversed": {"reversed": "yes"}, "unknown-key": {"command": "rm"}, "change-null": {"change": None},
    "change-list": {"change": []}, "change-unknown": {"change": {"kind": "DeleteEverything"}},
    "resource": {"change": {**GOOD, "resource": 5}}, "resource-up": {"change": {**GOOD, "resource": UP}},
    "resource-none": {"change": {**GOOD, "resource": "//run"}}, "role": {"change": {**GOOD, "role": []}},
    "member": {"change": {**GOOD, "member": {}}}, "condition": {"change": {**GOOD, "condition": {"expression": 1}}},
    "part-too-many": {"change": {**GOOD, "x": 1}}, "part-missing": {"change": {"kind": "GrantRole"}},
    "enum": {"change": {"kind": "SetIngress", "service": ORDERS, "ingress": "wide"}},
}  # fmt: skip


def test_a_receipt_that_is_none_is_listed_as_such(shop: Open, folder: Path) -> None:
    it = shop()
    it.grant("--yes", "--no-wait")
    (folder / "good.json").write_text(json.dumps(forged(it, GOOD, id="good", status="undone")))
    for name, text in TEXTS.items():
        (folder / f"{name}.json").write_bytes(text)
    for name, parts in PARTS.items():
        (folder / f"{name}.json").write_text(json.dumps(forged(it, GOOD, id=name) | parts))
    ran = it("receipts")
    assert ran.status == 0, ran.err
    assert ("[done, SANDBOX]" in ran.out, "[undone, SANDBOX]" in ran.out) == (True, True), "the others are listed"
    listed = json.loads(it("receipts", "--format", "json").out)
    assert {one["file"].removesuffix(".json") for one in listed["unreadable"]} == {*TEXTS, *PARTS}
    for name in (*TEXTS, *PARTS):
        assert f"{name}.json cannot be read as a receipt" in " ".join(ran.out.split())
    assert it("undo", "deep", "--yes").status == 2
    undone = it("undo", "--yes")
    assert (undone.status, it.bindings()) == (0, OTHERS)
    assert "Left out: deep.json" in undone.err


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [os.mkfifo, _device, _folder, _socket])
def test_nothing_but_a_file_is_opened(
    shop: Open, folder: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # the name of a socket is short
    make(Path("odd.json"))
    it = shop()
    ran = it("receipts")
    assert ran.status == 0, ran.err
    assert "odd.json cannot be read as a receipt" in " ".join(ran.out.split())
    assert it("undo", "--yes").status == 2


@pytest.mark.parametrize("how", ["link", "open to all", "open to the group", "parent open", "parent link"])
def test_a_folder_of_others_is_refused(shop: Open, folder: Path, tmp_path: Path, how: str) -> None:
    it = shop()
    wide = folder.parent if how.startswith("parent") else folder
    if how.endswith("link"):
        moved = wide.rename(tmp_path / "elsewhere")
        wide.symlink_to(moved)
    else:
        wide.chmod(0o777 if how.endswith(("all", "parent open")) else 0o770)
    for argv in (("receipts",), ("undo", "--yes"), ("grant", "orders", *WHERE, "--sa", CHECKOUT, "--yes", "--no-wait")):
        ran = it(*argv)
        assert ran.status in {1, 2}
        assert "no receipt is written there" in ran.err or "can be written by others" in ran.err
        assert "itself broke" not in ran.err
    assert it.writes() == []


def test_a_folder_of_somebody_else_is_refused(shop: Open, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    ran = shop()("receipts")
    assert (ran.status, "belongs to somebody else" in ran.err) == (1, True)


def test_folders_are_made_for_their_owner_alone_whatever_the_umask(shop: Open, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        shop().grant("--yes", "--no-wait")
    finally:
        os.umask(before)
    made = [tmp_path / "home" / one for one in (".local", ".local/state", ".local/state/crauth-doctor",
                                               ".local/state/crauth-doctor/receipts")]  # fmt: skip
    assert [stat.S_IMODE(one.stat().st_mode) for one in made] == [0o700] * 4


def test_a_folder_that_others_may_read_is_closed(shop: Open, folder: Path) -> None:
    folder.chmod(0o755)
    shop().grant("--yes", "--no-wait")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "bound", ["checkout@attacker-proj.iam.gserviceaccount.com", "checkout-run@shop-prod.iam.gserviceaccount.com"]
)
def test_a_workload_is_never_run_as_an_account_for_its_name(shop: Open, bound: str) -> None:
    """Whoever may write the callee's policy chooses what stands in it."""
    default = "123456789012-compute@developer.gserviceaccount.com"
    it = shop(
        resources={
            f"{RUN}checkout": {"template": {"serviceAccount": default}},
            f"{IAM}{default}": {},
            f"{IAM.replace('shop-prod', bound.partition('@')[2].partition('.')[0])}{bound}": {},
        },
        iam={ORDERS: {"bindings": [{"role": INVOKER, "members": [f"serviceAccount:{bound}"]}]}},
    )
    argv = ("check", "orders", *WHERE, "--caller", "run/checkout", "--no-call")
    report = json.loads(it(*argv, "--format", "json").out)
    assert report["cause"] == "iam/wrong-principal"
    offered = {fix["change"]: fix["applicable"] for one in report["findings"] for fix in one["fixes"]}
    assert offered == {"grant-role": True, "advise": False}
    it(*argv, "--fix", "--yes", "--widen", "--no-wait")
    assert it.box.cloud.resources[f"{RUN}checkout"]["template"]["serviceAccount"] == default


@pytest.mark.parametrize(
    "member",
    ["user:a@b.c,allUsers", "user:$(id)@x.yz", "user:a@b.cd?uid=1", "user:\u0430@gmail.com", "domain:gmail.com",
     "principalSet://goog/public:all", "deleted:user:a@b.cd?uid=1", "allUsers ", "ALLUSERS", "user:allUsers",
     "serviceAccount:a@b.cd/../x", "user:a@b.cd;x", "projectOwner:shop-prod"],
)  # fmt: skip
def test_a_member_of_a_strange_shape_is_granted_nothing(shop: Open, member: str) -> None:
    it = shop()
    for argv in ((), ("--whole-project", "--widen")):
        ran = it.grant("--yes", *argv, who=("--member", member))
        assert ran.status == 2
        assert "cannot be granted anything" in " ".join(ran.err.split())
    assert it("grant", "orders", *WHERE, "--caller", member, "--yes").status != 0
    assert it.writes() == []


def test_a_domain_that_is_shown_as_another_is_pointed_out(shop: Open) -> None:
    said = shop().grant("--dry-run", who=("--member", "user:ann@xn--gmil-6na.com")).out
    assert "xn--gmil-6na.com is shown as gmáil.com" in " ".join(said.split())


def test_a_receipt_that_i_wrote_by_another_run_is_mine(shop: Open, folder: Path) -> None:
    it = shop()
    it.grant("--yes", "--no-wait")
    assert it("undo", "--yes").status == 0
    name = next(one.name for one in folder.iterdir() if '"reversed": false' in one.read_text())
    again = it("undo", name.removesuffix(".json"), "--yes")
    assert "somebody else" not in again.out
    assert MEMBER not in str(it.bindings())


EVIL = "\x1b]0;pwn\x07\x1b[2J\u202e\u0085::warning::x\r\nwhile true ya29.a0AfB_byCretSecretSecretSecretSecret12345"


def test_what_a_receipt_keeps_is_shown_clean(shop: Open, folder: Path) -> None:
    """Bindings and conditions are texts of whoever wrote the policy: any gets in, and the sinks clean."""
    it = shop()
    condition = {"title": f"t{EVIL}", "description": EVIL, "expression": f"true{EVIL}"}
    kept = {"etag": "x", "bindings": [{"role": INVOKER, "members": [f"user:a@b.cd{EVIL}"], "condition": condition}]}
    change = role("RevokeRole", ORDERS, INVOKER, "user:ann@example.com")
    change |= {"condition": {"title": condition["title"], "expression": condition["expression"]}}
    (folder / f"{ID}.json").write_text(json.dumps(forged(it, change, before=kept, after=kept)))
    for argv in (("receipts",), ("undo", ID, "--dry-run"), ("undo", ID, "--yes")):
        for more in ((), ("--format", "json")):
            ran = it(*argv, *more)
            assert "itself broke" not in ran.err
            said = ran.out + ran.err
            texts = [said, *([str(json.loads(ran.out))] if more else [])]
            for text in texts:
                assert "ya29" not in text
                assert not {"\x1b", "\x07", "\u202e", "\u0085"} & set(text), argv
            assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
            assert (INVOKER in said, "cannot be read" in said) == (True, False), "it is told of, and not dropped"

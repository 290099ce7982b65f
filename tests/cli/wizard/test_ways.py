"""The ways through the wizard: the main one, back and elsewhere, and every way out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml

from crauth_doctor.cli.commands import check, snippet
from crauth_doctor.wizard import answers as lines
from crauth_doctor.wizard.answers import CallAnswers
from tests.patience import LONG, PATIENCE

from .conftest import CTRL_C, CTRL_D, DEMO, DOWN, END, ENTER, ESCAPE, HOME, LEFT, PAGE_DOWN, UNCOLOURED, WAY, Room


def test_the_whole_way(room: Room) -> None:
    room.start()
    room.to("What next?")
    assert "iam/missing-invoker, proven" in UNCOLOURED.sub("", room.terminal.before)
    room.type(ENTER)
    room.see("Make this change?")
    room.type("y", ENTER)
    room.see("Verified: the change is in place.")
    room.see("nothing blocks GET")
    room.see("What next?")
    room.type(ENTER)
    room.see("In which language?")
    room.type(ENTER)
    room.see("https://orders-123456789012.us-central1.run.app")
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(0)
    where = "orders --project=shop-prod --region=us-central1"
    world = f"crauth-doctor --world {DEMO}"
    assert f"{world} check {where} --caller=run/checkout --fix\n" in said
    assert f"{world} snippet {where} --lang=python --caller=run/checkout\n" in said
    assert len(room.receipts()) == 1


def test_the_real_program_starts_it(room: Room) -> None:
    argv = ["-m", "crauth_doctor", "--world", str(DEMO)]
    environ = {**os.environ, "HOME": str(room.home), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    program = pexpect.spawn(sys.executable, argv, env=environ, encoding="utf-8", dimensions=(24, 80), timeout=PATIENCE)
    program.expect_exact("What do you want to do?")
    program.send(ENTER)
    program.expect_exact("Which project is the service in?")
    program.send(ESCAPE)
    program.expect_exact("Stopped. Nothing was changed.")
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == 130


KEYS = (ESCAPE, CTRL_C)
QUESTIONS = [asked for asked, _ in WAY[:8]]


@pytest.mark.parametrize(
    ("question", "key"),
    [(asked, key) for at, asked in enumerate(QUESTIONS) for key in (KEYS if LONG else KEYS[at % 2 :][:1])],
)
def test_broken_off(room: Room, question: str, key: str) -> None:
    room.start()
    room.to(question)
    room.type(key)
    said = room.ended(130)
    assert said.rstrip().endswith("Stopped. Nothing was changed.")
    assert room.receipts() == []


def test_broken_off_after_a_change(room: Room) -> None:
    room.start()
    room.to("In which language?")
    room.type(ESCAPE)
    assert "Stopped. Earlier changes stay; to undo them: crauth-doctor undo " in room.ended(130)
    assert len(room.receipts()) == 1


@pytest.mark.parametrize(
    ("keys", "question"),
    [
        ([DOWN, ENTER], "Which path?"),
        ([DOWN, ENTER, ENTER, ENTER, ENTER], "Audience of the caller's token?"),
        ([ENTER, DOWN, ENTER], "Paste it:"),
        ([ENTER, DOWN, DOWN, ENTER], "Which file?"),
    ],
)
def test_broken_off_at_what_is_typed(room: Room, keys: list[str], question: str) -> None:
    room.start()
    room.to("Which request fails?")
    room.type(*keys)
    room.see(question)
    room.type("/x", CTRL_C)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_back_and_elsewhere(room: Room) -> None:
    room.start()
    room.to("Which request fails?")
    room.type(LEFT)
    room.see("Who calls orders?")
    room.type(LEFT)
    room.see("Which service is called?")
    room.type("nosuch", ENTER)
    room.see("has no service nosuch.")
    room.type("nosuch", ENTER)
    room.see("Who calls nosuch?")
    room.type("gce/us-central1-a/vm-1", ENTER)
    room.see("Which request fails?")
    room.type(DOWN, ENTER)
    room.see("Which path?")
    room.type("\x15", "orders", ENTER)
    room.see("A path starts with /.")
    room.type("\x15", "/v1/a b?", "\x15", "/v1?a=b", ENTER)
    room.see("HTTP method?")
    room.type("\x15", "<", ENTER)
    room.see("Which path?")
    room.type(ENTER)
    room.see("HTTP method?")
    room.type("\x15", "post", ENTER)
    room.see("Which URL?")
    room.type(ENTER)
    room.see("Audience of the caller's token?")
    room.type(ENTER)
    room.see("Do you have an error message")
    room.type(ENTER)
    room.see("Check whether gce/us-central1-a/vm-1 can call nosuch?")
    room.type(DOWN, ENTER)
    room.see("Which HTTP status does the caller get?")
    room.type("No more", ENTER)
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(10)
    assert "check nosuch --project=shop-prod --caller=gce/us-central1-a/vm-1 '--path=/v1?a=…' --method=POST" in said
    assert "--no-call" in said


def test_evidence_alone(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type(ENTER)
    room.see("Which service is called?")
    room.type("skip", ENTER)
    room.see("Do you have an error message")
    room.type(DOWN, ENTER)
    room.see("Paste it:")
    room.type('HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\n', CTRL_D)
    room.see("What kind of token does the caller send?")
    room.type("No more", ENTER)
    room.see("What I recognised")
    room.see("What next?")
    room.type("done", ENTER)
    assert "crauth-doctor --world" in (said := room.ended(11))
    assert "explain -\n" in said


def test_a_runbook_or_code_is_never_written_over_a_file(room: Room) -> None:
    (room.home / "taken.md").write_text("mine", encoding="utf-8")
    room.start()
    room.to("Check whether run/checkout can call orders?")
    room.type(DOWN, DOWN, ENTER)
    room.see("What next?")
    room.type(DOWN, ENTER)
    room.see("Into which file?")
    room.type("\x15", "taken.md", ENTER)
    room.see("That file exists already")
    room.type("\x15", "new.md", ENTER)
    room.see("Written: new.md")
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(0)
    assert "runbook orders --project=shop-prod --region=us-central1 --caller=run/checkout > new.md" in said
    assert (room.home / "taken.md").read_text(encoding="utf-8") == "mine"
    assert "orders" in (room.home / "new.md").read_text(encoding="utf-8")


def test_no_wizard_without_a_terminal(run: Callable[..., Any]) -> None:
    for argv in ((), ("--plain",)):
        ran = run(*argv)
        assert ran.status == 0
        assert ran.out.startswith("Usage: crauth-doctor ")


@pytest.mark.parametrize(
    "call",
    [
        CallAnswers(service="orders"),
        CallAnswers("p", "projects/p/locations/r/services/orders", "run/a", "https://x.example", "/a?b", "PUT", "aud"),
        CallAnswers("p", "https://orders.example", "me", file="a b.txt", calls=False),
        CallAnswers("p", "orders", "-odd", path="/-", audience="--x", pasted="x"),
    ],
)
def test_every_line_is_understood_by_its_command(call: CallAnswers) -> None:
    given = check.command.make_context("check", list(lines.check(call, fix=True)[1:])).params
    assert given["services"] == (
        call.service.rsplit("/", 1)[-1] if call.service.startswith("projects/") else call.service,
    )
    assert (given["caller"] or "", given["url"] or "", given["path"] or "") == (call.caller, call.url, call.path)
    assert (given["method"], given["audience"] or "") == (call.method or "GET", call.audience)
    assert given["send_calls"] == call.calls
    assert given["fix"]
    code = snippet.command.make_context("snippet", list(lines.snippet(call, "go")[1:])).params
    assert (code["lang"], code["caller"] or "") == ("go", call.caller)


def test_somebody_is_let_in_at_once(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type(DOWN, ENTER)
    room.see("Which service should be called?")
    room.type("orders", ENTER)
    room.see("Who should call orders?")
    room.type("checkout", ENTER)
    room.see("Make this change?")
    room.type("y", ENTER)
    room.see("DONE")
    room.see("What next?")
    room.type("something", ENTER)
    room.see("What do you want to do?")
    room.type("undo a", ENTER)
    room.see("Which change do you want to undo?")
    room.see("roles/run.invoker on orders")
    room.type(ENTER)
    room.see("Make this change?")
    room.type("y", ENTER)
    room.see("Undone: ")
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(0)
    assert "grant orders --project=shop-prod --region=us-central1 --caller=run/checkout\n" in said
    assert re.search(r" undo \S+\n", said)


def test_who_may_call_and_one_call(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type("see who", ENTER)
    room.see("Which service's callers do you want to see?")
    room.type("orders", ENTER)
    room.see("Who may call it")
    room.see("What next?")
    room.type("something", ENTER)
    room.see("What do you want to do?")
    room.type("one call", ENTER)
    room.see("Which service is called?")
    room.type("orders", ENTER)
    room.see("Who do you want to call orders as?")
    room.type("skip", ENTER)
    room.see("Which path is called?")
    room.type(ENTER)
    room.see("403 Forbidden")
    room.see("What next?")
    room.type("done", ENTER)
    assert "call orders --project=shop-prod --region=us-central1\n" in room.ended(10)


def test_nothing_to_take_back(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type("undo a", ENTER)
    room.see("There is no change to undo.")
    room.see("What do you want to do?")
    room.type(ESCAPE)
    room.ended(130)


def test_after_a_paste_the_service_is_checked(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type(ENTER)
    room.see("Which service is called?")
    room.type("skip", ENTER)
    room.see("Do you have an error message")
    room.type(DOWN, ENTER)
    room.see("Paste it:")
    url = "https://orders-123456789012.us-central1.run.app"
    room.type(f'$ curl -i {url}/\nHTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\n', CTRL_D)
    room.see("What does the service's request log say about the call?")
    room.type("No more", ENTER)
    room.see("What next?")
    room.type("orders now", ENTER)
    room.see("Who calls orders?")
    room.type(ESCAPE)
    room.ended(130)


def test_answers_that_were_taken_back_leave_the_screen(room: Room) -> None:
    room.start()
    room.to("Which request fails?")
    room.type(DOWN, ENTER)
    room.see("Which path?")
    room.type(ENTER)
    room.see("HTTP method?")
    room.type(ENTER)
    room.see("Which URL?")
    room.type(ENTER)
    room.see("Audience of the caller's token?")
    room.type(ENTER)
    room.see("Do you have an error message")
    room.type(LEFT)
    room.see("\x1b[5A\r\x1b[J")
    room.see("Which request fails?")
    room.type(ESCAPE)
    room.ended(130)


def test_a_long_list_tells_where_one_is(room: Room, tmp_path: Path) -> None:
    many = tmp_path / "many.yaml"
    place = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/svc-"
    document = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    document["world"]["resources"] |= {f"{place}{number:03}-api": {} for number in range(60)}
    many.write_text(yaml.safe_dump(document), encoding="utf-8")
    room.start(world=many)
    room.to("Which service is called?")
    room.see("1 of 63 ")
    room.type(PAGE_DOWN, ENTER)
    room.see("Who calls svc-018-api?")
    room.type(LEFT)
    room.see("Which service is called?")
    room.type(HOME, ENTER)
    room.see("Who calls checkout?")
    room.type(LEFT)
    room.see("Which service is called?")
    room.type("svc 42", ENTER)
    room.see("Who calls svc-042-api?")
    room.type(END, ENTER)
    room.see("Which service is called?")
    room.type(ESCAPE)
    room.ended(130)

"""The ways through the wizard: the main one, back and elsewhere, and every way out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pexpect
import pytest

from crauth_doctor.cli.commands import check, snippet
from crauth_doctor.wizard import answers as lines
from crauth_doctor.wizard.answers import CallAnswers
from tests.patience import PATIENCE

from .conftest import CTRL_C, CTRL_D, DEMO, DOWN, ENTER, ESCAPE, LEFT, UNCOLOURED, WAY, Room


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
    program.expect_exact("Which project is the service in?")
    program.send(ESCAPE)
    program.expect_exact("Stopped. Nothing was changed.")
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == 130


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C], ids=["escape", "ctrl-c"])
@pytest.mark.parametrize("question", [asked for asked, _ in WAY[:7]])
def test_broken_off(room: Room, question: str, key: str) -> None:
    room.start()
    room.to(question)
    room.type(key)
    said = room.ended(130)
    assert said.strip().splitlines()[-1] == "Stopped. Nothing was changed."
    assert room.receipts() == []


def test_broken_off_after_a_change(room: Room) -> None:
    room.start()
    room.to("In which language?")
    room.type(ESCAPE)
    assert "Stopped. What was changed before stands; to take it back: crauth-doctor undo " in room.ended(130)
    assert len(room.receipts()) == 1


@pytest.mark.parametrize(
    ("keys", "question"),
    [
        ([DOWN, ENTER], "Path that is called?"),
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
    room.see("Who calls nosuch?")
    room.type("gce/us-central1-a/vm-1", ENTER)
    room.see("Which request fails?")
    room.type(DOWN, ENTER)
    room.see("Path that is called?")
    room.type("\x15", "orders", ENTER)
    room.see("A path starts with /.")
    room.type("\x15", "/v1/a b?", "\x15", "/v1?a=b", ENTER)
    room.see("HTTP method?")
    room.type("\x15", "<", ENTER)
    room.see("Path that is called?")
    room.type(ENTER)
    room.see("HTTP method?")
    room.type("\x15", "post", ENTER)
    room.see("URL that is called?")
    room.type(ENTER)
    room.see("Audience of the caller's token?")
    room.type(ENTER)
    room.see("Do you have an error message")
    room.type(ENTER)
    room.see("Check whether gce/us-central1-a/vm-1 can call nosuch?")
    room.type(DOWN, ENTER)
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(10)
    assert "check nosuch --project=shop-prod --caller=gce/us-central1-a/vm-1 '--path=/v1?a=…' --method=POST" in said
    assert "--no-call" in said


def test_evidence_alone(room: Room) -> None:
    room.start()
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

"""The questions of `explain` in a real terminal, answered by keys, by lines and by a paste; and where none is asked."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from crauth_doctor.cli.main import main

from .conftest import CTRL_C, CTRL_D, DEMO, DOWN, ENTER, LEFT, WAY, Room

LINE = "403 Client Error: Forbidden for url: https://orders-abc123-uc.a.run.app/"
LOG = "What does the service's request log say about the call?"
ROLE = "Which role does the caller's account have on the service?"
ENTRY = {
    "httpRequest": {"requestUrl": "https://orders-abc123-uc.a.run.app/", "requestMethod": "GET", "status": 403},
    "logName": "projects/shop-prod/logs/run.googleapis.com%2Frequests",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "orders", "project_id": "shop-prod"}},
    "severity": "WARNING",
    "textPayload": "The request was not authenticated. Either allow unauthenticated invocations or set the proper "
    "Authorization header. The IAM principal lacks {run.routes.invoke} permission.",
}


def same(said: str) -> list[str]:
    """The arguments that do the same, as they are told at the end."""
    return shlex.split(said.partition("The same from the command line:")[2].partition("There, -")[0])


def test_questions_are_answered_by_keys_and_the_line_at_the_end_does_the_same(
    room: Room, capfd: pytest.CaptureFixture[str]
) -> None:
    room.start("explain", LINE, world=None)
    assert "gcloud logging read" in room.see(LOG)
    room.type(DOWN, DOWN, ENTER)
    room.see(ROLE)
    room.type(LEFT)
    room.see(LOG)
    room.type(DOWN, DOWN, ENTER)
    room.see(ROLE)
    room.type("another role", ENTER)
    said = room.ended(10)
    assert "[iam/role-lacks-permission, likely]" in said
    program, *argv = same(said)
    assert (program, argv[-4:]) == ("crauth-doctor", ["--say", "log=lacks-permission", "--say", "invoker=other-role"])
    assert main([*argv, "--format", "json"], {}) == 10
    again = json.loads(capfd.readouterr().out)
    assert (again["cause"], again["conclusion"], again["asks"]) == ("iam/role-lacks-permission", "likely", [])


def test_what_the_command_prints_is_pasted(room: Room) -> None:
    room.start("explain", LINE, world=None)
    room.see(LOG)
    room.type("I paste", ENTER)
    room.see("Paste what it printed:")
    room.type(json.dumps([ENTRY]), CTRL_D)
    room.see(ROLE)
    room.type("No more", ENTER)
    said = room.ended(10)
    assert "[iam/missing-invoker, likely]" in said
    assert same(said)[-2:] == ["--evidence", "-"]
    assert "There, - is standard input" in said


def test_questions_on_plain_lines(room: Room) -> None:
    room.start("--plain", "explain", LINE, "--say", "log=lacks-permission", world=None)
    for asked, answer in ((ROLE, ""), ("?", "<"), (ROLE, "none; another account")):
        room.see(asked)
        room.see("> ")
        room.type(answer, "\n")
    said = room.ended(10)
    assert "[iam/wrong-principal, likely]" in said
    assert same(said)[-4:] == ["--say", "log=lacks-permission", "--say", "invoker=other-account"]


def test_it_is_broken_off(room: Room) -> None:
    room.start("explain", LINE, world=None)
    room.see(LOG)
    room.type(CTRL_C)
    assert "Interrupted." in room.ended(130)


@pytest.mark.parametrize("quiet", [("--quiet",), ("--format", "json")])
def test_nothing_is_asked_where_that_is_not_wanted(room: Room, quiet: tuple[str, ...]) -> None:
    room.start("explain", LINE, *quiet, world=None)
    said = room.ended(11)
    assert "I don't know" not in said
    assert "log=empty-header" in said or '"empty-header"' in said


def test_the_wizard_asks_what_the_report_of_an_error_text_asks(room: Room) -> None:
    room.start()
    for asked, answer in (
        ("What do you want to do?", ENTER),
        ("Which service is called?", f"skip{ENTER}"),
        ("Do you have an error message", f"{DOWN}{ENTER}"),
        ("Paste it:", f"{LINE}{CTRL_D}"),
        (LOG, f"lacks{ENTER}"),
        (ROLE, f"viewer{ENTER}"),
        ("What next?", f"done{ENTER}"),
    ):
        room.see(asked)
        room.type(answer)
    said = room.ended(10)
    assert same(said)[3:] == ["explain", "-", "--say", "log=lacks-permission", "--say", "invoker=other-role"]


def test_the_wizard_asks_what_nobody_may_read(room: Room, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacks = "{principal: 'user:dev@example.com', lacks: [run.services.getIamPolicy], "
    world = DEMO.read_text(encoding="utf-8").replace("{principal: 'user:dev@example.com', ", lacks)
    lacking.write_text(world, encoding="utf-8")
    room.start(world=lacking)
    for asked, answer in WAY[:6]:
        room.see(asked)
        room.type(answer)
    room.see(ROLE)
    room.type("on another service", ENTER)
    assert "[iam/wrong-resource, likely]" in room.see("What next?")
    room.type("done", ENTER)
    assert same(room.ended(10))[-2:] == ["--say", "invoker=other-resource"]

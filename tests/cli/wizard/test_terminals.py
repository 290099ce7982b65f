"""The wizard in other circumstances: small, plain and colourless terminals, slow clouds, missing rights."""

from __future__ import annotations

import re
from pathlib import Path

import pexpect
import pytest

from .conftest import CTRL_C, CTRL_D, DEMO, DOWN, ENTER, ESCAPE, UP, WAY, Room


def test_resized_while_it_asks(room: Room) -> None:
    room.start()
    room.see("What do you want to do?")
    room.type(ENTER)
    room.see("Which service is called?")
    for size in ((12, 40), (50, 150), (24, 80)):
        room.terminal.setwinsize(*size)
    room.type("ord")
    room.see("ord")
    room.type(ENTER)
    room.see("Who calls orders?")
    room.terminal.setwinsize(10, 60)
    room.type(DOWN, UP, ENTER)
    room.see("Which request fails?")
    room.type(ESCAPE)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_a_terminal_without_colour(room: Room) -> None:
    room.start(NO_COLOR="1")
    seen = ""
    for asked, answer in WAY[:6]:
        room.see(asked)
        seen += room.terminal.before
        room.type(answer)
    room.see("What next?")
    seen += room.terminal.before
    room.type(ESCAPE)
    room.ended(130)
    assert not re.search(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9]+)*m", seen)


PLAIN = [(("--plain",), {}), ((), {"TERM": "dumb"})]


@pytest.mark.parametrize(("argv", "environ"), PLAIN, ids=["plain", "dumb"])
def test_plain_lines(room: Room, argv: tuple[str, ...], environ: dict[str, str]) -> None:
    room.start(*argv, **environ)
    seen = ""
    for asked, answer in (
        ("What do you want to do?", ""),
        ("Which service is called?", "orders"),
        ("Who calls orders?", "<"),
        ("Which service is called?", "2"),
        ("Who calls orders?", "run/checkout"),
        ("Which request fails?", ""),
        ("Do you have an error message", ""),
        ("Check whether run/checkout can call orders?", ""),
        ("What next?", "1"),
        ("Make this change?", "yes"),
        ("What next?", "done"),
    ):
        room.see(asked)
        seen += room.terminal.before
        room.see("> ")
        seen += room.terminal.before
        room.type(answer, "\n")
    said = room.ended(0)
    assert "check orders --project=shop-prod --region=us-central1 --caller=run/checkout --fix" in said
    assert "\x1b" not in seen
    assert "Reading the services." in seen
    assert "  1. " in seen


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D, "\x1b\n"], ids=["ctrl-c", "ctrl-d", "escape"])
def test_plain_lines_broken_off(room: Room, key: str) -> None:
    room.start("--plain")
    room.see("What do you want to do?")
    room.see("> ")
    room.type("\n")
    room.see("Which service is called?")
    room.see("> ")
    room.type(key)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_who_may_not_write_gets_a_message_for_an_administrator(room: Room, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    world = DEMO.read_text(encoding="utf-8")
    lacks = "{principal: 'user:dev@example.com', lacks: [run.services.setIamPolicy], "
    lacking.write_text(world.replace("{principal: 'user:dev@example.com', ", lacks), encoding="utf-8")
    room.start(world=lacking)
    room.to("What next?")
    room.type("done", ENTER)
    said = room.ended(10)
    message = " ".join(said.partition("Send this to an administrator")[2].split())
    assert "roles/run.invoker on orders" in message
    assert "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders" in message
    assert "run.services.setIamPolicy (in roles/run.admin)" in message
    assert "gcloud run services add-iam-policy-binding orders" in message
    assert "--fix" not in said
    assert room.receipts() == []


def test_no_project_that_can_be_listed(room: Room, world: str, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacks = 'lacks: [run.services.list], principal: "user:dev@example.com"'
    content = Path(world).read_text(encoding="utf-8").replace('principal: "user:dev@example.com"', lacks)
    lacking.write_text(content, encoding="utf-8")
    room.start(world=lacking)
    room.see("What do you want to do?")
    room.type(ENTER)
    assert "The services of shop-prod could not be listed (run.services.list is missing)." in room.see("Which service")
    room.type("orders", ENTER)
    room.see("Who calls orders?")
    room.type(ESCAPE)
    room.ended(130)


def test_a_slow_cloud_is_waited_for_in_words(room: Room, world: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text(Path(world).read_text(encoding="utf-8") + "delays: {api: 0.8}\n", encoding="utf-8")
    room.start(world=slow)
    room.see("What do you want to do?")
    room.type(ENTER)
    room.see("Reading the services of shop-prod ...")
    room.see("Which service is called?")
    room.type(ESCAPE)
    room.ended(130)


def test_stopped_while_it_reads(room: Room, world: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text(Path(world).read_text(encoding="utf-8") + "delays: {api: 3}\n", encoding="utf-8")
    room.start(world=slow)
    room.see("What do you want to do?")
    room.type(ENTER)
    room.see("Reading the services of shop-prod ...")
    room.type(CTRL_C)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_without_credentials_evidence_can_still_be_judged(room: Room) -> None:
    room.start(world=None)
    room.see("What do you want to do?")
    room.type(ENTER)
    assert "gcloud auth application-default login" in room.see("Which service is called?")
    room.type("orders", ENTER)
    said = room.see("Who calls orders?")
    assert "gcloud" not in said
    room.type(ENTER, ENTER, ENTER)
    room.see("Check whether")
    room.type(ENTER)
    room.see("What next?")
    room.type("another s", ENTER)
    room.see("Which service is called?")
    room.type("\x15", ENTER)
    room.see("Do you have an error message")
    room.type(ESCAPE)
    room.ended(130)


def test_nothing_is_said_over_a_question(room: Room) -> None:
    """Progress begins after a moment, so the question stands for longer than that."""
    room.start()
    room.see("What do you want to do?")
    with pytest.raises(pexpect.TIMEOUT):
        room.terminal.expect_exact("Reading", timeout=1)
    room.type(ESCAPE)
    room.ended(130)

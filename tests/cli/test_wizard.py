"""The wizard in a real pseudo-terminal, as a person would use it: its main way, every way out, and other terminals."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from crauth_doctor.cli import check, snippet
from crauth_doctor.wizard import call as lines
from crauth_doctor.wizard.call import Call

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "crauth_doctor" / "sandbox" / "worlds" / "demo.yaml"
ENTER, ESCAPE, DOWN, UP, LEFT, CTRL_C, CTRL_D = "\r", "\x1b", "\x1b[B", "\x1b[A", "\x1b[D", "\x03", "\x04"
TIMEOUT = 20
UNCOLOURED = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


@dataclass
class Room:
    """A terminal in which the program is run.

    Args:
        terminal: it.
        pipe: where runs are ordered.
        home: the user's folder, which is where the program is run too.
        busy: whether a run has not ended.
    """

    terminal: Any
    pipe: Path
    home: Path
    busy: bool = False

    def start(self, *argv: str, world: str | Path | None = DEMO, **environ: str) -> None:
        """Run the program on a world."""
        base = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
            "NO_GCE_CHECK": "true",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "GOOGLE_CLOUD_PROJECT": "shop-prod",
            "LANG": "C.UTF-8",
        }
        place = [] if world is None else ["--world", str(world)]
        order = {"argv": [*argv, *place], "environ": base | environ, "cwd": str(self.home)}
        self.busy = True
        self.pipe.write_text(json.dumps(order), encoding="utf-8")

    def see(self, text: str) -> str:
        """Wait for a text; return what came before it."""
        self.terminal.expect_exact(text, timeout=TIMEOUT)
        return UNCOLOURED.sub("", str(self.terminal.before))

    def type(self, *keys: str) -> None:
        """Press keys."""
        self.terminal.send("".join(keys))

    def ended(self, status: int) -> str:
        """Wait for the end of the run; return what was said since the last text that was seen."""
        said = self.see("ENDED ")
        self.busy = False
        self.terminal.expect_exact(["sane", "SPOILT"], timeout=10)
        assert self.terminal.before.strip() == str(status), said
        assert self.terminal.after == "sane"
        return said

    def to(self, question: str) -> None:
        """Answer in the usual way until a question is asked."""
        for asked, answer in WAY:
            self.see(asked)
            if asked == question:
                return
            self.type(answer)

    def receipts(self) -> list[Path]:
        """The receipts of changes that were made."""
        return list(self.home.rglob("*.json"))


WAY = (
    ("Which service is called?", f"orders{ENTER}"),
    ("Who calls orders?", ENTER),
    ("Which call is it?", ENTER),
    ("Have you an error text", ENTER),
    ("Find out whether run/checkout can call orders?", ENTER),
    ("What next?", ENTER),
    ("Make this change?", f"y{ENTER}"),
    ("What next?", ENTER),
    ("In which language?", ENTER),
)


class Rooms:
    """A terminal for all runs of this file, and another one where a run did not end in it.

    Args:
        folder: where runs are ordered.
    """

    def __init__(self, folder: Path) -> None:
        self.pipe = folder / "orders"
        os.mkfifo(self.pipe)
        self.open()

    def open(self) -> None:
        """Begin anew."""
        program = [str(Path(__file__).with_name("rooms.py")), str(self.pipe)]
        environ = {**os.environ, "PYTHONWARNINGS": "ignore"}
        self.terminal = pexpect.spawn(sys.executable, program, env=environ, encoding="utf-8", dimensions=(24, 80))
        self.terminal.delaybeforesend = None
        self.terminal.expect_exact("READY", timeout=60)

    def close(self) -> None:
        """End what runs in it."""
        self.terminal.close(force=True)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """One terminal for all runs of this file."""
    made = Rooms(tmp_path_factory.mktemp("rooms"))
    yield made
    made.close()


@pytest.fixture
def room(rooms: Rooms, tmp_path: Path) -> Iterator[Room]:
    """The terminal, with an empty home."""
    rooms.terminal.setwinsize(24, 80)
    home = tmp_path / "person"
    home.mkdir()
    made = Room(rooms.terminal, rooms.pipe, home)
    yield made
    if made.busy:
        rooms.close()
        rooms.open()


def test_the_whole_way(room: Room) -> None:
    room.start()
    room.to("What next?")
    assert "iam/missing-invoker, proven" in UNCOLOURED.sub("", room.terminal.before)
    room.type(ENTER)
    room.see("Make this change?")
    room.type("y", ENTER)
    room.see("Read back: it stands.")
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
    program = pexpect.spawn(sys.executable, argv, env=environ, encoding="utf-8", dimensions=(24, 80), timeout=TIMEOUT)
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
    room.to("Which call is it?")
    room.type(*keys)
    room.see(question)
    room.type("/x", CTRL_C)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_back_and_elsewhere(room: Room) -> None:
    room.start()
    room.to("Which call is it?")
    room.type(LEFT)
    room.see("Who calls orders?")
    room.type(LEFT)
    room.see("Which service is called?")
    room.type("nosuch", ENTER)
    room.see("Who calls nosuch?")
    room.type("gce/us-central1-a/vm-1", ENTER)
    room.see("Which call is it?")
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
    room.see("Have you an error text")
    room.type(ENTER)
    room.see("Find out whether gce/us-central1-a/vm-1 can call nosuch?")
    room.type(DOWN, ENTER)
    room.see("What next?")
    room.type("done", ENTER)
    said = room.ended(11)
    assert "check nosuch --project=shop-prod --caller=gce/us-central1-a/vm-1 '--path=/v1?a=b' --method=POST" in said
    assert "--no-call" in said


def test_evidence_alone(room: Room) -> None:
    room.start()
    room.see("Which service is called?")
    room.type("skip", ENTER)
    room.see("Have you an error text")
    room.type(DOWN, ENTER)
    room.see("Paste it:")
    room.type('HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\n', CTRL_D)
    room.see("What was recognised")
    room.see("What next?")
    room.type("done", ENTER)
    assert "crauth-doctor --world" in (said := room.ended(11))
    assert "explain -\n" in said


def test_a_runbook_or_code_is_never_written_over_a_file(room: Room) -> None:
    (room.home / "taken.md").write_text("mine", encoding="utf-8")
    room.start()
    room.to("Find out whether run/checkout can call orders?")
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


def test_resized_while_it_asks(room: Room) -> None:
    room.start()
    room.see("Which service is called?")
    for size in ((12, 40), (50, 150), (24, 80)):
        room.terminal.setwinsize(*size)
    room.type("ord")
    room.see("ord")
    room.type(ENTER)
    room.see("Who calls orders?")
    room.terminal.setwinsize(10, 60)
    room.type(DOWN, UP, ENTER)
    room.see("Which call is it?")
    room.type(ESCAPE)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_a_terminal_without_colour(room: Room) -> None:
    room.start(NO_COLOR="1")
    seen = ""
    for asked, answer in WAY[:5]:
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
        ("Which service is called?", "orders"),
        ("Who calls orders?", "<"),
        ("Which service is called?", "2"),
        ("Who calls orders?", "run/checkout"),
        ("Which call is it?", ""),
        ("Have you an error text", ""),
        ("Find out whether run/checkout can call orders?", ""),
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
    assert "roles/run.servicesInvoker on orders" in message
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
    assert "The services of shop-prod could not be listed (run.services.list is missing)." in room.see("Which service")
    room.type("orders", ENTER)
    room.see("Who calls orders?")
    room.type(ESCAPE)
    room.ended(130)


def test_a_slow_cloud_is_waited_for_in_words(room: Room, world: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text(Path(world).read_text(encoding="utf-8") + "delays: {api: 0.8}\n", encoding="utf-8")
    room.start(world=slow)
    room.see("Reading the services of shop-prod ...")
    room.see("Which service is called?")
    room.type(ESCAPE)
    room.ended(130)


def test_stopped_while_it_reads(room: Room, world: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text(Path(world).read_text(encoding="utf-8") + "delays: {api: 3}\n", encoding="utf-8")
    room.start(world=slow)
    room.see("Reading the services of shop-prod ...")
    room.type(CTRL_C)
    assert "Stopped. Nothing was changed." in room.ended(130)


def test_without_credentials_evidence_can_still_be_judged(room: Room) -> None:
    room.start(world=None)
    assert "gcloud auth application-default login" in room.see("Which service is called?")
    room.type("orders", ENTER)
    said = room.see("Who calls orders?")
    assert "gcloud" not in said
    room.type(ENTER, ENTER, ENTER)
    room.see("Find out whether")
    room.type(ENTER)
    room.see("What next?")
    room.type("another s", ENTER)
    room.see("Which service is called?")
    room.type("\x15", ENTER)
    room.see("Have you an error text")
    room.type(ESCAPE)
    room.ended(130)


def test_no_wizard_without_a_terminal(run: Callable[..., Any]) -> None:
    for argv in ((), ("--plain",)):
        ran = run(*argv)
        assert ran.status == 0
        assert ran.out.startswith("Usage: crauth-doctor ")


@pytest.mark.parametrize(
    "call",
    [
        Call(service="orders"),
        Call("p", "projects/p/locations/r/services/orders", "run/a", "https://x.example", "/a?b", "PUT", "aud"),
        Call("p", "https://orders.example", "me", file="a b.txt", calls=False),
        Call("p", "orders", "-odd", path="/-", audience="--x", pasted="x"),
    ],
)
def test_every_line_is_understood_by_its_command(call: Call) -> None:
    given = check.command.make_context("check", list(lines.check(call, fix=True)[1:])).params
    assert given["service"] == (
        call.service.rsplit("/", 1)[-1] if call.service.startswith("projects/") else call.service
    )
    assert (given["caller"] or "", given["url"] or "", given["path"] or "") == (call.caller, call.url, call.path)
    assert (given["method"], given["audience"] or "") == (call.method or "GET", call.audience)
    assert given["call"] == call.calls
    assert given["fix"]
    code = snippet.command.make_context("snippet", list(lines.snippet(call, "go")[1:])).params
    assert (code["lang"], code["caller"] or "") == ("go", call.caller)

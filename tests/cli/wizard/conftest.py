"""A real pseudo-terminal in which the wizard is run, as a person would use it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "crauth_doctor" / "sandbox" / "worlds" / "demo.yaml"
ENTER, ESCAPE, DOWN, UP, LEFT, CTRL_C, CTRL_D = "\r", "\x1b", "\x1b[B", "\x1b[A", "\x1b[D", "\x03", "\x04"
PAGE_DOWN, HOME, END = "\x1b[6~", "\x1b[H", "\x1b[F"
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
        self.terminal.expect_exact(text, timeout=PATIENCE)
        return UNCOLOURED.sub("", str(self.terminal.before))

    def type(self, *keys: str) -> None:
        """Press keys."""
        self.terminal.send("".join(keys))

    def ended(self, status: int) -> str:
        """Wait for the end of the run; return what was said since the last text that was seen."""
        said = self.see("ENDED ")
        self.busy = False
        self.terminal.expect_exact(["sane", "SPOILT"], timeout=PATIENCE)
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
    ("What do you want to do?", ENTER),
    ("Which service is called?", f"orders{ENTER}"),
    ("Who calls orders?", ENTER),
    ("Which request fails?", ENTER),
    ("Do you have an error message", ENTER),
    ("Check whether run/checkout can call orders?", ENTER),
    ("What next?", ENTER),
    ("Make this change?", f"y{ENTER}"),
    ("What next?", ENTER),
    ("In which language?", ENTER),
)


class Rooms:
    """A terminal for all runs, and another one where a run did not end in it.

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
        self.terminal.expect_exact("READY", timeout=PATIENCE)

    def close(self) -> None:
        """End what runs in it."""
        self.terminal.close(force=True)


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """One terminal for all runs."""
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

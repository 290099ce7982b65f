"""The program run in this process on one world, as often as a property asks; each run finds the world as it was."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crauth_doctor.cli.main import main
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from crauth_doctor.sandbox.state.clock import WorldClock

RANKS = {"likely": 1, "expected": 2, "proven": 3}


@dataclass(frozen=True)
class Told:
    """What a run said."""

    status: int
    report: dict[str, Any] | None
    out: str
    err: str

    @property
    def cause(self) -> str | None:
        return None if self.report is None else self.report["cause"]

    @property
    def conclusion(self) -> str:
        return f"no report, exit {self.status}" if self.report is None else str(self.report["conclusion"])

    @property
    def broke(self) -> bool:
        """Whether the tool itself failed, or printed what is no report."""
        return self.status not in {0, 2, 10, 11} or (self.report is None and self.status != 2)

    def rank(self, *causes: str) -> int:
        """How sure it is of one of these causes; 0 where it names none of them."""
        return RANKS.get(self.conclusion, 0) if self.cause in causes else 0

    def __str__(self) -> str:
        return f"{self.conclusion} {self.cause or ''}".strip()


@dataclass(frozen=True)
class Program:
    """The program, and the world that it sees.

    Args:
        home: an empty folder.
        sandbox: the world; None for none.
        began: the moment at which it began in the world.
    """

    home: Path
    sandbox: Sandbox | None
    began: datetime | None

    def run(self, argv: list[str], pasted: str | None = None, *, form: str = "json") -> Told:
        """Run it: `-` is replaced by what was pasted, as a file; without a `-`, that becomes `--evidence`."""
        words = [*argv]
        if pasted is not None:
            file = self.home / "pasted.txt"
            file.write_text(pasted, encoding="utf-8", newline="")
            words = [str(file) if word == "-" else word for word in words]
            words += [] if "-" in argv else ["--evidence", str(file)]
        environ = {"HOME": str(self.home), "NO_GCE_CHECK": "true"}
        if self.sandbox is not None:
            self._forget(self.sandbox)
            environ["CRAUTH_DOCTOR_SANDBOX"] = self.sandbox.base
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main([*words, "--format", form], environ)
        return Told(status, _report(out.getvalue()) if form == "json" else None, out.getvalue(), err.getvalue())

    def _forget(self, sandbox: Sandbox) -> None:
        """Let the world forget what earlier runs did to it: its logs, its clock, the faults that are used up."""
        cloud = sandbox.cloud
        with cloud.lock:
            cloud.logs[:] = deepcopy(cloud.world.logs)
            cloud.requests.clear()
            cloud.faults_taken.clear()
            cloud.clock = WorldClock(self.began)

    @property
    def hosts_called(self) -> set[str]:
        """The hosts that the last run sent a request to."""
        return set() if self.sandbox is None else {each.host for each in self.sandbox.requests}


def _report(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "conclusion" in found else None


@contextmanager
def opened(world: dict[str, Any] | None) -> Iterator[Program]:
    """The program on a world, or on none."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crauth-properties-")))
        sandbox = None if world is None else stack.enter_context(serve(parse_world(deepcopy(world))))
        yield Program(home, sandbox, None if sandbox is None else sandbox.now())

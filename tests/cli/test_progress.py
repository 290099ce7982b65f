"""What is being done is said on a terminal, when it takes long, and nowhere else."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.patience import PATIENCE

Run = Callable[..., Any]
WHERE = ["--project", "shop-prod", "--region", "us-central1", "--caller", "good@shop-prod.iam.gserviceaccount.com"]


@pytest.fixture
def slow(world: str, tmp_path: Path) -> str:
    """The small world, answering late."""
    path = tmp_path / "slow.yaml"
    path.write_text(Path(world).read_text(encoding="utf-8") + "delays: {api: 0.3}\n")
    return str(path)


def on_a_terminal(python: list[str], *argv: str, **environ: str) -> str:
    command = [*python, "-m", "crauth_doctor", *argv]
    shown, status = pexpect.run(
        " ".join(command), env={**os.environ, "TERM": "xterm", **environ}, timeout=PATIENCE, withexitstatus=True
    )
    assert status == 0, shown
    return str(shown.decode())


def test_a_slow_run_says_what_it_does_and_wipes_it(slow: str, python: list[str]) -> None:
    shown = on_a_terminal(python, "--world", slow, "check", "orders", *WHERE)
    assert "Reading " in shown
    assert re.search(r"Reading [^(\r]+ \(\d+ of \d+\)", shown)
    assert re.search(r"\r\x1b\[K(?:[a-z]+ [^ ]  ?)*ingress ✓ [^\r]*   reading ", shown), (
        "what is decided is told at once"
    )
    assert shown.rindex("\r\x1b[K") < shown.index("CLEAR")
    said = [line.rpartition("\x1b[K")[2] for line in re.split(r"[\r\n]+", shown.partition("CLEAR")[0])]
    assert [line for line in said if "eading " in line and not line.endswith("...")] == [], "no line is cut off"


@pytest.mark.parametrize(("argv", "environ"), [(["--quiet"], {}), ([], {"TERM": "dumb"})])
def test_not_when_it_is_not_wanted(slow: str, python: list[str], argv: list[str], environ: dict[str, str]) -> None:
    assert "Reading " not in on_a_terminal(python, "--world", slow, "check", "orders", *WHERE, *argv, **environ)


def test_not_when_piped(run: Run, slow: str) -> None:
    ran = run("--world", slow, "check", "orders", *WHERE)
    assert ran.err == ""
    assert "Reading " not in ran.out


def test_a_name_that_others_chose_writes_nothing_into_the_terminal(slow: str, python: list[str]) -> None:
    role = r'"roles/A\e[31mB\e]52;c;ZXZpbA==\aC\u202eD"'
    member = "serviceAccount:good@shop-prod.iam.gserviceaccount.com"
    text = Path(slow).read_text(encoding="utf-8")
    text = text.replace("    bindings:\n", f'    bindings:\n      - {{role: {role}, members: ["{member}"]}}\n', 1)
    Path(slow).write_text(text, encoding="utf-8")
    shown = on_a_terminal(python, "--world", slow, "check", "orders", *WHERE)
    assert "eading the role roles/ABCD" in shown
    assert "\x1b]" not in shown
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown


def test_something_is_said_soon_and_wiped_by_whatever_comes_instead(slow: str) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "crauth_doctor", "--world", slow, "check", "nothing-of-that-name", *WHERE],
        env={**os.environ, "TERM": "xterm"},
        timeout=PATIENCE,
    )
    child.expect(r"Reading [^\r]+ \.\.\.")  # what is read by then depends on how fast the machine is
    child.expect(pexpect.EOF)
    shown = child.before.decode()
    assert shown.rindex("\r\x1b[K") < shown.index("nothing-of-that-name")

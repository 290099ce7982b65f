"""Odd surroundings: closed or full outputs, a reader that goes away, no locale: no traceback, and a true status."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

CHECK = "check orders --project shop-prod --region us-central1 --caller checkout@shop-prod.iam.gserviceaccount.com"
FULL = Path("/dev/full")
Shell = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def shell(world: str, tmp_path: Path, python: list[str]) -> Shell:
    """Run a line of bash, in which $CR is the program and $CHECK a check that finds a cause (status 10).

    With an environment of its own, Python starts anew in it.
    """

    def run_it(line: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
        base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
        program = shlex.join([*([sys.executable] if environ else python), "-m", "crauth_doctor"])
        named = {"CR": program, "CHECK": f"{program} --world {world} {CHECK}"}
        return subprocess.run(
            ["bash", "-c", line], env=base | named | environ, cwd=tmp_path, capture_output=True, timeout=PATIENCE,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run_it


def is_quiet(ran: subprocess.CompletedProcess[bytes]) -> bool:
    """Whether nothing of Python's own was printed."""
    said = ran.stdout + ran.stderr
    return not any(word in said for word in (b"Traceback", b"itself broke", b"Exception ignored"))


def test_stderr_closed(shell: Shell) -> None:
    ran = shell("$CHECK 2>&-")
    assert (ran.returncode, b"[iam/missing-invoker, proven]" in ran.stdout) == (10, True)


def test_stdout_closed(shell: Shell) -> None:
    ran = shell("$CHECK >&-")
    assert (ran.returncode, is_quiet(ran)) == (1, True)
    assert ran.stderr.strip()


def test_both_closed(shell: Shell) -> None:
    assert shell("$CHECK >&- 2>&-").returncode == 1


def test_stdin_closed(shell: Shell) -> None:
    ran = shell("$CHECK <&-")
    assert (ran.returncode, is_quiet(ran)) == (10, True)


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is not there")
@pytest.mark.parametrize("format", ["text", "json"])
def test_stdout_full(shell: Shell, format: str) -> None:
    ran = shell(f"$CHECK --format {format} >/dev/full")
    assert (ran.returncode, is_quiet(ran)) == (1, True)
    assert ran.stderr.count(b"\n") <= 3
    assert b"No space left on device" in ran.stderr


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is not there")
def test_stderr_full(shell: Shell) -> None:
    ran = shell("$CHECK 2>/dev/full")
    assert (ran.returncode, b"[iam/missing-invoker, proven]" in ran.stdout) == (10, True)


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is not there")
def test_no_space_for_help(shell: Shell) -> None:
    ran = shell("$CR --help >/dev/full")
    assert (ran.returncode, is_quiet(ran), b"No space left on device" in ran.stderr) == (1, True, True)


@pytest.mark.parametrize("line", ["--help", "--version", "explain", "explain iam/propagation"])
def test_the_reader_goes_away_from_what_needs_no_cloud(shell: Shell, line: str) -> None:
    ran = shell(f'$CR {line} | true; echo "${{PIPESTATUS[0]}}"')
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")


@pytest.mark.parametrize(("format", "reader"), [("text", "true"), ("json", "head -n 1 >/dev/null")])
def test_the_reader_goes_away_from_a_report(shell: Shell, format: str, reader: str) -> None:
    ran = shell(f'$CHECK --format {format} | {reader}; echo "${{PIPESTATUS[0]}}"')
    assert (ran.stdout, ran.stderr) == (b"10\n", b"")


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", "LANG": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "cp1252", "COLUMNS": "20", "TMPDIR": "/nonexistent"},
    ],
    ids=lambda environ: ",".join("=".join(one) for one in environ.items()),
)
def test_no_locale_and_odd_encodings(shell: Shell, environ: dict[str, str]) -> None:
    ran = shell("$CHECK", **environ)
    assert (ran.returncode, ran.stderr) == (10, b"")
    assert b"[iam/missing-invoker, proven]" in b" ".join(ran.stdout.split())
    if environ.get("PYTHONUTF8") == "0":
        assert ran.stdout.isascii()


@pytest.mark.parametrize("line", ["env -u HOME $CHECK", "HOME= $CHECK", "mkdir gone; cd gone; rmdir ../gone; $CHECK"])
def test_no_home_and_no_folder(shell: Shell, line: str) -> None:
    ran = shell(line)
    assert (ran.returncode, is_quiet(ran), b"[iam/missing-invoker, proven]" in ran.stdout) == (10, True, True)


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is not there")
def test_a_change_that_cannot_be_told_is_told_on_stderr(shell: Shell, world: str, tmp_path: Path) -> None:
    """The change is made and its receipt is kept: the tool must not say that it broke."""
    line = f"$CR --world {world} grant orders --project shop-prod --region us-central1 --yes --no-wait"
    ran = shell(f"{line} --sa checkout@shop-prod.iam.gserviceaccount.com >/dev/full")
    assert (ran.returncode, is_quiet(ran)) == (1, True)
    assert b"No space left on device" in ran.stderr
    receipts: list[Any] = list(tmp_path.rglob("*.json"))
    assert len(receipts) == 1

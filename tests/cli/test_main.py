"""What holds for every command: help, failures, output."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from crauth_doctor import __version__
from crauth_doctor.cli import main as entry
from crauth_doctor.cli.main import COMMANDS, main

Run = Callable[..., Any]


def test_version(run: Run) -> None:
    assert run("--version").out == f"crauth-doctor {__version__}\n"


def test_bare_is_help(run: Run) -> None:
    ran = run()
    assert ran.status == 0
    assert ran.out == run("--help").out
    assert all(f"  {name} " in ran.out for name in COMMANDS)


PRINT_ALL = {"schema", "mcp"}
"""Commands that print one thing for a program, and have nothing to leave out."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: crauth-doctor {name} ")
    assert f"\n  {COMMANDS[name]}\n" in ran.out
    assert name in PRINT_ALL or "  --quiet" in ran.out.replace("-q, --quiet", "--quiet")


def test_an_unexpected_failure_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the token ya29.secret-token-value was refused")

    monkeypatch.setattr(entry.crauth_doctor, "main", broken)
    ran = run("check", "orders")
    assert ran.status == 1
    assert "RuntimeError" in ran.err
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err
    assert "secret-token-value" not in ran.err


def test_debug_shows_the_traceback_without_tokens(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the token ya29.secret-token-value was refused")

    monkeypatch.setattr("crauth_doctor.workflows.causes.find_cause", broken)
    ran = run("--debug", "explain", "x")
    assert ran.status == 1
    assert "Traceback" in ran.err
    assert "[hidden]" in ran.err
    assert "secret-token-value" not in ran.err


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crauth_doctor.workflows.causes.find_cause", interrupted)
    ran = run("explain", "x")
    assert ran.status == 130
    assert ran.out == ""


def test_main_takes_the_arguments_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crauth-doctor", "--version"])
    assert main() == 0
    assert __version__ in capsys.readouterr().out


def test_a_reader_who_has_gone_is_no_failure(python: list[str]) -> None:
    command = f"{shlex.join(python)} -m crauth_doctor explain | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "mint\n"


def test_the_status_stands_even_when_the_reader_has_gone(world: str, python: list[str]) -> None:
    argv = f"--world {world} check orders --project shop-prod --region us-central1"
    command = f"{shlex.join(python)} -m crauth_doctor {argv} --caller checkout@shop-prod.iam.gserviceaccount.com"
    done = subprocess.run(
        ["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (10, "")


def test_an_ascii_terminal_gets_ascii() -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for argv in (["explain"], ["demo"], ["check", "--help"]):
        done = subprocess.run(
            [sys.executable, "-m", "crauth_doctor", *argv], capture_output=True, env=environ, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()


def test_colour_on_a_terminal_only_and_never_with_no_color(world: str, python: list[str]) -> None:
    pexpect = pytest.importorskip("pexpect")
    argv = ["-m", "crauth_doctor", "--world", world, "check", "orders", "--project", "shop-prod", "--region"]
    argv += ["us-central1", "--caller", "good@shop-prod.iam.gserviceaccount.com", "--quiet"]
    plain = []
    for extra in ({}, {"NO_COLOR": "1"}):
        environ = {**os.environ, "TERM": "xterm", **extra}
        text = pexpect.run(shlex.join([*python, *argv]), env=environ, timeout=30).decode()
        assert ("\x1b[1;32mCLEAR\x1b[0m" in text) == (not extra)
        plain.append(re.sub(r"\x1b\[[0-9;]*[mK]|\r", "", text))
    assert plain[0].splitlines()[-8:] == plain[1].splitlines()[-8:]

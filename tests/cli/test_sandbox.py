"""`sandbox` and `demo`, as processes of their own."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

Run = Callable[..., Any]

SANDBOX = [sys.executable, "-m", "crauth_doctor", "sandbox", "--world"]


@contextmanager
def serving(world: str, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The sandbox as a process, and what it exports."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*SANDBOX, world, *more], stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        exports = {}
        try:
            while "CRAUTH_DOCTOR_SANDBOX" not in exports or "CLOUDSDK_CONFIG" not in exports:
                word, assignment = shlex.split(process.stdout.readline())
                assert word == "export"
                name, _, value = assignment.partition("=")
                exports[name] = value
            yield process, exports
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_exports_serves_and_ends_cleanly(world: str, run: Run, stop: signal.Signals) -> None:
    with serving(world) as (process, exports):
        base = exports["CRAUTH_DOCTOR_SANDBOX"]
        ran = run(
            "check", "orders", "--project", "shop-prod", "--caller", "good@shop-prod.iam.gserviceaccount.com",
            CRAUTH_DOCTOR_SANDBOX=base,
        )  # fmt: skip
        assert ran.status == 0, ran.err
        process.send_signal(stop)
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert not Path(exports["CLOUDSDK_CONFIG"]).exists()


def test_a_port_that_is_taken(world: str, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = run("sandbox", "--world", world, "--port", str(taken.getsockname()[1]))
    assert ran.status == 1
    assert "--port" in ran.err
    assert ran.out == ""


def test_a_world_is_needed(run: Run) -> None:
    ran = run("sandbox")
    assert ran.status == 2
    assert "--world FILE" in ran.err


def test_demo_finds_fixes_and_is_clear(run: Run) -> None:
    ran = run("demo")
    assert ran.status == 0, ran.err
    first, second = ran.out.index("BLOCKED at iam"), ran.out.index("CLEAR, if the caller's token")
    assert first < ran.out.index("in the sandbox only") < second
    assert "[iam/missing-invoker, proven]" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.err == ""


def test_demo_needs_no_terminal_no_home_and_no_network(tmp_path: Path, python: list[str]) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": "", "http_proxy": "http://192.0.2.1:9"}
    done = subprocess.run(
        [*python, "-m", "crauth_doctor", "demo"],
        capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^CLEAR, if ", done.stdout, re.MULTILINE)


def test_an_unknown_demo(run: Run) -> None:
    ran = run("demo", "../../etc/passwd")
    assert ran.status == 2
    assert "there is no demo" in ran.err


def test_a_misspelt_demo_names_the_nearest(run: Run) -> None:
    assert "iam-wrong-principal" in run("demo", "iam-wrong-principle").err


def test_another_demo_shows_a_fix_that_it_does_not_make(run: Run) -> None:
    ran = run("demo", "token-audience-path")
    assert ran.status == 0, ran.err
    assert "[token/audience-path, " in ran.out
    assert "CLEAR" not in ran.out


def test_a_built_in_world_goes_by_its_name(run: Run) -> None:
    told = run("--world", "demo", "who", "orders", "--project", "shop-prod", "--region", "us-central1")
    assert told.status == 0
    assert "There is no file healty, and no built-in world of that name. Did you mean healthy" in (
        run("--world", "healty", "who", "orders").err
    )

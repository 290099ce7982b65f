"""What a run leaves behind, and with whom it talks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.sandbox import load_world, serve
from tests.patience import PATIENCE

WATCHED = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        host = args[0] if event == "socket.getaddrinfo" else args[1][0]
        print("CONNECTED", host, file=sys.stderr)
        if host not in ("127.0.0.1", "localhost"):
            raise SystemExit(f"connected to {host!r}")
sys.addaudithook(watch)
from crauth_doctor.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
CHECK = ["--project", "shop-prod", "--region", "us-central1", "--caller", "good@shop-prod.iam.gserviceaccount.com"]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def watched(python: list[str], folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run the program with nothing but empty folders, and watch its connections."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.run(
        [*python, "-c", WATCHED, *argv],
        env=environ, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


READING = [
    ["check", "orders", *CHECK],
    ["call", "orders", *CHECK],
    ["who", "orders", *CHECK[:4]],
    ["snippet", "orders", *CHECK, "--lang", "python"],
    ["runbook", "orders", *CHECK],
    ["grant", "orders", *CHECK[:4], "--sa", "checkout@shop-prod.iam.gserviceaccount.com", "--dry-run"],
]


@pytest.mark.parametrize("argv", READING, ids=lambda argv: str(argv[0]))
def test_a_run_on_a_world_stays_on_this_machine_and_leaves_no_file(
    world: str, tmp_path: Path, python: list[str], argv: list[str]
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    ran = watched(python, folder, "--world", world, *argv)
    assert ran.returncode in (0, 10), ran.stderr
    assert {line.split()[1] for line in ran.stderr.splitlines() if line.startswith("CONNECTED")} == {"127.0.0.1"}
    assert files_in(folder) == []


@pytest.mark.parametrize("argv", READING, ids=lambda argv: str(argv[0]))
def test_what_is_asked_for_is_read_only(run: Callable[..., Any], world: str, argv: list[str]) -> None:
    """By the method, and for a POST by its verb: what else there is would write."""
    reading = (
        "getIamPolicy",
        "testIamPermissions",
        "entries:list",
        "getAncestry",
        "generateIdToken",
        "troubleshoot",
        "/token",
    )
    with serve(load_world(world)) as box:
        assert run(*argv, CRAUTH_DOCTOR_SANDBOX=box.base).status in (0, 10)
        asked = [(one.method, one.host, one.path) for one in box.requests]
    assert asked
    assert [one for one in asked if one[0] != "GET" and not one[2].endswith(reading)] == []


def test_demo_stays_on_this_machine_and_leaves_no_receipt(tmp_path: Path, python: list[str]) -> None:
    ran = watched(python, tmp_path, "demo")
    assert ran.returncode == 0, ran.stderr
    assert files_in(tmp_path) == []


def test_explain_connects_to_nobody(tmp_path: Path, python: list[str]) -> None:
    ran = watched(python, tmp_path, "explain", "iam/missing-invoker")
    assert (ran.returncode, ran.stderr) == (0, "")
    paste = tmp_path / "paste.txt"
    paste.write_text(
        "HTTP/2 403\nserver: Google Frontend\n\n<title>403 Forbidden</title> https://orders-abc123-uc.a.run.app/\n"
    )
    ran = watched(python, tmp_path, "explain", str(paste))
    assert "CONNECTED" not in ran.stderr
    assert files_in(tmp_path) == [paste]

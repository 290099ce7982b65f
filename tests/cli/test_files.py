"""Files that a user names: devices, pipes, what is too large or nested too deeply end in a plain sentence."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.cli.files import LIMIT

Run = Callable[..., Any]
CHECK = ("check", "orders", "--project", "shop-prod", "--region", "us-central1")
PASTE = (
    "$ curl -i https://orders-123456789012.us-central1.run.app/\nHTTP/2 403\nserver: Google Frontend\n\n403 Forbidden\n"
)


def refused(ran: Any, word: str) -> None:
    assert ran.status in {1, 2}
    assert word in ran.err
    assert "broke" not in ran.err
    assert "Traceback" not in ran.err


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return str(path)


@pytest.fixture
def huge(tmp_path: Path) -> str:
    """A file that takes no room on the disk."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(LIMIT + 1)
    return str(path)


def test_a_world_is_a_file(run: Run, pipe: str, huge: str, tmp_path: Path) -> None:
    refused(run("--world", pipe, *CHECK), "is a pipe, not a file")
    refused(run("--world", "/dev/zero", *CHECK), "is a device, not a file")
    refused(run("--world", huge, *CHECK), "too large")
    refused(run("--world", str(tmp_path), *CHECK), "cannot be read")
    refused(run("--world", str(tmp_path / "none"), *CHECK), "cannot be read")


@pytest.mark.parametrize(
    "text", ["version: 1\nresources: " + "[" * 50_000, '{"version":1,"resources":' + '{"a":' * 50_000]
)
def test_a_world_is_not_nested_too_deeply(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    refused(run("--world", str(path), *CHECK), "nested too deeply")


def test_evidence_is_a_file_or_a_pipe(run: Run, world: str, huge: str, tmp_path: Path) -> None:
    for name in ("check", "call"):
        argv = ("--world", world, name, *CHECK[1:], "--evidence")
        refused(run(*argv, "/dev/zero"), "is a device, not a file")
        refused(run(*argv, huge), "too large")
        refused(run(*argv, str(tmp_path)), "cannot be read")
        refused(run(*argv, "a\0b"), "cannot be read")
    refused(run("runbook", "--check", "/dev/zero"), "is a device, not a file")
    refused(run("explain", huge), "too large")


def test_evidence_comes_through_a_pipe(run: Run, world: str, pipe: str) -> None:
    """As a shell's process substitution hands it over."""
    writer = threading.Thread(target=lambda: Path(pipe).write_text(PASTE))
    writer.start()
    ran = run("--world", world, *CHECK, "--caller", "me", "--evidence", pipe)
    writer.join()
    assert ran.status in {10, 11}, ran.err
    assert "What I recognised" in ran.out


@pytest.mark.parametrize(
    "base", ["http://[::1", "http://[", "http://:x", "https://127.0.0.1:1", "http://u@127.0.0.1:1", "x"]
)
def test_a_sandbox_that_is_no_url_is_told_in_a_sentence(run: Run, base: str) -> None:
    ran = run(*CHECK, CRAUTH_DOCTOR_SANDBOX=base)
    refused(ran, "sandbox")

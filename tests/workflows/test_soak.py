"""Many checks in one process leave nothing behind: no thread, no socket, no file, no memory."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import pytest
import requests

from crauth_doctor.sandbox import load_world, serve
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.diagnose import check
from tests.patience import LONG, PATIENCE
from tests.properties.program import opened as program_on
from tests.properties.subjects import checked

DEMO = Path(__file__).parents[2] / "crauth_doctor" / "sandbox" / "worlds" / "demo.yaml"
CALL = CallRequest("orders", project="shop-prod", region="us-central1", caller="run/checkout")
DESCRIPTORS = Path("/proc/self/fd")


TIMES = 500 if LONG else 10
WARM = 5
"""Checks after which everything is imported, and caches are full."""
MOST = 5 * 1024
"""KiB."""


def held() -> int:
    """How many KiB of memory this process has."""
    gc.collect()
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def checks(times: int) -> None:
    """Make checks, each in a sandbox of its own, since a sandbox keeps what it was asked."""
    for _ in range(times):
        with serve(load_world(str(DEMO))) as box:
            assert check(Context({}, box.base), CALL).diagnosis.cause


def opened() -> int:
    """How many files and sockets this process has open."""
    return len(list(DESCRIPTORS.iterdir()))


def closes(most: int) -> bool:
    """Whether no more than that stays open, once the sandbox's own threads have closed their ends, too."""
    end = time.monotonic() + PATIENCE
    while opened() > most and time.monotonic() < end:
        time.sleep(0.01)
    return opened() <= most


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="/proc tells what is open")
def test_many_checks_leave_nothing_behind() -> None:
    threads = set(threading.enumerate())
    gc.collect()
    before = opened()
    gc.disable()
    try:
        checks(WARM)
        assert closes(before), "connections are closed when a check ends, not when memory is tidied up"
    finally:
        gc.enable()
    memory = held()
    checks(TIMES)
    assert held() - memory < MOST
    assert set(threading.enumerate()) <= threads
    assert closes(before)


@pytest.mark.parametrize("name", [each.name for each in checked() if "eventarc" in each.name or LONG])
def test_a_check_keeps_no_session(name: str) -> None:
    subject = next(each for each in checked() if each.name == name)
    with program_on(subject.world) as program:
        gc.collect()
        gc.disable()
        try:
            assert not program.run(subject.run).broke
            assert not [each for each in gc.get_objects() if isinstance(each, requests.Session)]
        finally:
            gc.enable()

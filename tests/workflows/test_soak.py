"""Many checks in one process leave nothing behind: no thread, no socket, no file."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from crauth_doctor.sandbox import load_world, serve
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.diagnose import check

DEMO = Path(__file__).parents[2] / "crauth_doctor" / "sandbox" / "worlds" / "demo.yaml"
CALL = CallRequest("orders", project="shop-prod", region="us-central1", caller="run/checkout")
DESCRIPTORS = Path("/proc/self/fd")


def opened() -> int:
    """How many files and sockets this process has open."""
    gc.collect()
    return len(list(DESCRIPTORS.iterdir()))


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="/proc tells what is open")
def test_many_checks_leave_nothing_behind() -> None:
    threads = set(threading.enumerate())
    before = opened()
    with serve(load_world(str(DEMO))) as box:
        for _ in range(12):
            assert check(Context({}, box.base), CALL).diagnosis.cause
    assert set(threading.enumerate()) <= threads
    assert opened() <= before

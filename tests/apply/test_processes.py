"""Real processes: many at once on one service, and killed at every step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from crauth_doctor.apply.executor import ChangeExecutor
from crauth_doctor.apply.receipts import Receipts, ReceiptStatus
from crauth_doctor.gcp.google import connect
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from tests.patience import LIMIT, LONG, PATIENCE

from .conftest import ACCOUNTS, CHECKOUT, INVOKER, MEMBER, ORDERS, OTHERS, WORLD

WHERE = ("--project", "shop-prod", "--region", "us-central1")
AT_ONCE = 8
MANY = 40 if LONG else 16
POLICY = f"run.googleapis.com/v2/{ORDERS.removeprefix('//run.googleapis.com/')}"


class Crowd:
    """Processes of the program, forked from one that is warm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: dict[int, int] = {}
        self._started: list[int] = []
        self._count = 0
        self._news = threading.Condition()
        program = [sys.executable, str(Path(__file__).with_name("crowd.py"))]
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, *argv: str, **environ: str) -> tuple[int, Path]:
        """Start one; returns its process and the file that it writes to."""
        assert self.process.stdin is not None
        self._count += 1
        out = self.folder / f"out-{self._count}"
        asked = {"argv": argv, "environ": {"HOME": str(self.folder)} | environ, "out": str(out)}
        with self._news:
            before = len(self._started)
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            self._news.wait_for(lambda: len(self._started) > before, 20)
            return self._started[-1], out

    def wait(self, pid: int) -> int:
        """Wait for one to end."""
        with self._news:
            assert self._news.wait_for(lambda: pid in self.ended, 60), "it does not end"
            return self.ended[pid]

    def below(self, number: int) -> None:
        """Wait until fewer than so many are at work."""
        with self._news:
            assert self._news.wait_for(lambda: len(self._started) - len(self.ended) < number, 60)

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self._listener.join()
        self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            with self._news:
                if "started" in told:
                    self._started.append(told["started"])
                else:
                    self.ended[told["ended"]] = told["status"]
                self._news.notify_all()


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    made = Crowd(tmp_path_factory.mktemp("crowd"))
    yield made
    made.close()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[str]:
    """One `crauth-doctor sandbox`, a process of its own, with many accounts."""
    world = deepcopy(WORLD)
    world["resources"] |= {f"{ACCOUNTS}a{n}@shop-prod.iam.gserviceaccount.com": {} for n in range(MANY)}
    file = tmp_path / "world.yaml"
    file.write_text(yaml.safe_dump(world))
    program = [sys.executable, "-m", "crauth_doctor", "sandbox", "--world", str(file), "--quiet"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "CRAUTH_DOCTOR_SANDBOX=" in line:
                yield line.strip().partition("=")[2]
                break
        process.terminate()


class Other:
    """Somebody else, who changes the same policy by Google's plain API."""

    def __init__(self, base: str) -> None:
        token = requests.get(f"{base}/_sandbox", timeout=5).json()["token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._url = f"{base}/{POLICY}"
        self.added: list[str] = []

    def policy(self) -> dict[str, Any]:
        query = {"options.requestedPolicyVersion": "3"}
        found: dict[str, Any] = requests.get(
            f"{self._url}:getIamPolicy", params=query, headers=self._headers, timeout=10
        ).json()
        return found

    def add(self) -> None:
        member = f"user:third{len(self.added)}@example.com"
        policy = self.policy()
        policy["bindings"].append({"role": "roles/run.admin", "members": [member]})
        sent = {"policy": {**policy, "version": 3}}
        answer = requests.post(f"{self._url}:setIamPolicy", json=sent, headers=self._headers, timeout=10)
        if answer.status_code == 200:
            self.added.append(member)


@pytest.mark.heavy
@pytest.mark.timeout(2 * LIMIT)
def test_many_grants_at_once_and_a_third_party_in_between(crowd: Crowd, shared: str) -> None:
    other, stop = Other(shared), threading.Event()

    def meddle() -> None:
        while not stop.wait(0.05):
            other.add()

    meddling = threading.Thread(target=meddle)
    meddling.start()
    started = []
    try:
        for number in range(MANY):
            crowd.below(AT_ONCE)
            if number == AT_ONCE:
                until(lambda: bool(other.added))
            email = f"a{number}@shop-prod.iam.gserviceaccount.com"
            argv = ("grant", "orders", *WHERE, "--sa", email, "--yes", "--no-wait", "--quiet", "--timeout", "100")
            started.append(crowd.start(*argv, CRAUTH_DOCTOR_SANDBOX=shared))
        statuses = [crowd.wait(pid) for pid, _ in started]
    finally:
        stop.set()
        meddling.join()
    told = [out.read_text() for (_, out), status in zip(started, statuses, strict=True) if status]
    assert statuses == [0] * MANY, told[:3]
    policy = other.policy()
    granted = {m for one in policy["bindings"] if "condition" not in one and one["role"] == INVOKER
               for m in one["members"]}  # fmt: skip
    assert granted == {f"serviceAccount:a{n}@shop-prod.iam.gserviceaccount.com" for n in range(MANY)} | set(
        OTHERS[2]["members"]
    )
    assert policy["version"] == 3
    assert policy["bindings"][:2] == OTHERS[:2]
    assert other.added, "the third party did get in between"
    admins = [one["members"][0] for one in policy["bindings"] if one["role"] == "roles/run.admin"]
    assert admins == other.added
    kept = Receipts(crowd.folder / ".local/state/crauth-doctor/receipts").all()
    assert [one.status for one in kept if one.where.startswith(f"{shared}#")] == [ReceiptStatus.DONE] * MANY


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that must come."""
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


class Interrupted:
    """A grant in a process of its own, in a slow world, and what is left when it was interrupted."""

    def __init__(self, crowd: Crowd, box: Sandbox, folder: Path) -> None:
        self.box = box
        self.receipts = Receipts(folder / "crauth-doctor/receipts")
        self._crowd = crowd
        self._state = str(folder)
        self.pid = 0

    def start(self) -> None:
        argv = ("grant", "orders", *WHERE, "--sa", CHECKOUT, "--yes", "--no-wait")
        self.pid, self.out = self._crowd.start(*argv, CRAUTH_DOCTOR_SANDBOX=self.box.base, XDG_STATE_HOME=self._state)

    def at(self, ready: Callable[[], bool], number: signal.Signals) -> int:
        """Send a signal as soon as something is so, or not at all when it ends before; return its status.

        What the sandbox holds back is answered after the signal.
        """
        until(lambda: ready() or self.pid in self._crowd.ended)
        if self.pid not in self._crowd.ended:
            os.kill(self.pid, number)
        self.box.cloud.closing.set()  # which ends every delay
        return self._crowd.wait(self.pid)

    def settled(self) -> bool:
        """Check that the policy is before or after, and that the receipt says which; return whether it is after."""
        bindings = self.box.cloud.policy(ORDERS)["bindings"]
        after = [*OTHERS[:2], {**OTHERS[2], "members": [*OTHERS[2]["members"], MEMBER]}]
        assert bindings in (OTHERS, after)
        is_after = bool(bindings == after)
        for receipt in self.receipts.all():
            path = self.receipts.path(receipt)
            old = path.stat().st_mtime - 1000
            os.utime(path, (old, old))  # as it is looked at later, when nothing is on its way any more
            executor = ChangeExecutor(connect({}, sandbox=self.box.base), self.receipts, version="1")
            assert executor.resolve(receipt).status is (ReceiptStatus.DONE if is_after else ReceiptStatus.NOT_MADE)
        assert self.receipts.all() or not is_after, "no change without a receipt"
        return is_after


@pytest.fixture
def interrupted(crowd: Crowd, tmp_path: Path) -> Iterator[Callable[..., Interrupted]]:
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(**changed: Any) -> Interrupted:
            world = deepcopy(WORLD) | {"delays": {"api": 0.02}} | changed
            made = Interrupted(crowd, stack.enter_context(serve(parse_world(world))), tmp_path)
            made.start()
            return made

        yield start


KILLS = (signal.SIGKILL, signal.SIGINT)
STEPS = (0, 4, 12, 17, 19, 20, 21, 23)
"""After so many answers; how many there are before the write depends on what is read side by side."""


@pytest.mark.heavy
@pytest.mark.parametrize("number", KILLS, ids=lambda number: number.name)
@pytest.mark.parametrize("answers", STEPS)
def test_killed_after_so_many_answers(
    interrupted: Callable[..., Interrupted], answers: int, number: signal.Signals
) -> None:
    grant = interrupted()
    status = grant.at(lambda: len(grant.box.requests) >= answers, number)
    is_after = grant.settled()
    if status == 130:
        assert "Interrupted" in grant.out.read_text()
    if status == 0:
        assert is_after


@pytest.mark.parametrize("number", KILLS, ids=lambda number: number.name)
def test_killed_while_the_write_is_on_its_way(interrupted: Callable[..., Interrupted], number: signal.Signals) -> None:
    """The server writes after the process is dead; after Ctrl-C the write is waited for, and noted."""
    grant = interrupted(faults=[{"match": f"{POLICY}:setIamPolicy", "delay": LIMIT}])
    status = grant.at(lambda: bool(grant.box.cloud.faults_taken), number)
    if number is signal.SIGINT:
        assert status == 130
        assert [one.status for one in grant.receipts.all()] == [ReceiptStatus.DONE]
        said = " ".join(grant.out.read_text().split())
        assert "Interrupted after the write: the change was made." in said
        assert "crauth-doctor undo " in said
    else:
        assert status == -signal.SIGKILL
        assert [one.status for one in grant.receipts.all()] == [ReceiptStatus.PENDING]
        until(lambda: any(one.path.endswith(":setIamPolicy") for one in grant.box.requests))
    assert grant.settled()


def test_ctrl_c_between_two_tries_leaves_nothing(interrupted: Callable[..., Interrupted]) -> None:
    grant = interrupted(faults=[{"match": f"{POLICY}:setIamPolicy", "times": 99, "status": 409}])
    tried = lambda: sum(one.status == 409 for one in grant.box.requests) >= 3  # noqa: E731
    assert grant.at(tried, signal.SIGINT) == 130
    assert grant.receipts.all() == []
    assert not grant.settled()

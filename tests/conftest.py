"""How long a test may take, the same examples in every run, and, at the end, what could not be run here.

`CRAUTH_DOCTOR_TESTS_EXAMPLES=other` draws other examples in each run.
`CRAUTH_DOCTOR_TESTS_NEED` names the tools that must be there: then what is skipped for want of one is a failure.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.gcloud_parser import GcloudParser
from tests.patience import LIMIT, LONG

settings.register_profile("same", derandomize=True, deadline=None, max_examples=100 if LONG else 50)
settings.register_profile("other", deadline=None)
settings.load_profile(os.environ.get("CRAUTH_DOCTOR_TESTS_EXAMPLES", "same"))
NEEDED = frozenset(os.environ.get("CRAUTH_DOCTOR_TESTS_NEED", "").split())
STARTED = Path(__file__).with_name("started")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What stands for `python` in a command line that runs the program: one that has imported it already."""
    address = str(tmp_path_factory.mktemp("python") / "socket")
    pipe = subprocess.PIPE
    server = [sys.executable, "-m", "tests.started.server", address]
    with subprocess.Popen(server, cwd=STARTED.parents[1], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield [sys.executable, "-I", "-S", str(STARTED / "client.py"), address]
        process.stdin.close()


@pytest.fixture(scope="session")
def gcloud_parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcloudParser]:
    """Google's own gcloud, asked whether it takes command lines."""
    parser = GcloudParser(tmp_path_factory.mktemp("gcloud"))
    yield parser
    parser.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes `-n auto` starts: half of the time goes into waiting for terminals and browsers."""
    del config
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(asked) if asked else max(2, 2 * (os.cpu_count() or 1))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give every test the same limit, unless another one is asked for."""
    if config.getoption("timeout", None) is None:
        config.option.timeout = LIMIT


def pytest_collection() -> None:
    """What is collected stays until the end: to look through all of it again and again finds nothing to tidy up."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on what is made goes again."""
    gc.freeze()
    gc.enable()


def skipped(config: pytest.Config) -> Counter[str]:
    """How many tests were skipped, by their reasons."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)


def missing(reasons: Counter[str]) -> list[str]:
    """The reasons that begin with a tool that must be there."""
    return [reason for reason in reasons if reason.split(" ")[0].lower() in NEEDED]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A tool that must be there and is not fails the run."""
    if missing(skipped(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line: what was not run, and why."""
    reasons = skipped(config)
    if reasons:
        told = "; ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))
        terminalreporter.write_line(f"not run here: {told}")
    if missing(reasons):
        terminalreporter.write_line(f"error: this must be there: {', '.join(sorted(NEEDED))}", red=True)

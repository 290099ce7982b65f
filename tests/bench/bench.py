"""How fast it is, beside what it is measured against. Run it: `python tests/bench/bench.py [--rounds N]`.

1. The start of `--help`, `--version` and `explain ID`, beside `python -c "import click"`.
2. One `check` against a sandbox, beside the gcloud commands that read the same by hand, where gcloud is installed.
"""

# ruff: noqa: T201 - it is there to print

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

TOOL = [sys.executable, "-m", "crauth_doctor"]
PROJECT, REGION, SERVICE = "shop-prod", "us-central1", "orders"
ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
BY_HAND = (
    f"gcloud run services describe {SERVICE} --project {PROJECT} --region {REGION} --format json",
    f"gcloud run services get-iam-policy {SERVICE} --project {PROJECT} --region {REGION} --format json",
    f"gcloud run services describe checkout --project {PROJECT} --region {REGION} --format json",
    f"gcloud projects get-iam-policy {PROJECT} --format json",
    f"gcloud iam service-accounts describe {ACCOUNT} --project {PROJECT} --format json",
)
"""What somebody types to see what one `check` reads; the test calls and the token are not even among them."""


def seconds(command: Sequence[str], environ: Mapping[str, str], rounds: int, allowed: Sequence[int] = (0,)) -> float:
    """The best of several runs."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        best = min(best, time.perf_counter() - began)
        if done.returncode not in allowed:
            raise SystemExit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return best


def start(environ: Mapping[str, str], rounds: int) -> None:
    """Time what must start fast."""
    click = seconds([sys.executable, "-c", "import click"], environ, rounds)
    row("python -c 'import click'", click, click)
    for argv in (["--help"], ["--version"], ["check", "--help"], ["explain", "iam/missing-invoker"]):
        row(f"crauth-doctor {shlex.join(argv)}", seconds([*TOOL, *argv], environ, rounds), click)


def check(environ: Mapping[str, str], rounds: int) -> None:
    """Time a check, and what it replaces."""
    world = str(files("crauth_doctor.sandbox").joinpath("worlds/demo.yaml"))
    pipe = subprocess.PIPE
    with subprocess.Popen([*TOOL, "sandbox", "--world", world], stdout=pipe, stderr=pipe, text=True) as box:
        try:
            sandboxed = {**environ, **exported(box)}
            argv = ["check", SERVICE, "--project", PROJECT, "--region", REGION, "--caller", "run/checkout"]
            whole = seconds([*TOOL, *argv], sandboxed, rounds, allowed=(10,))
            row(f"crauth-doctor {shlex.join(argv)}", whole, whole)
            if not shutil.which("gcloud"):
                print("gcloud is not installed: nothing to compare a check with")
                return
            total = sum(timed(command, sandboxed, whole) for command in BY_HAND)
            row("all of these gcloud commands", total, whole)
        finally:
            box.terminate()


def exported(box: subprocess.Popen[str]) -> dict[str, str]:
    """Read what the sandbox exports: all of it is there once it says on stderr that it serves."""
    assert box.stdout is not None
    assert box.stderr is not None
    box.stderr.readline()
    os.set_blocking(box.stdout.fileno(), False)
    lines = shlex.split(box.stdout.read().replace("export ", ""))
    return dict(line.split("=", 1) for line in lines)


def timed(command: str, environ: Mapping[str, str], unit: float) -> float:
    """Time one gcloud command."""
    took = seconds(shlex.split(command), environ, 1)
    row(command, took, unit)
    return took


def row(what: str, took: float, unit: float) -> None:
    """Print one line."""
    print(f"{took:8.3f} s {took / unit:7.2f} x  {what}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="each is run this often, and the best counts")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(Path(__file__).parents[2])}
        start(environ, rounds)
        print()
        check(environ, rounds)


if __name__ == "__main__":
    main()

"""How fast it is, and whether that is fast enough: `python tests/bench/bench.py [--rounds N] [--only PART] [--write]`.

Every line has a target; one that is missed makes the exit status 1. Times of processes are ratios of medians, taken in
turn, so that what else the machine does falls on both. `--write` puts the machine, the date and the figures into
`docs/benchmark.md`. Run it on an idle machine.
"""

# ruff: noqa: T201 - it is there to print

from __future__ import annotations

import argparse
import http.client
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from crauth_doctor.collect import Question, collect  # noqa: E402
from crauth_doctor.diagnosis import diagnose  # noqa: E402
from crauth_doctor.gcp.connection import connect  # noqa: E402
from crauth_doctor.model.facts import Facts  # noqa: E402
from crauth_doctor.sandbox import parse_world, serve  # noqa: E402

TOOL: Final = (sys.executable, "-m", "crauth_doctor")
CHECK: Final = ["check", "orders", "--project", "shop-prod", "--region", "us-central1", "--caller", "run/checkout"]
BY_HAND: Final = (
    "gcloud run services describe orders --project shop-prod --region us-central1 --format json",
    "gcloud run services get-iam-policy orders --project shop-prod --region us-central1 --format json",
    "gcloud run services describe checkout --project shop-prod --region us-central1 --format json",
    "gcloud projects get-iam-policy shop-prod --format json",
    "gcloud iam service-accounts describe checkout-run@shop-prod.iam.gserviceaccount.com --project shop-prod",
)
"""What somebody types to see what one `check` reads; the test calls and the token are not even among them."""
DELAYS: Final = {0: 6.0, 50: 7.0, 200: 5.0}
"""Milliseconds that each answer takes, and how many times as fast as gcloud a check is then at least."""
SERVICE: Final = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, and what it is to be."""

    what: str
    value: float
    unit: str
    target: float
    most: bool = True

    @property
    def is_met(self) -> bool:
        """Whether it is as it is to be."""
        return self.value <= self.target if self.most else self.value >= self.target

    def __str__(self) -> str:
        sign = "<=" if self.most else ">="
        mark = "ok  " if self.is_met else "MISS"
        return f"{mark} {self.value:10.2f} {self.unit:<5} {sign} {self.target:<8g} {self.what}"


def seconds(command: Sequence[str], environ: Mapping[str, str], allowed: Sequence[int] = (0,)) -> float:
    """Time one run of a program."""
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    took = time.perf_counter() - began
    if done.returncode not in allowed:
        raise SystemExit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return took


def start(environ: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure what must start fast, beside the library that reads its command line."""
    paste = 'HTTP/2 401 www-authenticate: Bearer error="invalid_token"'
    shell = {"_CRAUTH_DOCTOR_COMPLETE": "bash_complete", "COMP_WORDS": "crauth-doctor check --ca", "COMP_CWORD": "2"}
    program = (sys.executable, "-c", "from crauth_doctor.cli.main import main; raise SystemExit(main())")
    rows: tuple[tuple[str, tuple[str, ...], Mapping[str, str], float], ...] = (
        ("--version", ("--version",), {}, 1.2),
        ("--help", ("--help",), {}, 1.2),
        ("completion", (), shell, 1.5),
        ("explain ID", ("explain", "iam/missing-invoker"), {}, 1.5),
        ("explain of a paste", ("explain", paste), {}, 4.0),
    )
    for what, argv, more, target in rows:
        ours, click = [], []
        for _ in range(rounds):
            click.append(seconds((sys.executable, "-c", "import click"), environ))
            ours.append(seconds((*program, *argv), {**environ, **more}, allowed=(0, 1, 11)))
        yield Figure(f"{what}, times `import click`", statistics.median(ours) / statistics.median(click), "x", target)


def check(environ: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure a check beside the gcloud commands that read the same by hand, and its memory."""
    demo = yaml.safe_load(files("crauth_doctor.sandbox").joinpath("worlds/demo.yaml").read_text(encoding="utf-8"))
    world = demo.get("world", demo)
    for delay, target in DELAYS.items():
        world["delays"] = {"api": delay / 1000, "call": delay / 1000}
        with serving(world) as box, tempfile.TemporaryDirectory() as folder:
            exports = {**environ, "CRAUTH_DOCTOR_SANDBOX": box, "COLUMNS": "80"}
            hand = {**exports, **exported(box, Path(folder))}
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(seconds((*TOOL, *CHECK), exports, allowed=(0, 10, 11)))
                if shutil.which("gcloud"):
                    theirs.append(sum(seconds(shlex.split(one), hand) for one in BY_HAND))
            if theirs:
                ratio = statistics.median(theirs) / statistics.median(ours)
                yield Figure(f"check, times as fast as gcloud, {delay} ms an answer", ratio, "x", target, most=False)
            else:
                print("gcloud is not installed: nothing to compare a check with")
            if delay == 0:
                yield Figure("memory of a check", peak((*TOOL, *CHECK), exports), "MiB", 100)


def peak(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the most memory of a program, in MiB; a child's high water mark begins anew, unlike ru_maxrss."""
    code = (
        "import sys; from crauth_doctor.cli.main import main; main(sys.argv[1:]);"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0], file=sys.stderr)"
    )
    done = subprocess.run(
        (command[0], "-c", code, *command[3:]), env=environ, capture_output=True, text=True, check=True
    )
    return int(done.stderr.split()[-1]) / 1024


def exported(box: str, folder: Path) -> dict[str, str]:
    """Return what points gcloud at a sandbox."""
    with open(folder / "out", "w", encoding="utf-8") as out:  # noqa: PTH123
        out.write(box)
    host = box.removeprefix("http://")
    token = folder / "token"
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/_sandbox")
    import json

    token.write_text(json.loads(connection.getresponse().read())["token"], encoding="utf-8")
    connection.close()
    ends = {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{box}/{name.lower()}.googleapis.com/"
        for name in ("RUN", "IAM", "CLOUDRESOURCEMANAGER")
    }
    return {
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
        **ends,
    }


@contextmanager
def serving(world: Mapping[str, Any]) -> Iterator[str]:
    """Serve a world in a process of its own, and yield its base URL."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(dict(world), file)
        file.flush()
        argv = (*TOOL, "sandbox", "--world", file.name)
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as box:
            try:
                assert box.stdout is not None
                yield box.stdout.readline().split("=", 1)[1].strip()
            finally:
                box.terminate()


def judging(_: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure what judging costs when everything was read."""
    facts = facts_of([{"role": "roles/run.invoker", "members": ["user:a@example.com"]}])
    yield Figure("full diagnoses", 1 / best(lambda: diagnose(facts), rounds * 20), "/s", 2000, most=False)
    many = facts_of(
        [
            {
                "role": "roles/run.invoker",
                "members": [f"user:u{at}-{one}@example.com" for one in range(6)],
                "condition": {"title": f"c{at}", "expression": f'request.path.startsWith("/team-{at}/")'},
            }
            for at in range(250)
        ]
    )
    began = time.perf_counter()
    diagnose(many)
    yield Figure("1,500 members, 250 conditions, judged once", (time.perf_counter() - began) * 1000, "ms", 100)


def best(what: Callable[[], object], times: int) -> float:
    """Return the seconds that something takes when nothing disturbs it."""
    found = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        what()
        found = min(found, time.perf_counter() - began)
    return found


def facts_of(bindings: Sequence[Mapping[str, Any]]) -> Facts:
    """Read the facts of a call of one service by an account that nothing is granted to."""
    world = {
        "version": 1,
        "now": "2026-06-01T09:00:00Z",
        "operator": {"principal": "user:dev@example.com"},
        "resources": {
            "//cloudresourcemanager.googleapis.com/projects/shop-prod": {
                "name": "projects/123456789012", "projectId": "shop-prod",
            },
            f"{SERVICE}orders": {"ingress": "INGRESS_TRAFFIC_ALL"},
            "//iam.googleapis.com/projects/shop-prod/serviceAccounts/web@shop-prod.iam.gserviceaccount.com": {},
        },
        "iam": {f"{SERVICE}orders": {"version": 3, "bindings": list(bindings)}},
    }  # fmt: skip
    caller = "web@shop-prod.iam.gserviceaccount.com"
    question = Question("orders", project="shop-prod", region="us-central1", caller=caller, send_calls=False)
    with serve(parse_world(world)) as box:
        return replace(collect(question, connect({}, sandbox=box.base)))


def sandbox(_: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure the pretend cloud itself."""
    world: dict[str, Any] = {
        "version": 1,
        "operator": {"principal": "user:dev@example.com"},
        "resources": {
            "//cloudresourcemanager.googleapis.com/projects/shop-prod": {
                "name": "projects/123456789012", "projectId": "shop-prod",
            },
            **{f"{SERVICE}s{at}": {"ingress": "INGRESS_TRAFFIC_ALL"} for at in range(10_000)},
        },
    }  # fmt: skip
    began = time.perf_counter()
    with serve(parse_world(world)) as box:
        yield Figure("10,000 services loaded and served", time.perf_counter() - began, "s", 3)
        threads, each = 2, 250 * rounds

        def ask() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", box.port)
            for at in range(each):
                path = f"/run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/s{at}"
                connection.request("GET", path, headers={"authorization": f"Bearer {box.operator_token}"})
                connection.getresponse().read()
            connection.close()

        asking = [threading.Thread(target=ask) for _ in range(threads)]
        began = time.perf_counter()
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        rate = threads * each / (time.perf_counter() - began)
        yield Figure("requests to the sandbox, from within its process", rate, "/s", 1000, most=False)


PARTS: Final[dict[str, Callable[[Mapping[str, str], int], Iterator[Figure]]]] = {
    "start": start,
    "check": check,
    "judging": judging,
    "sandbox": sandbox,
}


def written(figures: Sequence[Figure]) -> str:
    """Return the page of the figures."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        "# Benchmark",
        "",
        f"`python tests/bench/bench.py --write`, {datetime.now(UTC):%Y-%m-%d}, on {platform.system()} {machine}.",
        "",
        "| what | measured | target |",
        "|---|---|---|",
        *(
            f"| {one.what} | {one.value:.2f} {one.unit}{'' if one.is_met else ' (missed)'} "
            f"| {'at most' if one.most else 'at least'} {one.target:g} {one.unit} |"
            for one in figures
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print, and return whether a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run; the median counts")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--write", action="store_true", help="write docs/benchmark.md")
    asked = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(ROOT)}
        for part in asked.only:
            for figure in PARTS[part](environ, asked.rounds):
                print(figure, flush=True)
                figures.append(figure)
    if asked.write:
        page = ROOT / "docs" / "benchmark.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(written(figures), encoding="utf-8")
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())

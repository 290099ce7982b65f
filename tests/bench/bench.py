"""How fast it is, and whether that is fast enough: `python tests/bench/bench.py [--rounds N] [--only PART] [--write]`.

Every line has a target; one that is missed makes the exit status 1. How fast something starts is a ratio of what the
processor spends, how fast a check is one of times: the median of the ratios of runs taken in turn, each beside the
other, so that what else the machine does falls on both. What runs alone counts as fast as it ran once. The first run of
each, which compiles, counts for nothing. `--write` puts the machine, the date and the figures into docs/benchmark.md,
misses as misses. Run it on an idle machine.
"""

# ruff: noqa: T201 - it is there to print

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import platform
import pty
import resource
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

from crauth_doctor.collect.question import Question  # noqa: E402
from crauth_doctor.collect.readings import collect  # noqa: E402
from crauth_doctor.diagnosis import diagnose  # noqa: E402
from crauth_doctor.gcp.google import connect  # noqa: E402
from crauth_doctor.iam.allow import may_invoke  # noqa: E402
from crauth_doctor.iam.conditions import RequestAttributes  # noqa: E402
from crauth_doctor.model.fact import value_of  # noqa: E402
from crauth_doctor.model.facts import Facts  # noqa: E402
from crauth_doctor.model.iam import Principal  # noqa: E402
from crauth_doctor.rules import judged  # noqa: E402
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
LATE: Final = (500, 1500)
"""Milliseconds, beside which nothing else that takes time counts."""
ONE_AFTER_THE_OTHER: Final = 5
"""Answers that a check has to wait for one after the other: three waves of reads, a token, a call."""
PAGE: Final = ROOT / "docs" / "benchmark.md"
CALLER: Final = "serviceAccount:web@shop-prod.iam.gserviceaccount.com"
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


def spent(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the seconds of a processor that a program takes."""
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as ran:
        _, status, used = os.wait4(ran.pid, 0)
        ran.returncode = os.waitstatus_to_exitcode(status)
    if ran.returncode not in {0, 1, 11}:
        raise SystemExit(f"{shlex.join(command)} ended with {ran.returncode}")
    return used.ru_utime + used.ru_stime


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
        pairs = [
            (spent((*program, *argv), {**environ, **more}), spent((sys.executable, "-c", "import click"), environ))
            for _ in range(4 * rounds)
        ]
        yield Figure(f"{what}, times `import click`", ratio(pairs[1:]), "x", target)


def check(environ: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure a check beside the gcloud commands that read the same by hand, and its memory."""
    demo = yaml.safe_load(files("crauth_doctor.sandbox").joinpath("worlds/demo.yaml").read_text(encoding="utf-8"))
    world = demo.get("world", demo)
    walls: dict[int, float] = {}
    for delay, target in {**DELAYS, **dict.fromkeys(LATE)}.items():
        world["delays"] = {"api": delay / 1000, "call": delay / 1000}
        with serving(world) as hand:
            exports = {**environ, "CRAUTH_DOCTOR_SANDBOX": hand["CRAUTH_DOCTOR_SANDBOX"], "COLUMNS": "80"}
            seconds((*TOOL, *CHECK), exports, allowed=(0, 10, 11))
            by_hand = [shlex.split(one) for one in BY_HAND] if target is not None and shutil.which("gcloud") else []
            pairs = [
                (
                    sum(seconds(one, {**environ, **hand}) for one in by_hand),
                    seconds((*TOOL, *CHECK), exports, allowed=(0, 10, 11)),
                )
                for _ in range(rounds)
            ]
            walls[delay] = min(ours for _, ours in pairs)
            if target is None:
                continue
            if by_hand:
                what = f"check, times as fast as gcloud, {delay} ms an answer"
                yield Figure(what, ratio(pairs), "x", target, most=False)
            else:
                print("gcloud is not installed: nothing to compare a check with")
            if delay == 0:
                yield Figure("memory of a check", peak((*TOOL, *CHECK), exports), "MiB", 100)
                yield Figure("check says what it does on a terminal", first_line(exports, rounds), "s", 0.3)
    shorter, longer = LATE
    waited = (walls[longer] - walls[shorter]) * 1000 / (longer - shorter)
    yield Figure("check, answers that it waits for one after the other", waited, "", ONE_AFTER_THE_OTHER * 1.15)


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of the ratios of what was measured side by side."""
    return statistics.median(one / other for one, other in pairs)


def first_line(environ: Mapping[str, str], rounds: int) -> float:
    """Return the seconds until a check writes anything to a terminal."""
    found = float("inf")
    for _ in range(rounds):
        ours, theirs = pty.openpty()
        began = time.perf_counter()
        argv = (*TOOL, *CHECK)
        with subprocess.Popen(
            argv, env={**environ, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs
        ) as ran:
            os.read(ours, 1)
            found = min(found, time.perf_counter() - began)
            ran.kill()
        os.close(ours)
        os.close(theirs)
    return found


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


@contextmanager
def serving(world: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Serve a world in a process of its own, and yield what points other programs at it."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(dict(world), file)
        file.flush()
        argv = (*TOOL, "sandbox", "--world", file.name)
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as box:
            try:
                assert box.stdout is not None
                lines = itertools.takewhile(lambda line: line.startswith("export "), box.stdout)
                yield dict(shlex.split(line)[1].split("=", 1) for line in lines)
            finally:
                box.terminate()


def judging(_: Mapping[str, str], rounds: int) -> Iterator[Figure]:
    """Measure what judging costs when everything was read."""
    facts = facts_of([{"role": "roles/run.invoker", "members": ["user:a@example.com"]}])
    fresh = iter([replace(facts) for _ in range(rounds * 20)])
    yield Figure(
        "one call's facts judged by all rules", best(lambda: judged(next(fresh)), rounds * 20) * 1e3, "ms", 0.3
    )
    yield Figure("full diagnoses", 1 / best(lambda: diagnose(facts), rounds * 20), "/s", 2000, most=False)
    many = facts_of(
        [
            {
                "role": "roles/run.invoker",
                "members": [CALLER, *(f"user:u{at}-{one}@example.com" for one in range(5))],
                "condition": {"title": f"c{at}", "expression": f'request.path.startsWith("/team-{at}/")'},
            }
            for at in range(250)
        ]
    )
    began = time.process_time()  # once, for the second time its conditions are compiled
    diagnose(many)
    what = "a policy of 1,500 members and 250 conditions, all about the caller, judged once"
    yield Figure(what, (time.process_time() - began) * 1000, "ms", 100)
    yield Figure("whether a caller may invoke a service", pairs(rounds), "/s", 100_000, most=False)


def pairs(rounds: int) -> float:
    """Return how many callers a second are held against policies that were seen before."""
    everybody = [f"user:u{at}@example.com" for at in range(500)]
    some = {"role": "roles/run.invoker", "members": [*everybody[:300], "group:all@example.com"]}
    facts = facts_of([some, {"role": "roles/run.viewer", "members": everybody}])
    policies = value_of(facts.policies)
    assert policies is not None
    request, callers = RequestAttributes("/", "orders.example.com", 0), [Principal(one) for one in everybody]
    took = best(lambda: [may_invoke(policies, one, request) for one in callers], rounds * 4)
    return len(callers) / took


_TWICE: Final = 2


def paste(_: Mapping[str, str], __: int) -> Iterator[Figure]:
    """Measure what 10 MiB of anything cost, the worst of some."""
    size = 10 * 2**20
    lines = (
        "2026-01-01T00:00:00Z INFO GET https://orders-123456789012.us-central1.run.app/v1 403 Forbidden\n",
        "HTTP/2 403\ncontent-type: text/html\n\n<html>Forbidden</html>\n",
        "bindings:\n- role: roles/run.invoker\n  members:\n  - user:a@example.com\n",
        '{"a": 1, "b": {"c": "xxxxxxxxxx"}}\n',
        "\"'`",
        "[",
    )
    texts = [one * (size // len(one)) for one in lines]
    texts.append("".join(map(chr, os.urandom(size))))
    most, peak_of_all = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "paste"
        for text in texts:
            file.write_text(text, encoding="utf-8")
            runs = [spent_by((*TOOL, "explain", str(file))) for _ in range(_TWICE)]
            most = max(most, min(one.ru_utime + one.ru_stime for one in runs))
            peak_of_all = max(peak_of_all, *(one.ru_maxrss / 1024 for one in runs))
    yield Figure("10 MiB of anything explained, the worst of some", most, "s", 2)
    yield Figure("memory of that", peak_of_all, "MiB", 300)


def spent_by(command: Sequence[str]) -> resource.struct_rusage:
    """Return what a program took."""
    # a small process starts it: what is forked from a large one counts that one's memory as its own
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(*resource.getrusage(resource.RUSAGE_CHILDREN))"
    )
    done = subprocess.run((sys.executable, "-c", code, *command), capture_output=True, text=True, check=True)
    return resource.struct_rusage(map(float, done.stdout.split()))


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
    caller = CALLER.partition(":")[2]
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
    "paste": paste,
    "sandbox": sandbox,
}


def written(figures: Sequence[Figure]) -> str:
    """Return the page of the figures, with the machine and the day."""
    machine = f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    load = f"a load of {os.getloadavg()[0]:.0f} when it ended"
    lines = [
        "# How fast it is",
        "",
        f"Measured by `python tests/bench/bench.py --write`, {datetime.now(UTC):%Y-%m-%d}: {machine}; {load}.",
        "",
        "The sandbox hands out an access token. Credentials of your own bring more of google-auth with them, which",
        "takes about 0.04 s more at the start of a check.",
        "",
        "| what | measured | target |",
        "|---|---|---|",
        *(
            f"| {one.what} | {shown(one.value)} {one.unit}{'' if one.is_met else ' (missed)'} "
            f"| {'at most' if one.most else 'at least'} {shown(one.target)} {one.unit} |"
            for one in figures
        ),
    ]
    return "\n".join(lines) + "\n"


def shown(value: float) -> str:
    """Return a figure as it is read most easily."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure, print, and return whether a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is run; the median counts")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    asked = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(ROOT)}
        for part in asked.only:
            for figure in PARTS[part](environ, asked.rounds):
                print(figure, flush=True)
                figures.append(figure)
    if asked.write:
        PAGE.write_text(written(figures), encoding="utf-8")
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())

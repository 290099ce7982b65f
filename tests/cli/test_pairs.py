"""Several calls in one run: `check` of several services, `check --pairs FILE`, `runbook --check` of several pages."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from crauth_doctor.collect.doors.wrapped import SharedDoor, WrappedDoor
from crauth_doctor.gcp.door import Asked, UnansweredError
from crauth_doctor.gcp.methods import SERVICE
from crauth_doctor.google_json.json_access import Json
from crauth_doctor.model.fact import Absent, Obstacle, Source, Unknown
from crauth_doctor.report.status import worst
from crauth_doctor.sandbox import parse_world, serve
from tests.cli.conftest import small_world
from tests.report.agreement import hold_junit

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
GOOD = "good@shop-prod.iam.gserviceaccount.com"
PAIRS = f"""
- {{service: orders, caller: {CHECKOUT}, path: /v1}}
- {{service: run/orders@shop-prod/us-central1, caller: {GOOD}}}
- service: "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
  caller: run/checkout@shop-prod
"""


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    path = tmp_path / "pairs.yaml"
    path.write_text(PAIRS)
    return str(path)


def test_each_pair_has_its_own_report_and_the_worst_status_counts(run: Run, world: str, pairs: str) -> None:
    ran = run("--world", world, "check", "--pairs", pairs, *WHERE, "--format", "json")
    told = json.loads(ran.out)
    assert (told["schema"], told["exit"], ran.status) == (1, 10, 10)
    causes = [(one["cause"], one["target"]["path"], one["exit"]) for one in told["pairs"]]
    assert causes[0] == ("iam/missing-invoker", "/v1", 10)
    assert causes[1] == (None, "/", 0)
    assert causes[2] == ("iam/missing-invoker", "/", 10)
    alone = run("--world", world, "check", "orders", "--caller", GOOD, *WHERE, "--format", "json")
    assert told["pairs"][1] == json.loads(alone.out)


def test_text_has_a_table_and_the_reports_that_are_not_clear(run: Run, world: str, pairs: str) -> None:
    ran = run("--world", world, "check", "--pairs", pairs, *WHERE)
    assert ran.status == 10
    assert ran.out.startswith("3 calls: 2 blocked, 0 undecided, 1 clear.\n")
    table = ran.out.split("\n\n")[1].splitlines()
    assert [line.split()[:3] for line in table[1:]] == [
        ["orders", CHECKOUT, "proven"], ["orders", GOOD, "clear"], ["orders", "run/checkout", "proven"],
    ]  # fmt: skip
    assert ran.out.count("BLOCKED at iam") == 2


def test_a_call_that_names_nothing_leaves_the_others_judged(run: Run, world: str) -> None:
    ran = run(
        "--world", world, "check", "orders", "twin", "--project", "shop-prod", "--caller", GOOD, "--format", "json"
    )
    orders, twin = json.loads(ran.out)["pairs"]
    assert orders["conclusion"] == "clear"
    assert "2 services" in twin["error"]["message"] or "several" in twin["error"]["message"]
    assert "conclusion" not in twin
    assert ran.status == twin["exit"] == 2


def test_what_pairs_have_in_common_is_read_once(run: Run) -> None:
    with serve(parse_world(small_world())) as box:
        told = {}
        for services in (["orders"], ["orders", "orders", "orders"]):
            before = len(box.cloud.requests)
            run("check", *services, "--caller", GOOD, "--no-call", *WHERE, CRAUTH_DOCTOR_SANDBOX=box.base)
            told[len(services)] = Counter(
                (one.method, one.host, one.path) for one in box.cloud.requests[before:] if one.host
            )
    assert told[1]
    assert told[3] == told[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {service: orders, calller: me}", "line 1: a call has no key 'calller'. Did you mean caller?"),
        ("- caller: me\n", "line 1: this call names no service"),
        ("- service: orders\n- service: [orders]\n", "line 2: a text must stand here"),
        ("- {service: orders, path: v1}", "line 1: a path starts with /"),
        ("- {service: a, service: b}", "line 1: service stands here twice"),
        ("- just words", "line 1: a call is a mapping"),
        ("- {service: ", "is not YAML"),
        ("", "is empty"),
        ("&a [*a]", "line 1: a call is a mapping"),
    ],
)
def test_a_file_of_pairs_that_is_wrong_is_a_usage_error(run: Run, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    ran = run("check", "--pairs", str(path), "--format", "json")
    assert ran.status == 2
    assert told in json.loads(ran.out)["error"]["message"]


@pytest.mark.parametrize("more", [("--fix",), ("--save", "x"), ("--evidence", "-")])
def test_what_goes_with_one_call_only(run: Run, world: str, more: tuple[str, ...]) -> None:
    ran = run("--world", world, "check", "a", "b", *more)
    assert ran.status == 2
    assert "go with one call" in ran.err


class Counting(WrappedDoor):
    """Fails as it is told, and counts how often it is asked."""

    def __init__(self, fact: Absent | Unknown) -> None:
        self.fact, self.count = fact, 0

    def answer(self, asked: Asked) -> Json:
        del asked
        self.count += 1
        raise UnansweredError(self.fact)


@pytest.mark.parametrize(
    ("fact", "count"),
    [
        (Absent(Source("a", "b")), 1),
        (Unknown(Source("a", "b"), Obstacle.FORBIDDEN), 1),
        (Unknown(Source("a", "b"), Obstacle.TIMED_OUT), 2),
        (Unknown(Source("a", "b"), Obstacle.UNREACHABLE), 2),
    ],
)
def test_a_failure_that_may_be_over_is_asked_again(fact: Absent | Unknown, count: int) -> None:
    inner = Counting(fact)
    door = SharedDoor(inner)
    for _ in range(2):
        with pytest.raises(UnansweredError):
            door.answer(Asked(SERVICE, "//run.googleapis.com/x", {"name": "x"}))
    assert inner.count == count


def test_the_worst_status() -> None:
    assert [worst(some) for some in ((), (0, 11), (11, 10, 0), (2, 10), (10, 1, 2))] == [0, 11, 10, 2, 1]


def test_several_pages_are_checked(run: Run, world: str, tmp_path: Path) -> None:
    pages = []
    for caller in (GOOD, CHECKOUT):
        page = run("--world", world, "runbook", "orders", "--caller", caller, *WHERE)
        path = tmp_path / f"{caller}.md"
        path.write_text(page.out)
        pages += ["--check", str(path)]
    ran = run("--world", world, "runbook", *pages, "--format", "json")
    told = json.loads(ran.out)
    assert [one["file"] for one in told["pages"]] == pages[1::2]
    assert [one["exit"] for one in told["pages"]] == [0, 10]
    assert told["exit"] == ran.status == 10
    text = run("--world", world, "runbook", *pages).out
    assert all(page in text for page in pages[1::2])


def test_every_format_of_several_calls_says_the_same(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "four.yaml"
    file.write_text(f"{PAIRS}- {{service: orders, caller: '??'}}\n")
    files = {name: tmp_path / f"out.{name}" for name in ("markdown", "sarif", "junit", "github")}
    write = [word for name, path in files.items() for word in ("--write", f"{name}={path}")]
    ran = run("--world", world, "check", "--pairs", str(file), *WHERE, "--format", "json", *write)
    told = json.loads(ran.out)
    exits = [one["exit"] for one in told["pairs"]]
    assert (ran.status, exits) == (2, [10, 0, 10, 2])
    text = files["markdown"].read_text()
    assert "4 calls: 2 blocked, 0 undecided, 1 not judged, 1 clear" in text
    assert text.count("\n## ") == 3
    hold_junit(files["junit"])
    suites = list(JUnitXml.fromfile(str(files["junit"])))
    assert [(one.failures, one.errors) for one in suites] == [(1, 0), (0, 0), (1, 0), (0, 1)]
    (log,) = json.loads(files["sarif"].read_text())["runs"]
    assert [one["ruleId"] for one in log["results"] if one["level"] == "error"] == ["iam/missing-invoker"] * 2
    assert len({one["partialFingerprints"]["crauthDoctor/v1"] for one in log["results"]}) == len(log["results"])
    (invocation,) = log["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert "'??'" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    levels = [line.split(" ")[0] for line in files["github"].read_text().splitlines() if "more=" not in line]
    assert levels.count("::error") == 3


def test_several_calls_on_one_page(run: Run, world: str, pairs: str, tmp_path: Path) -> None:
    file = tmp_path / "p.html"
    ran = run("--world", world, "check", "--pairs", pairs, *WHERE, "--format", "html", "--write", str(file))
    page = file.read_text()
    assert ran.out == page
    embedded = re.search(r'id="crauth-doctor-report">(.*?)</script>', page, re.DOTALL)
    assert embedded
    judged = json.loads(embedded[1])["pairs"]
    assert f'<h1 id="counts">{len(judged)} calls: ' in page
    unclear = [one for one in judged if one["exit"] != 0]
    assert 0 < page.count('<section class="card wide stack" id="call-') == len(unclear) < len(judged)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))

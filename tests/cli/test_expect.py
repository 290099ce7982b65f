"""`expect`: contracts held against worlds, each clause where it is met, broken, and not to be told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from junitparser import JUnitXml

from crauth_doctor.sandbox import parse_world, serve
from tests.cli.conftest import small_world
from tests.cli.test_who import ORDERS, PROJECT, SA, URL, mixed
from tests.report.agreement import hold_junit

Run = Callable[..., Any]
World = dict[str, Any]

SERVICE = "run/orders@shop-prod/us-central1"
CHECKOUT = SA.format("checkout")
EVERYBODY = ("allUsers",)
ACCOUNT = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/{}@shop-prod.iam.gserviceaccount.com"
IAP = "//iap.googleapis.com/projects/123456789012/iap_web/cloud_run-us-central1/services/orders"
GROUP = "group:callers@example.com"


class Hold:
    """Holds one expectation against one world."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run, self._folder = run, folder

    def __call__(self, world: World, *more: str, contract: World | None = None, **clauses: object) -> Any:
        expectation = {"service": SERVICE, **{name.rstrip("_").replace("_", "-"): one for name, one in clauses.items()}}
        text = yaml.safe_dump({"version": 1, **(contract or {}), "expect": [expectation]}, sort_keys=False)
        (self._folder / "c.yaml").write_text(text)
        (self._folder / "w.yaml").write_text(json.dumps(world))
        file = str(self._folder / "c.yaml")
        ran = self._run("--world", str(self._folder / "w.yaml"), "expect", file, "--format", "json", *more)
        report = json.loads(ran.out)
        assert report["exit"] == ran.status, ran.err
        return report


@pytest.fixture
def hold(run: Run, tmp_path: Path) -> Hold:
    return Hold(run, tmp_path)


def changed(
    *,
    lacks: tuple[str, ...] = (),
    members: tuple[str, ...] = (),
    iap: tuple[str, ...] = (),
    everybody: str = "",
    **service: object,
) -> World:
    """The mixed world, with another operator, more invokers, whom IAP lets in, when everybody, another service."""
    document = mixed()
    if everybody:
        condition = {"title": "t", "expression": everybody}
        document["iam"][ORDERS] |= {"version": 3}
        document["iam"][ORDERS]["bindings"].append(
            {"role": "roles/run.invoker", "members": ["allUsers"], "condition": condition}
        )
    document["resources"][ACCOUNT.format("denied")] = {}
    document["iam"][IAP] = {"bindings": [{"role": "roles/iap.httpsResourceAccessor", "members": list(iap)}]}
    document["operator"]["lacks"] = list(lacks)
    document["iam"][ORDERS]["bindings"][0]["members"] += members
    document["resources"][ORDERS] |= service
    return document


def alone() -> World:
    """A world in which one account holds the right, and nobody above."""
    document: World = small_world()
    return document


GOOD = SA.format("good")
POOL = "serviceAccount:shop-prod.svc.id.goog[web/caller]"
STORE = "user:store@example.com"
IAP_AGENT = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
NO_IAP = ("iap.webServiceVersions.getIamPolicy", "iap.webServices.getIamPolicy")
NO_TAGS = ("run.services.listEffectiveTags",)
PATH, TAG = "request.path.startsWith('/open')", "resource.matchTag('9/exposure', 'public')"
NO_POLICY = ("run.services.getIamPolicy",)
NO_DENY = ("iam.denypolicies.list",)
CASES = [
    ("may-met", changed(), {"may": [GOOD], "audience": URL}, 0),
    ("may-broken", changed(), {"may": ["user:looker@example.com"], "audience": URL}, 10),
    ("may-assuming", changed(), {"may": ["run/checkout@shop-prod"]}, 11),
    ("may-unread", changed(lacks=NO_POLICY), {"may": [GOOD], "audience": URL}, 11),
    ("iam-met", changed(ingress="INGRESS_TRAFFIC_INTERNAL_ONLY"), {"may": {"iam": [GOOD, CHECKOUT]}}, 0),
    ("iam-broken", changed(), {"may": {"iam": ["user:store@example.com"]}}, 10),
    ("iam-denied", changed(), {"may": {"iam": [SA.format("denied")]}}, 10),
    ("iam-unread", changed(lacks=NO_POLICY), {"may": {"iam": [GOOD]}}, 11),
    ("iam-above-unread", changed(lacks=("resourcemanager.projects.get",)), {"may": {"iam": [GOOD]}}, 11),
    ("iam-deny-unread", changed(lacks=NO_DENY), {"may": {"iam": [GOOD]}}, 11),
    ("may-not-met", changed(), {"may-not": ["user:store@example.com", SA.format("denied"), "browser"]}, 0),
    ("may-not-late", changed(), {"may-not": ["user:late@example.com"]}, 0),
    ("may-not-broken", changed(), {"may-not": ["run/checkout@shop-prod"]}, 10),
    ("may-not-check-off", changed(invokerIamDisabled=True), {"may-not": ["user:store@example.com"]}, 10),
    ("may-not-public", changed(members=EVERYBODY), {"may-not": ["browser"]}, 10),
    ("may-not-public-at-times", changed(everybody=PATH), {"may-not": ["browser"]}, 10),
    ("may-not-public-unclear", changed(everybody=TAG, lacks=NO_TAGS), {"may-not": ["browser"]}, 11),
    ("may-not-public-unread", changed(lacks=NO_POLICY), {"may-not": ["browser"]}, 11),
    ("may-not-denied-unclear", changed(everybody=TAG, lacks=NO_TAGS), {"may-not": [SA.format("denied")]}, 11),
    ("may-not-unknown-group", changed(members=(GROUP,)), {"may-not": ["user:store@example.com"]}, 11),
    ("may-not-behind-iap", changed(iapEnabled=True, iap=(STORE,), members=(IAP_AGENT,)), {"may-not": [STORE]}, 10),
    ("may-not-by-iap", changed(iapEnabled=True), {"may-not": [STORE, CHECKOUT]}, 0),
    ("may-not-iap-unread", changed(iapEnabled=True, lacks=NO_IAP), {"may-not": [STORE]}, 11),
    ("may-not-iap-before", changed(members=(IAP_AGENT,)), {"may-not": [STORE]}, 11),
    ("may-absent", changed(), {"may": ["run/gone@shop-prod"]}, 10),
    ("iam-absent", changed(), {"may": {"iam": [SA.format("gone")]}}, 10),
    ("iam-account-unread", changed(lacks=("iam.serviceAccounts.get",)), {"may": {"iam": [GOOD]}}, 11),
    ("iam-pool", changed(members=(POOL,)), {"may": {"iam": [POOL]}}, 10),
    ("may-not-pool", changed(members=(POOL,)), {"may-not": [POOL]}, 0),
    ("only-absent", changed(members=(SA.format("gone"),)), {"only": {"besides": [GOOD]}, "may-not": [STORE]}, 10),
    ("may-not-absent", changed(), {"may-not": ["run/gone@shop-prod"]}, 10),
    ("may-not-absent-account", changed(), {"may-not": [SA.format("gone")]}, 10),
    ("may-not-absent-unread", changed(lacks=("iam.serviceAccounts.get",)), {"may-not": [SA.format("gone")]}, 0),
    ("may-not-unread", changed(lacks=NO_POLICY), {"may-not": ["user:store@example.com"]}, 11),
    ("only-met", alone(), {"may": {"iam": [GOOD]}, "only": True}, 0),
    ("only-besides", alone(), {"only": {"besides": [GOOD]}}, 0),
    ("only-inherited", changed(), {"only": {"besides": [GOOD, CHECKOUT]}}, 10),
    ("only-check-off", changed(invokerIamDisabled=True), {"only": {"besides": ["agents"]}}, 10),
    ("only-unread", changed(lacks=("resourcemanager.projects.getIamPolicy",)), {"only": {"besides": [GOOD]}}, 11),
    ("public-met", changed(), {"public": "never"}, 0),
    ("public-broken", changed(members=EVERYBODY), {"public": "never"}, 10),
    ("public-any-account", changed(members=("allAuthenticatedUsers",)), {"public": "never"}, 10),
    ("public-check-off", changed(invokerIamDisabled=True), {"public": "never"}, 10),
    ("public-unread", changed(lacks=NO_POLICY), {"public": "never"}, 11),
    ("audience-met", changed(customAudiences=["https://x.example"]), {"audience": "https://x.example"}, 0),
    ("audience-broken", changed(), {"audience": "https://x.example"}, 10),
    ("ingress-met", changed(), {"ingress": ["internal", "all"]}, 0),
    ("ingress-broken", changed(), {"ingress": "internal"}, 10),
    ("account-met", changed(), {"runs-as": "orders-run@shop-prod.iam.gserviceaccount.com"}, 0),
    ("account-not", changed(), {"runs-as": {"not": "default-compute"}}, 0),
    ("account-broken", changed(template={}), {"runs-as": {"not": "default-compute"}}, 10),
    ("service-unread", changed(lacks=("run.services.get", "run.services.list")), {"public": "never"}, 11),
]  # fmt: skip


@pytest.mark.parametrize(("world", "clauses", "status"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_clause_is_met_broken_or_not_to_be_told(hold: Hold, world: World, clauses: World, status: int) -> None:
    report = hold(world, **clauses)
    assert report["exit"] == status, report["results"]
    worst = {0: "met", 10: "broken", 11: "cannot-tell"}[status]
    assert worst in {one["result"] for one in report["results"]}
    assert all(one["because"] for one in report["results"])


def test_what_could_not_be_read_is_named_and_can_be_tolerated(hold: Hold) -> None:
    world = changed(lacks=NO_POLICY)
    (result,) = hold(world, may_not=["user:store@example.com"])["results"]
    assert NO_POLICY[0] in {one["permission"] for one in result["unread"]}
    assert hold(world, "--unknown", "warn", may_not=["user:store@example.com"])["exit"] == 0
    broken = changed(lacks=NO_DENY)
    assert hold(broken, "--unknown", "warn", ingress="internal", may={"iam": [GOOD]})["exit"] == 10


@pytest.mark.parametrize(
    ("groups", "clauses", "status"),
    [
        ({"callers@example.com": [CHECKOUT]}, {"may-not": ["user:store@example.com"]}, 0),
        ({"callers@example.com": ["user:store@example.com"]}, {"may-not": ["user:store@example.com"]}, 10),
        ({"callers@example.com": "unknown"}, {"may-not": ["user:store@example.com"]}, 11),
        ({"callers@example.com": [CHECKOUT]}, {"only": {"besides": [GOOD, CHECKOUT]}}, 0),
        ({"callers@example.com": ["user:store@example.com"]}, {"only": {"besides": [GOOD]}}, 10),
        ({"callers@example.com": "unknown"}, {"only": {"besides": [GOOD]}}, 11),
        ({"callers@example.com": "unknown"}, {"only": {"besides": [GOOD, GROUP]}}, 0),
        ({}, {"only": {"besides": [GOOD]}}, 10),
    ],
)
def test_groups_are_those_that_the_contract_tells_of(hold: Hold, groups: World, clauses: World, status: int) -> None:
    world = alone()
    world["iam"][ORDERS]["bindings"][0]["members"].append(GROUP)
    assert hold(world, contract={"groups": groups}, **clauses)["exit"] == status


@pytest.mark.parametrize(
    ("until", "members", "status"),
    [
        ("2026-06-01", ("allUsers",), 0),
        (None, ("allUsers",), 0),
        ("2026-05-31", ("allUsers",), 10),
        ("2026-05-31", (), 10),
    ],
)
def test_an_exception_ends(hold: Hold, until: str | None, members: tuple[str, ...], status: int) -> None:
    exception = {"service": SERVICE, "reason": "a site", **({"until": until} if until else {})}
    assert hold(changed(members=members), public="never", except_=[exception])["exit"] == status


def test_of_two_exceptions_the_one_that_ended_counts(hold: Hold) -> None:
    two = [{"service": SERVICE, "reason": why, "until": day} for why, day in (("a", "2027-01-01"), ("b", "2026-01-01"))]
    (result,) = hold(changed(members=EVERYBODY), public="never", except_=two)["results"]
    assert result["result"] == "broken"
    assert "(b) ended on 2026-01-01" in result["because"]


def test_an_exception_for_another_service_is_no_exception(hold: Hold) -> None:
    report = hold(changed(members=EVERYBODY), public="never", except_=[{"service": "landing", "reason": "x"}])
    assert report["exit"] == 10
    assert "another service" in report["results"][0]["because"]


@pytest.mark.parametrize("empty", [{"may": []}, {"may": {"iam": []}}, {"may-not": []}, {"ingress": []}])
def test_a_list_by_which_nothing_would_be_judged_is_a_usage_error(hold: Hold, empty: World) -> None:
    report = hold(changed(), public="never", **empty)
    assert report["exit"] == 2
    assert "nothing would be checked" in report["error"]["message"]


def test_a_service_that_is_absent_breaks_every_clause(hold: Hold) -> None:
    report = hold(changed(), contract={"names": {SERVICE: "run/gone@shop-prod/us-central1"}}, public="never", only=True)
    assert report["exit"] == 10
    assert [(one["result"], one["cause"]) for one in report["results"]] == [("broken", "reach/no-such-service")] * 2


def test_a_name_that_fits_several_is_a_usage_error_with_its_line(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("version: 1\nexpect:\n- service: twin\n  public: never\n")
    ran = run("--world", world, "expect", str(file), "--project", "shop-prod", "--format", "json")
    assert ran.status == json.loads(ran.out)["exit"] == 2
    assert f"{file}, line 3: " in json.loads(ran.out)["error"]["message"]


def test_no_test_call_is_made_unless_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "expect": [{"service": SERVICE, "may": [GOOD], "audience": URL}]}))
    with serve(parse_world(mixed())) as box:
        for more, called in (((), False), (("--call",), True)):
            before = len(box.cloud.requests)
            assert run("expect", str(file), *more, CRAUTH_DOCTOR_SANDBOX=box.base).status == 0
            assert any(one.host.endswith(".run.app") for one in box.cloud.requests[before:]) is called


def test_rights_agree_with_whom_the_sandbox_lets_in(run: Run, tmp_path: Path) -> None:
    members = [
        GOOD, CHECKOUT, SA.format("denied"), "user:admin@example.com", "user:store@example.com",
        "user:looker@example.com", "user:late@example.com",
    ]  # fmt: skip
    file = tmp_path / "c.yaml"
    expectation = {"service": SERVICE, "may": {"iam": members}}
    file.write_text(yaml.safe_dump({"version": 1, "expect": [expectation]}))
    with serve(parse_world(mixed())) as box:
        told = json.loads(run("expect", str(file), "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base).out)
        for one in told["results"]:
            token = box.id_token(one["subject"], URL)
            url = f"{box.base}/{URL.removeprefix('https://')}/"
            got = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
            assert one["result"] == ("met" if got.status_code == 200 else "broken"), one
    assert len({one["result"] for one in told["results"]}) == 2


@pytest.mark.parametrize("world", [changed(), changed(members=EVERYBODY), changed(members=(GROUP,)), alone()])
def test_a_contract_made_of_what_is_true_holds(run: Run, tmp_path: Path, world: World) -> None:
    (tmp_path / "w.yaml").write_text(json.dumps(world))
    where = ("--project", "shop-prod", "--region", "us-central1")
    made = run("--world", str(tmp_path / "w.yaml"), "expect", "--init", "orders", "checkout", *where)
    assert made.status == 0, made.err
    body = made.out.split("expect:\n")[1].splitlines()
    bare = {"may:", "iam:", "only:", "besides:"}
    assert [line for line in body if "#" not in line and line.strip() not in bare and "id:" not in line] == []
    told = [line.partition("  # ") for line in body]
    assert not [line for line, _, evidence in told if line.partition(": ")[2] == evidence != ""]
    (tmp_path / "c.yaml").write_text(made.out)
    held = run("--world", str(tmp_path / "w.yaml"), "expect", str(tmp_path / "c.yaml"))
    assert held.status == 0, held.out
    assert " 0 broken, 0 undecided, " in held.out


def test_on_a_saved_document(run: Run, world: str, tmp_path: Path) -> None:
    saved, file = str(tmp_path / "saved.json"), tmp_path / "c.yaml"
    where = ("--project", "shop-prod", "--region", "us-central1")
    assert run("--world", world, "check", "orders", "--caller", CHECKOUT, *where, "--save", saved).status == 10
    expectation = {"service": SERVICE, "may-not": [CHECKOUT], "ingress": "all"}
    file.write_text(yaml.safe_dump({"version": 1, "expect": [expectation]}))
    ran = run("expect", str(file), "--from", saved, "--format", "json")
    results = {one["clause"]: one["result"] for one in json.loads(ran.out)["results"]}
    assert results == {"may-not": "met", "ingress": "met"}


def test_text_names_what_does_not_hold(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "expect": [{"service": SERVICE, "ingress": "internal"}]}))
    ran = run("--world", world, "expect", str(file))
    assert ran.status == 10
    assert ran.out.startswith("1 clause: 1 broken, 0 undecided, 0 met.\n")
    assert "line 2: Its ingress is all." in " ".join(ran.out.split())


def test_a_hostile_contract_stays_harmless(hold: Hold, run: Run, tmp_path: Path) -> None:
    hold(changed(), id="\x1b[31mred\u202e::error", may_not=["user:\x1bx@example.com"])
    text = run("--world", str(tmp_path / "w.yaml"), "expect", str(tmp_path / "c.yaml"))
    assert "\x1b" not in text.out
    assert "\u202e" not in text.out


def test_what_goes_together(run: Run) -> None:
    assert "Name one FILE" in run("expect", "a", "b").err
    assert PROJECT not in run("expect").out


NAMES = ("text", "json", "markdown", "sarif", "junit", "github")
FORMATS = [
    (changed(), (), 0),
    (changed(lacks=NO_DENY), (), 11),
    (changed(lacks=NO_DENY), ("--unknown", "warn"), 0),
    (changed(lacks=NO_DENY, invokerIamDisabled=True), (), 10),
]


@pytest.mark.parametrize(("world", "more", "status"), FORMATS)
def test_every_format_says_the_same(
    hold: Hold, tmp_path: Path, world: World, more: tuple[str, ...], status: int
) -> None:
    files = {name: tmp_path / f"out.{name}" for name in NAMES}
    write = [word for name, file in files.items() for word in ("--write", f"{name}={file}")]
    report = hold(world, *more, *write, may={"iam": [GOOD]}, may_not=["user:store@example.com"], ingress="all")
    results = [one["result"] for one in report["results"]]
    broken, unsure = results.count("broken"), results.count("cannot-tell")
    assert report["exit"] == status
    assert json.loads(files["json"].read_text()) == report
    summary = f"{len(results)} clauses: {broken} broken, {unsure} undecided, {results.count('met')} met."
    assert all(summary in files[name].read_text() for name in ("text", "markdown", "github"))
    hold_junit(files["junit"])
    junit = JUnitXml.fromfile(str(files["junit"]))
    skipped = unsure if more else 0
    (suite,) = junit
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(results), broken, unsure - skipped, skipped
    )  # fmt: skip
    assert [bool(case.result) for case in suite] == [one != "met" for one in results]
    assert all(result.text for case in suite for result in case.result)
    (run,) = json.loads(files["sarif"].read_text())["runs"]
    levels = {"broken": "error", "cannot-tell": "note" if more else "warning"}
    assert [one["level"] for one in run["results"]] == [levels[one] for one in results if one != "met"]
    assert run["invocations"][0]["exitCode"] == status
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        (place,) = (each["physicalLocation"] for each in one["locations"])
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] in {each["line"] for each in report["results"]}
    commands = [line.split(" ")[0] for line in files["github"].read_text().splitlines()]
    assert commands == ["::error"] * broken + ["::notice" if more else "::warning"] * unsure + ["::notice"]


def test_hostile_words_stay_harmless_in_every_format(hold: Hold, tmp_path: Path) -> None:
    files = {name: tmp_path / f"out.{name}" for name in NAMES}
    write = [word for name, file in files.items() for word in ("--write", f"{name}={file}")]
    hostile = "\x1b[31m\u202e::error::x\n##[group]|<script>alert(1)</script>,@you"
    hold(changed(), *write, id=hostile, ingress="internal", runs_as=f"{hostile}@example.com")
    for name, file in files.items():
        text = file.read_text()
        assert not {"\x1b", "\u202e"} & {*text}, name
        assert name == "json" or not any(line.lstrip().startswith("::error::x") for line in text.splitlines()), name
        shown = re.sub(r"`[^`]*`", "", text)  # inline code is shown as it is
        assert name not in {"markdown", "junit"} or "<script>" not in shown, name


def test_annotations_stand_at_the_lines_of_the_contract(run: Run, world: str, tmp_path: Path) -> None:
    file, summary = tmp_path / "c.yaml", tmp_path / "summary.md"
    file.write_text(f"version: 1\nexpect:\n- service: {SERVICE}\n  ingress: internal\n")
    ran = run(
        "--world", world, "expect", str(file), "--format", "github", GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert ran.status == 10
    first, last = ran.out.splitlines()
    assert first.startswith(f"::error file={file},line=4,title=crauth-doctor%3A ")
    assert "Its ingress is all." in first
    assert last.startswith("::notice ")
    assert summary.read_text().startswith("## ✗ ")


def test_init_is_no_report(run: Run) -> None:
    assert "--init prints a contract" in run("expect", "--init", "orders", "--format", "sarif").err


def test_groups_may_stand_in_a_file_of_their_own(hold: Hold, tmp_path: Path) -> None:
    world = alone()
    world["iam"][ORDERS]["bindings"][0]["members"].append(GROUP)
    (tmp_path / "groups.yaml").write_text(yaml.safe_dump({"callers@example.com": ["user:store@example.com"]}))
    assert hold(world, contract={"groups": "groups.yaml"}, may_not=["user:store@example.com"])["exit"] == 10


def test_a_file_of_groups_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("version: 1\ngroups: nosuch.yaml\nexpect: [{service: orders, ingress: all}]\n")
    assert "nosuch.yaml cannot be read" in run("expect", str(file)).err
    (tmp_path / "nosuch.yaml").write_text("a@example.com: [two words]\n")
    assert "nosuch.yaml, line 1: 'two words' is not a member" in run("expect", str(file)).err


def test_sarif_lists_what_is_met_where_that_is_asked_for(hold: Hold, tmp_path: Path) -> None:
    file = tmp_path / "all.sarif"
    report = hold(changed(), "--all", "--write", str(file), ingress="all", runs_as="nobody@example.com")
    (run,) = json.loads(file.read_text())["runs"]
    kinds = {"met": ("pass", "none"), "broken": ("fail", "error")}
    assert [(one["kind"], one["level"]) for one in run["results"]] == [
        kinds[one["result"]] for one in report["results"]
    ]
    assert {one["result"] for one in report["results"]} == {"met", "broken"}


def test_all_goes_with_sarif(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("version: 1\nexpect: []\n")
    assert "--all goes with SARIF" in run("expect", "--all", str(tmp_path / "c.yaml")).err

"""The page: true, whole, and nothing that a name holds gets out of its place."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from crauth_doctor.fixes.snippets import OWN_URL
from crauth_doctor.model.change import GrantRole, RevokeRole
from crauth_doctor.model.fact import Obstacle, Source, Unknown
from crauth_doctor.report.layout import Look
from crauth_doctor.report.markdown_text import code, escaped, fenced
from crauth_doctor.report.runbook import (
    UNREAD,
    Compared,
    Held,
    NoRunbookError,
    Runbook,
    RunbookFacts,
    RunbookStep,
    compare,
    drift_as_json,
    drift_as_text,
    drift_status,
    facts_block,
    read_facts,
    render,
    verification,
)
from crauth_doctor.report.status import ExitStatus

SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
URL = "https://orders-123456789012.us-central1.run.app"
ACCOUNT = "checkout@shop-prod.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{ACCOUNT}"
RIGHT = f"roles/run.invoker on {SERVICE}"
FACTS = RunbookFacts(
    SERVICE, "run/checkout", f"{URL}/", URL, "all", "on", "off", "on", "no", MEMBER, "over the internet", RIGHT
)
GRANT = GrantRole(SERVICE, "roles/run.invoker", MEMBER)
BOOK = Runbook(
    written="2026-06-01",
    facts=FACTS,
    caller_name="run/checkout",
    account=ACCOUNT,
    reason=OWN_URL,
    steps=(RunbookStep("Let the caller call orders", ("no binding lets it in",), (GRANT,), grants=True),),
    language="python",
    code="print(1)\n",
    verify=verification(ACCOUNT, URL, f"{URL}/"),
    undo=RevokeRole(SERVICE, "roles/run.invoker", MEMBER),
)
HOSTILE = "x`--> <script>alert(1)</script> | [a](javascript:x) \x1b[31m\u202e\n# heading\n```"


def test_the_page_is_whole() -> None:
    page = render(BOOK)
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        "## What talks to what", "## Settings", "## Steps", "## Verify", "## What a failure means",
        "## Who can grant what", "## Undo",
    ]  # fmt: skip
    assert page.startswith("# How run/checkout calls orders\n")
    assert page.endswith("\n")
    assert "\n\n\n" not in page
    assert 'resource "google_cloud_run_v2_service_iam_member"' in page
    assert "gcloud run services remove-iam-policy-binding orders" in page
    assert "No binding lets it in." in page
    assert "Step 1. A new grant" in page
    assert "SANDBOX" not in page
    assert "SANDBOX" in render(dataclasses.replace(BOOK, sandbox=True))


def test_every_table_row_has_its_cells() -> None:
    rows = [line for line in render(BOOK).splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert set(widths) == {3, 4, 5}


def test_a_page_without_code_or_grant() -> None:
    bare = dataclasses.replace(BOOK, steps=(), code="", language="", verify="", undo=None, account="")
    page = render(dataclasses.replace(bare, facts=dataclasses.replace(FACTS, member="", right="")))
    assert "cannot get an ID token by itself" in page
    assert "nothing to undo" in page
    assert "has no Google identity" in page
    assert "Step" not in page.split("## What a failure means")[1].split("| A timeout")[0]


def test_what_was_not_read_is_named() -> None:
    unread = Unknown(Source("run.services.getIamPolicy", SERVICE), Obstacle.FORBIDDEN, permission="run.x")
    assert "`run.services.getIamPolicy` of orders; it needs `run.x`" in render(
        dataclasses.replace(BOOK, unread=(unread,))
    )


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(RunbookFacts)])
def test_nothing_gets_out_of_its_place(name: str) -> None:
    facts = dataclasses.replace(FACTS, **{name: HOSTILE if name != "path" else f"/{HOSTILE}"})
    hostile = dataclasses.replace(BOOK, facts=facts, caller_name=HOSTILE, reason=HOSTILE, path_note=HOSTILE)
    page = render(hostile)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("-->") == 1 + page.split("-->", 1)[1].count("-->")
    comment, rest = page.split("\n-->\n", 1)
    assert comment.count("<!--") == 1
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", rest))
    assert "<script>" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert not re.search(r"^# ", outside, re.MULTILINE)
    assert getattr(read_facts(page), name).startswith(("x`", "/x`"))


def test_a_credential_is_hidden() -> None:
    page = render(dataclasses.replace(BOOK, facts=dataclasses.replace(FACTS, caller="ya29.secretsecret")))
    assert "secretsecret" not in page


def test_markdown() -> None:
    assert escaped("a*b_[c](d)<e>|`f`") == r"a\*b\_\[c\](d)\<e\>\|\`f\`"
    assert code("a`b``c") == "``` a`b``c ```"
    assert code("") == "` `"
    assert fenced("a\n```\nb", "sh") == "````sh\na\n```\nb\n````"


def test_the_facts_go_round() -> None:
    assert read_facts(render(BOOK)) == FACTS
    assert read_facts(f"before\r\n{facts_block(FACTS)}\nafter".replace("\n", "\r\n")) == FACTS


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("", "no runbook facts"),
        (facts_block(FACTS) * 2, "several"),
        (facts_block(FACTS).replace('"schema": 1', '"schema": 9'), "another version"),
        (facts_block(FACTS).replace('"ingress"', '"ingres"'), "missing"),
        (facts_block(FACTS).replace('"all"', "7"), "missing"),
        (facts_block(FACTS).replace('"path": ""', '"path": "x"'), "path"),
        (facts_block(FACTS).replace("{", "["), "no longer JSON"),
        ("<!-- crauth-doctor runbook facts\n[1]\n-->", "another version"),
        ("<!-- crauth-doctor runbook facts\n" + "[" * 100_000 + "\n-->", "JSON"),
    ],
)
def test_what_is_no_page(page: str, words: str) -> None:
    with pytest.raises(NoRunbookError, match=words):
        read_facts(page)


def held(page: RunbookFacts, now: RunbookFacts, *rights: str, complete: bool = True) -> dict[str, Held]:
    found = compare(page, now, frozenset(rights), complete=complete)
    return {one.name: one.held for one in found if one.held is not Held.SAME}


@pytest.mark.parametrize(
    "name",
    ["service", "url", "audience", "ingress", "invoker_check", "iap", "default_url", "public", "member", "egress"],
)
def test_each_fact_drifts(name: str) -> None:
    other = dataclasses.replace(FACTS, **{name: "other"})
    assert held(FACTS, other, RIGHT) == {name: Held.DRIFTED}
    assert held(FACTS, dataclasses.replace(FACTS, **{name: UNREAD}), RIGHT) == {name: Held.UNKNOWN}
    assert held(dataclasses.replace(FACTS, **{name: UNREAD}), FACTS, RIGHT) == {name: Held.UNKNOWN}


@pytest.mark.parametrize(
    ("page", "rights", "complete", "found"),
    [
        (RIGHT, (RIGHT,), True, None),
        (RIGHT, (RIGHT, "roles/owner on //p"), True, None),
        (RIGHT, (RIGHT,), False, None),
        (RIGHT, (), True, Held.DRIFTED),
        (RIGHT, ("roles/owner on //p",), True, Held.DRIFTED),
        (RIGHT, (), False, Held.UNKNOWN),
        (UNREAD, (RIGHT,), True, Held.UNKNOWN),
        ("", (RIGHT,), True, None),
        ("", (), False, None),
    ],
)
def test_the_right(page: str, rights: tuple[str, ...], found: Held | None, *, complete: bool) -> None:
    said = dataclasses.replace(FACTS, right=page)
    assert held(said, FACTS, *rights, complete=complete).get("right") is found


def test_how_it_ends() -> None:
    same = Compared("url", "a", "a", Held.SAME)
    drifted = Compared("ingress", "all", "internal\x1b[31m", Held.DRIFTED)
    unknown = Compared("iap", "on", UNREAD, Held.UNKNOWN)
    assert drift_status((same,)) is ExitStatus.CLEAR
    assert drift_status((same, unknown)) is ExitStatus.CANNOT_TELL
    assert drift_status((unknown, drifted)) is ExitStatus.BLOCKED
    text = drift_as_text("page.md", (same, drifted, unknown), Look())
    assert "the ingress: page all, now internal\n" in text
    assert text.startswith("DRIFTED: 1 of 3 facts in page.md does not hold.\n")
    assert "steps are still to be done" not in text
    lost = Compared("right", "roles/run.invoker on //p", "", Held.DRIFTED)
    assert "If the page's steps are still to be done, do them.\n" in drift_as_text("page.md", (lost,), Look())
    assert "Identity-Aware Proxy: page on, now not known" in text
    assert drift_as_text("page.md", (same,), Look()).startswith("UP TO DATE: ")
    report = json.loads(drift_as_json((same, drifted)))
    assert report["drifted"] == ["ingress"]
    assert report["exit"] == 10

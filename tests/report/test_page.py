"""The HTML report in a browser: everything can be opened and copied, nothing leaves, nothing overflows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from crauth_doctor.report.document import Report
from crauth_doctor.report.html import render
from tests.patience import LONG as EVERYTHING

from .conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
SERIOUS = {"serious", "critical"}
WIDE_AND_NARROW: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (390, "dark"))
LONG = "a-name-without-any-place-to-break-" * 12

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report as a file; at the end, nothing was said on the console, and nothing was asked for but the file."""
    said: list[str] = []
    asked: list[str] = []
    contexts: list[Any] = []

    def open_it(document: Report, *, width: int = 1280, scripts: bool = True) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render(document), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(file.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition("#")[0] for url in asked} == {(tmp_path / "report.html").as_uri()}


def test_each_stage_opens_from_the_path(opened: Open, proven: Report) -> None:
    page = opened(proven)
    links = page.locator(".path a")
    assert links.count() == len(proven.diagnosis.steps)
    for step, link in zip(proven.diagnosis.steps, links.all(), strict=True):
        link.click()
        page.wait_for_function("id => document.getElementById(id).open", arg=f"at-{step.stage.slug}")
    assert page.locator(".stages details[open]").count() == len(proven.diagnosis.steps)


def test_a_command_is_copied_as_it_runs(opened: Open, proven: Report) -> None:
    page = opened(proven)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#fix-1 .dialect.gcloud button").click()
    page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("gcloud run services add-iam-policy-binding orders ")
    assert re.sub(r" \\\n +", " ", copied).count("\n") == 0


def test_the_keyboard_reaches_everything(opened: Open, proven: Report) -> None:
    page = opened(proven)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "BUTTON", "SUMMARY", "INPUT"} <= reached


def test_one_dialect_is_shown_at_a_time_and_both_on_paper(opened: Open, proven: Report) -> None:
    page = opened(proven)
    fix = page.locator("#fix-1")
    assert fix.locator(".gcloud").is_visible()
    assert not fix.locator(".terraform").is_visible()
    page.get_by_text("Terraform", exact=True).click()
    assert not fix.locator(".gcloud").is_visible()
    page.emulate_media(media="print")
    assert fix.locator(".gcloud").is_visible()
    assert fix.locator(".terraform").is_visible()


def test_it_is_read_without_scripts(opened: Open, proven: Report) -> None:
    page = opened(proven, scripts=False)
    assert page.locator("h1").inner_text() == "checkout@shop-prod.iam.gserviceaccount.com may not invoke orders"
    assert page.locator("button").count() == 0
    page.locator("#at-mint summary").click()
    assert page.locator("#at-mint .inside").is_visible()


@pytest.mark.parametrize("at", range(6))
def test_nothing_overflows_and_nothing_shuts_anybody_out(opened: Open, at: int, request: pytest.FixtureRequest) -> None:
    """All pages are of one template: in the short form only the fullest is looked at in both ways."""
    name = ("proven", "likely", "clear", "undecided", "unexplained", "contradicted")[at]
    document: Report = request.getfixturevalue(name)
    page, axe = opened(document), Axe()
    for width, scheme in WIDE_AND_NARROW if EVERYTHING or at == 0 else (WIDE_AND_NARROW[at % 2],):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found = axe.run(page).response["violations"]
        assert [(each["id"], each["nodes"]) for each in found if each["impact"] in SERIOUS] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_long_and_hostile_names_change_nothing(opened: Open, proven: Report) -> None:
    hostile = f"</script><img src=x onerror=alert(1)><style>*{{display:none}}</style>{LONG}"
    cause = proven.diagnosis.cause
    assert cause is not None
    assert cause.finding is not None
    finding = replace(cause.finding, title=hostile, because=(hostile,))
    named = replace(proven.caller, asked=hostile)
    odd = replace(proven, caller=named, diagnosis=replace(proven.diagnosis, cause=replace(cause, finding=finding)))
    page = opened(odd, width=390)
    assert page.locator("img").count() == 0
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    data = page.locator("#crauth-doctor-report").text_content() or ""
    assert json.loads(data)["caller"]["asked"] == hostile

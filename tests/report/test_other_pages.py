"""The pages of callers and of a pair in a browser: in the report's dress, and as harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from crauth_doctor.cli.main import main
from crauth_doctor.report.markdown_text import cell, code, escaped, fenced
from crauth_doctor.report.pages.prose import sections_of
from crauth_doctor.report.runbook import read_facts

from .conftest import CHROMIUM

WORLDS = Path(__file__).parents[2] / "crauth_doctor" / "sandbox" / "worlds"
WHERE = ("--project", "shop-prod", "--region", "us-central1")
COMMANDS = {
    "who": ("who", "orders", *WHERE),
    "runbook": ("runbook", "orders", *WHERE, "--caller", "run/checkout"),
    "several": ("check", "orders", "checkout", *WHERE, "--caller", "run/checkout"),
}
HOSTILE = "</code><script>alert(1)</script> `x` **y** | [z](https://evil.example) \\ <!-- -->"


@pytest.fixture
def written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[[str], Path]:
    """Write the page of a command."""

    def write(name: str) -> Path:
        file = tmp_path / f"{name}.html"
        argv = [*COMMANDS[name], "--world", str(WORLDS / "demo.yaml"), "-q", "--write", str(file)]
        assert main(argv, {"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}) in {0, 10}, capfd.readouterr().err
        return file

    return write


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_readable_and_says_nothing_to_anybody(
    browser: Browser, written: Callable[[str], Path], name: str
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page: Page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    file = written(name)
    page.goto(file.as_uri())
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.locator("h1").count() == 1
    if name == "runbook":
        page.get_by_role("button", name=re.compile("Copy")).first.click()
        page.get_by_text("Copied").first.wait_for()
    assert (said, asked) == ([], [file.as_uri()])
    page.close()


def data_in(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return json.loads(re.findall(r'id="crauth-doctor-report">(.*?)</script>', text, re.DOTALL)[0])


def test_each_page_carries_its_json(written: Callable[[str], Path]) -> None:
    assert [one["member"] for one in data_in(written("who"))["holders"]]
    assert data_in(written("runbook"))["facts"]["caller"] == "run/checkout"


def test_the_facts_of_a_runbook_are_read_back_from_its_page(written: Callable[[str], Path]) -> None:
    assert read_facts(written("runbook").read_text(encoding="utf-8")).caller == "run/checkout"


@pytest.mark.parametrize(
    "text",
    [
        f"{escaped(HOSTILE)} @someone",
        code(HOSTILE),
        f"| A | B |\n|---|---|\n| {cell(HOSTILE)} | b |",
        fenced(HOSTILE, "sh"),
        f"- {escaped(HOSTILE)}",
        f"### {escaped(HOSTILE)}",
    ],
)
def test_what_others_wrote_is_text(text: str) -> None:
    [section] = sections_of(text)
    html = "".join(section.blocks)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html.replace("\\", "")
    assert "<a " not in html
    assert html.count("<strong>") == 0


def test_prose_has_its_forms() -> None:
    text = "# T `c`\n\na\nb **s** \\*\n\n## H\n\n- x\n\n- y\n\n| A |\n|---|\n| `a\\|b` |\n\n```sh\nl\n```\n"
    first, second = sections_of(text)
    head = '<tr><th scope="col">A</th></tr>'
    assert (first.heading, first.blocks) == ("T <code>c</code>", ("<p>a b <strong>s</strong> *</p>",))
    assert second.blocks == (
        '<ul class="dots"><li>x</li><li>y</li></ul>',
        f"<table><thead>{head}</thead><tbody><tr><td><code>a|b</code></td></tr></tbody></table>",
        '<div class="code" data-of="sh"><pre><code>l</code></pre></div>',
    )

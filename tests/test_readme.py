"""README and docs/ tell the truth: their generated parts are what the program prints, and what they name exists.

Regenerate those parts with `python tests/test_readme.py`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import click
import pytest

from crauth_doctor.cli.app import App
from crauth_doctor.cli.examples import EXAMPLES
from crauth_doctor.cli.main import COMMANDS, crauth_doctor
from crauth_doctor.report.status import ExitStatus
from tests import generated
from tests.generated import BLOCK, GENERATED, MANUAL, PICTURE, README, ROOT, pages, regenerated, shown_in
from tests.man_page import man_page

help_of = cache(generated.help_of)
PAGES = [pytest.param(page, id=page.name) for page in pages()]


def code_blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def line_after(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.*)\n```", README.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    # Versions of click wrap and space their lines differently; the words are what counts.
    assert text.split() == regenerated(text).split(), "run `python tests/test_readme.py`"


def test_each_generated_part_stands_somewhere() -> None:
    found = [block[2] for page in pages() for block in BLOCK.finditer(page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(GENERATED)


def test_the_picture_shows_a_report_of_today() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert f"docs/{PICTURE.name}" in README.read_text(encoding="utf-8")
    assert shown_in(svg).split() == shown_in(generated.picture()).split(), "run `python tests/test_readme.py`"
    assert "<script" not in svg
    assert re.findall(r"(?:href|src|url)\W+(\w+:)", svg) == []


def test_the_manual_page_is_up_to_date() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert text.split() == man_page().split(), "run `python tests/test_readme.py`"
    requests = {line.split()[0] for line in text.splitlines() if line.startswith(".")}
    assert requests == {'.\\"', ".TH", ".SH", ".SS", ".PP", ".TP", ".B"}


def test_help_is_what_a_terminal_shows(python: list[str]) -> None:
    done = subprocess.run(
        [*python, "-m", "crauth_doctor", "check", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == help_of("check").split()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_exists(page: Path) -> None:
    lines = [line for block in code_blocks(page, "sh") for line in block.splitlines() if "crauth-doctor " in line]
    assert page != README or len(lines) >= 5
    for line in lines:
        words = shlex.split(line.partition("crauth-doctor ")[2], comments=True)
        assert words[0] in COMMANDS
        options = [word for word in words if word.startswith("--")]
        assert all(option in help_of(words[0]) for option in options), line


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        to = page.parent / name if name else page
        assert to.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", to.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_readme_can_be_read_at_a_sitting() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 220


@pytest.mark.parametrize("marker", ["demo-command", "test-command"])
def test_the_two_commands_stand_alone(marker: str) -> None:
    line = line_after(marker)
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0


def test_ci_runs_the_readme_s_own_test_line() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [extraction] = re.findall(r"test_line=\$\((.*)\)", script)
    done = subprocess.run(["bash", "-c", extraction], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == line_after("test-command") + "\n"


def test_the_exit_statuses_are_the_real_ones() -> None:
    section = README.read_text(encoding="utf-8").partition("## Exit status\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| ", section, re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(status.value for status in ExitStatus)


def test_the_folders_of_the_table_exist() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = re.findall(r"^\| .*`(\w+/)`", table, re.MULTILINE)
    assert len(folders) > 10
    assert all((ROOT / "crauth_doctor" / name).is_dir() for name in folders)


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_each_example_is_understood(line: str) -> None:
    words = shlex.split(line.rpartition("crauth-doctor ")[2].partition(" > ")[0])
    command = crauth_doctor.get_command(click.Context(crauth_doctor), words[0])
    assert command is not None
    command.make_context(words[0], words[1:], obj=App({}))


def test_each_command_has_an_example() -> None:
    assert {*COMMANDS} - {*EXAMPLES} == {"schema", "mcp"}


if __name__ == "__main__":
    generated.write()

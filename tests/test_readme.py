"""README tells the truth: its generated parts are what the program prints, and its commands exist.

Regenerate those parts with `python tests/test_readme.py`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from crauth_doctor.cli.main import COMMANDS
from crauth_doctor.model.asks import SAYABLE
from crauth_doctor.report.status import ExitStatus
from crauth_doctor.rules import ALL

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@cache
def help_of(*argv: str) -> str:
    """What the program prints, 80 columns wide; in a process of its own, since click keeps a command's first help."""
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "crauth_doctor", *argv, "--help"],
        env=environ, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def helps() -> str:
    """The help of the program and of `check`."""
    shown = [f"$ crauth-doctor {' '.join([*argv, '--help'])}\n{help_of(*argv)}" for argv in ((), ("check",))]
    return "\n## Help\n\n```console\n" + "\n".join(shown) + "```\n\n"


def causes() -> str:
    """The table of causes."""
    rows = [f"| `{rule.id}` | {rule.title} |" for rule in sorted(ALL, key=lambda rule: rule.stage)]
    return "\n| id | what is wrong |\n|---|---|\n" + "\n".join(rows) + "\n\n"


def sayings() -> str:
    """The table of what `--say` takes."""
    rows = []
    for fact in SAYABLE:
        values = ", ".join(f"`{value}`" for value in fact.values) or f"such as `{fact.example}`"
        rows.append(f"| `{fact.name}` | {fact.question} | {values} |")
    return "\n| fact | question | values |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"


GENERATED = {"help": helps, "sayings": sayings, "causes": causes}


def regenerated(text: str) -> str:
    """The same README with its generated parts made anew."""
    return BLOCK.sub(lambda found: f"{found[1]}{GENERATED[found[2]]()}{found[4]}", text)


def code_blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def line_after(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.*)\n```", README.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def test_generated_parts_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert [found[2] for found in BLOCK.finditer(text)] == list(GENERATED)
    # Versions of click wrap and space their lines differently; the words are what counts.
    assert text.split() == regenerated(text).split(), "run `python tests/test_readme.py`"


def test_every_command_shown_exists() -> None:
    lines = [line for block in code_blocks("sh") for line in block.splitlines() if line.startswith("crauth-doctor ")]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        assert words[0] in COMMANDS
        options = [word for word in words if word.startswith("--")]
        assert all(option in help_of(words[0]) for option in options), line


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
    rows = re.findall(r"^\| (\d+) \| ", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(status.value for status in ExitStatus)


def test_the_folders_of_the_table_exist() -> None:
    for name in re.findall(r"^\| .*`(\w+/)`", README.read_text(encoding="utf-8"), re.MULTILINE):
        assert (ROOT / "crauth_doctor" / name).is_dir()


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")

"""What README and docs/ show of the program, made by running it: the help, the causes, a report and its picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

import click

from crauth_doctor.cli.main import COMMANDS, crauth_doctor
from crauth_doctor.model.asks.sayable import SAYABLE
from crauth_doctor.report.document import Report
from crauth_doctor.report.layout import Look
from crauth_doctor.report.text import render
from crauth_doctor.rules import ALL
from crauth_doctor.sandbox import load_world, serve
from crauth_doctor.workflows import diagnose
from crauth_doctor.workflows.context import SANDBOX_VARIABLE, CallRequest, Context
from tests.man_page import man_page

ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
DOCS: Final = ROOT / "docs"
PICTURE: Final = DOCS / "demo.svg"
MANUAL: Final = DOCS / "crauth-doctor.1"
BLOCK: Final = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

_DEMO: Final = CallRequest("orders", project="shop-prod", region="us-central1", caller="run/checkout")
_PROMPT: Final = "$ crauth-doctor check orders --caller run/checkout"
_COLOURS: Final = {"1": "#e6edf3", "1;31": "#ff7b72", "1;32": "#7ee787", "1;33": "#e3b341", "2": "#8b949e"}
_LINE: Final = 19
_WIDE: Final = "\N{NO-BREAK SPACE}" * 2
"""Two spaces that no viewer makes one of."""
_COLUMN: Final = 8.43
"""Width of a character of 14 px, in the fonts that are named; textLength keeps others to it."""


def help_of(*argv: str) -> str:
    """Return the help of the program, or of a command, 80 columns wide."""
    context = click.Context(crauth_doctor, info_name="crauth-doctor", terminal_width=78)
    context.help_option_names = ["-h", "--help"]
    if not argv:
        return crauth_doctor.get_help(context) + "\n"
    found = crauth_doctor.get_command(context, argv[0])
    assert found is not None
    return found.get_help(click.Context(found, parent=context, info_name=argv[0])) + "\n"


def commands() -> str:
    """Return every command's help."""
    parts = []
    for argv in ((), *((name,) for name in COMMANDS)):
        line = " ".join(["crauth-doctor", *argv])
        parts.append(f"\n## {line}\n\n```console\n$ {line} --help\n{help_of(*argv)}```\n")
    return "".join(parts) + "\n"


def causes() -> str:
    """Return a table of causes for each stage."""
    parts = []
    for stage, rules in groupby(sorted(ALL, key=lambda rule: rule.stage), key=lambda rule: rule.id.partition("/")[0]):
        rows = "".join(f"| `{rule.id}` | {rule.title} |\n" for rule in rules)
        parts.append(f"\n## {stage}\n\n| id | what is wrong |\n|---|---|\n{rows}")
    return "".join(parts) + "\n"


def sayings() -> str:
    """Return a table of what `--say` takes."""
    rows = []
    for fact in SAYABLE:
        values = ", ".join(f"`{value}`" for value in fact.values) or f"such as `{fact.example}`"
        rows.append(f"| `{fact.name}` | {fact.question} | {values} |")
    return "\n| fact | question | values |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"


def demo_report() -> Report:
    """Return what a check of the demo's world finds."""
    with serve(load_world(str(ROOT / "crauth_doctor/sandbox/worlds/demo.yaml"))) as box:
        context = Context({SANDBOX_VARIABLE: box.base, "NO_GCE_CHECK": "true"}, box.base)
        return diagnose.check(context, _DEMO)


def demo_text(look: Look | None = None) -> str:
    """Return the demo's report as a terminal shows it, but for the line that it is a sandbox's."""
    return "".join(line for line in render(demo_report(), look).splitlines(keepends=True) if "SANDBOX" not in line)


def sample() -> str:
    """Return the demo's report, and the command that prints it."""
    return f"\n```console\n{_PROMPT}\n{demo_text()}```\n\n"


def speed() -> str:
    """Return how much faster than gcloud a check is, by the last run of the benchmark."""
    page = (DOCS / "benchmark.md").read_text(encoding="utf-8")
    measured = re.search(r"--write`, ([\d-]+): .*?(\d+ cores)", page)
    times = re.search(r"times as fast as gcloud, 0 ms an answer \| ([\d.]+) x", page)
    assert measured is not None
    assert times is not None
    return (
        f"A `check` is {times[1]} times as fast as the gcloud reads that it replaces ({measured[1]}, {measured[2]}; "
        "[all figures](docs/benchmark.md)).\n"
    )


GENERATED: Final[dict[str, Callable[[], str]]] = {
    "report": sample,
    "commands": commands,
    "causes": causes,
    "sayings": sayings,
    "speed": speed,
}


def pages() -> list[Path]:
    """Return what people read: README, and the pages in docs/."""
    return [README, *sorted(DOCS.glob("*.md"))]


def regenerated(text: str) -> str:
    """Return the same page with its generated parts made anew."""
    return BLOCK.sub(lambda found: f"{found[1]}{GENERATED[found[2]]()}{found[4]}", text)


def picture() -> str:
    """Return the demo's report as an SVG: no script, no animation, nothing from elsewhere."""
    lines = [f"\x1b[1m{_PROMPT}\x1b[0m", "", *demo_text(Look(colour=True)).splitlines()]
    rows = [_row(line, 60 + number * _LINE) for number, line in enumerate(lines) if line]
    width, height = 740, 60 + len(lines) * _LINE + 6
    dots = "".join(f'<circle cx="{22 + 20 * n}" cy="20" r="6" fill="{hue}"/>' for n, hue in enumerate(_DOTS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="A report of crauth-doctor in a terminal">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117" stroke="#30363d"/>\n{dots}\n'
        f'<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" '
        f'xml:space="preserve" fill="#c9d1d9">\n{"".join(rows)}</g>\n</svg>\n'
    )


_DOTS: Final = ("#ff5f57", "#febc2e", "#28c840")


def _row(line: str, top: int) -> str:
    """Draw a line: each run of one colour is a text of its own, at its column."""
    column, hue, drawn = 0, "", []
    for piece in re.split(r"(\x1b\[[\d;]*m)", line):
        if piece.startswith("\x1b"):
            hue = _COLOURS.get(piece[2:-1], "")
        elif piece.strip():
            left = column + len(piece) - len(piece.lstrip())
            text = piece.strip()
            weight = "" if hue == _COLOURS["2"] else ' font-weight="bold"'
            fill = f' fill="{hue}"{weight}' if hue else ""
            drawn.append(
                f'<text x="{20 + left * _COLUMN:.1f}" y="{top}" textLength="{len(text) * _COLUMN:.1f}"{fill}>'
                f"{escape(text).replace('  ', _WIDE)}</text>\n"
            )
            column += len(piece)
        else:
            column += len(piece)
    return "".join(drawn)


def shown_in(svg: str) -> str:
    """Return the words of a picture."""
    return " ".join(re.findall(r"<text [^>]*>([^<]*)</text>", svg))


def write() -> None:
    """Write everything that is generated."""
    for page in pages():
        page.write_text(regenerated(page.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
    MANUAL.write_text(man_page(), encoding="utf-8")

"""What people read is plain English: each cause's page in whole sentences, and no phrase that nobody would say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crauth_doctor.report.document import whole
from crauth_doctor.workflows.causes import causes
from tests.source import tree_of, walked

PACKAGE = Path(__file__).parents[1] / "crauth_doctor"
SPOKEN = (
    "rules",
    "fixes",
    "report",
    "wizard",
    "cli",
    "workflows",
    "answers",
    "apply",
    "collect",
    "diagnosis",
    "iam",
    "mcp",
)
FRAME = (
    "answers/author.py",
    "fixes/words.py",
    "report/headline.py",
    "report/next_step.py",
    "report/stages.py",
    "workflows/reports/from_facts.py",
)
"""What is shown in every format, besides what the rules say."""
NOBODY_SAYS = re.compile(
    r"\b(whoever|as a rule|is to be|are to be|for granted|mends|mended|anew|stands? before|stands in|leads? to|in force"
    r"|takes? (?:internal|calls|access tokens too)|taken? back|takes back)\b",
    re.IGNORECASE,
)


def texts(path: Path) -> Iterator[str]:
    """Every text of a file that is no docstring and no name."""
    nodes = walked(tree_of(path))
    statements = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in statements:
            yield node.value


@pytest.mark.parametrize("folder", SPOKEN)
def test_nothing_is_said_that_nobody_says(folder: str) -> None:
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files
    assert [(f.name, text) for f in files for text in texts(f) if NOBODY_SAYS.search(text)] == []


def test_no_page_says_it_either() -> None:
    pages = [*PACKAGE.rglob("*.j2"), PACKAGE.parent / "README.md", *(PACKAGE.parent / "docs").glob("*.md")]
    said = [(page.name, found[0]) for page in pages for found in NOBODY_SAYS.finditer(page.read_text(encoding="utf-8"))]
    assert [one for one in said if one[0] != "architecture.md"] == []


def test_each_page_of_a_cause_is_of_whole_sentences() -> None:
    for cause in causes():
        for text in (cause.title, *(text for _, text in cause.sections)):
            assert text.rstrip('"`) ').endswith((".", ":")), (cause.id, text)
            assert not NOBODY_SAYS.search(text), (cause.id, text)
        assert cause.title[0].isupper(), cause.id


def test_a_sentence_marks_the_names_in_it() -> None:
    """So that a page can set them apart: what is said is a template with values, and no text that is glued together."""
    glued = [
        (path.name, node.lineno)
        for path in (*(PACKAGE / "rules").glob("*.py"), *(PACKAGE / "iam").glob("*.py"), *map(PACKAGE.joinpath, FRAME))
        for statement in walked(tree_of(path))
        if isinstance(statement, ast.stmt) and not isinstance(statement, ast.Raise) and not hasattr(statement, "body")
        for node in ast.walk(statement)
        if isinstance(node, ast.JoinedStr) and len(re.findall(r"[a-z]+ [a-z]+", _fixed_text(node))) > 0
    ]
    assert glued == []


def _fixed_text(node: ast.JoinedStr) -> str:
    return "…".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ("ingress is none", "Ingress is none."),
        ("orders takes no traffic", "orders takes no traffic."),
        ("gcloud sets no audience", "gcloud sets no audience."),
        ("a@b.example.com may not invoke it", "a@b.example.com may not invoke it."),
        ("allUsers may call it", "allUsers may call it."),
        ("The call got 403.", "The call got 403."),
        ("", ""),
    ],
)
def test_a_clause_becomes_a_sentence_and_a_name_keeps_its_spelling(clause: str, sentence: str) -> None:
    assert whole(clause, "orders") == sentence

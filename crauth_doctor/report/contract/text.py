"""What became of a contract, for a person."""

from __future__ import annotations

from typing import Final

from ...redaction import clean
from ..document import SANDBOX
from ..layout import INDENT, Hue, Look, TextPage
from ..status import ExitStatus
from .results import ClauseResult, ContractResults, ContractVerdict

_SHOWN: Final = {
    ContractVerdict.MET: ("met", Hue.GOOD),
    ContractVerdict.BROKEN: ("BROKEN", Hue.BAD),
    ContractVerdict.CANNOT_TELL: ("cannot tell", Hue.UNSURE),
}
_COLUMN: Final = 12
"""Where the clauses begin, after the verdicts."""


def render(found: ContractResults, look: Look | None = None) -> str:
    """Return the results as text, with a newline at the end."""
    page = TextPage(look or Look())
    hue = {ExitStatus.BLOCKED: Hue.BAD, ExitStatus.CANNOT_TELL: Hue.UNSURE}.get(found.exit, Hue.GOOD)
    page.headline(found.summary, hue, "")
    if found.sandbox:
        page.paragraph(SANDBOX)
    for name in dict.fromkeys(one.expectation for one in found.clauses):
        clauses = [one for one in found.clauses if one.expectation == name]
        page.heading(f"{clean(name)} ({clean(clauses[0].service)})")
        for one in clauses:
            _clause(page, one, found.file)
    return str(page)


def _clause(page: TextPage, one: ClauseResult, file: str) -> None:
    word, hue = _SHOWN[one.verdict]
    under = INDENT + " " * _COLUMN
    cause = f" [{one.cause}]" if one.cause else ""
    first, *rest = page.wrapped(f"{word:<{_COLUMN}}{one.title}{cause}", INDENT, under)
    page.lines += [first.replace(word, page.paint(word, hue), 1), *rest]
    if one.verdict is not ContractVerdict.MET:
        page.paragraph(f"{clean(file)}, line {one.line}: {one.sentence}", under)
        for text in one.unread:
            page.item(text, under)

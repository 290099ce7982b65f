"""The onboarding page of a pair in HTML: the same words as in Markdown, and the same facts within."""

from __future__ import annotations

from ..json import written
from ..runbook import Runbook, cleaned_facts, facts_block
from ..runbook import render as as_markdown
from .frame import framed
from .prose import sections_of


def render(book: Runbook) -> str:
    """Return the page, with a newline at the end; `runbook --check` reads its facts back."""
    from markupsafe import Markup

    facts = cleaned_facts(book.facts)
    block = facts_block(book.facts)
    first, *others = sections_of(as_markdown(book).replace(block, ""))
    return framed(
        "runbook.html.j2",
        first.heading,
        written({"facts": facts}),
        first=first,
        sections=others,
        sandbox=book.sandbox,
        written=book.written,
        facts_block=Markup(block),  # noqa: S704 - a comment that nothing in it can end
    )

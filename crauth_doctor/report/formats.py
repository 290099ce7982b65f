"""The formats of a report, by name: what the command line offers, and what a file's name says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .document import Report
    from .layout import Look

SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "text": (".txt",),
    "json": (".json",),
    "html": (".html", ".htm"),
    "markdown": (".md", ".markdown"),
    "sarif": (".sarif",),
    "junit": (".xml",),
    "github": (),
}
"""The ends of file names that stand for each format."""
MARKED_UP: Final = frozenset({"html", "markdown", "junit", "github"})
"""Those in which every text is cleaned where it is set in: cleaned as a whole, their markup could break."""


def format_of(file: str) -> str | None:
    """Return the format that the end of a file's name stands for; None where it stands for none."""
    name = file.lower()
    return next((name_of for name_of, ends in SUFFIXES.items() if ends and name.endswith(ends)), None)


def rendered(name: str, document: Report, look: Look | None = None, *, for_file: bool = False) -> str:
    """Return a report in one of the formats.

    `for_file`: it is written into a file, where a drawing has its place.
    """
    match name:
        case "json":
            from . import json

            return json.render(document)
        case "html":
            from . import html

            return html.render(document)
        case "markdown":
            from . import markdown

            return markdown.render(document, diagram=for_file)
        case "sarif":
            from . import sarif

            return sarif.render(document)
        case "junit":
            from . import junit

            return junit.render(document)
        case "github":
            from . import github

            return github.render(document)
        case _:
            from . import text

            return text.render(document, look)

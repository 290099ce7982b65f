"""The formats of a contract's results, by the names that every report's formats have."""

from __future__ import annotations

from typing import Final

from ..layout import Look
from .results import ContractResults

NAMES: Final = ("text", "json", "markdown", "sarif", "junit", "github")
"""Those that there are."""


def rendered(name: str, found: ContractResults, look: Look | None = None, *, every: bool = False) -> str:
    """Return a contract's results in one of the formats."""
    match name:
        case "json":
            from . import json

            return json.render(found)
        case "markdown":
            from . import markdown

            return markdown.render(found)
        case "sarif":
            from . import sarif

            return sarif.render(found, every=every)
        case "junit":
            from . import junit

            return junit.render(found)
        case "github":
            from . import github

            return github.render(found)
        case _:
            from . import text

            return text.render(found, look)

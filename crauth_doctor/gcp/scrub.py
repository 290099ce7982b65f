"""Make the words of an error fit to be kept."""

from __future__ import annotations

import re
from typing import Final

from ..redaction import redact

_TAG: Final = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)

LONGEST: Final = 400
"""Characters of an error that are kept."""


def scrub(text: str) -> str:
    """Turn the words of an error into one short line without any credential."""
    text = " ".join(_TAG.sub(" ", redact(text[: 50 * LONGEST])).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

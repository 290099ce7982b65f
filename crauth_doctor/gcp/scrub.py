"""Take credentials out of a text that came from outside."""

from __future__ import annotations

import re
from typing import Final

from ..model.secret import HIDDEN

_JWT: Final = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}")
_GOOGLE_TOKEN: Final = re.compile(r"\b(?:ya29|1//|4/)[\w./-]{8,}")
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)(\s+)[^\s\"',;<>]{8,}")
_FIELD: Final = re.compile(
    r"(?i)(\b(?:\w*_)?(?:token|assertion|secret|password|private_key|client_secret)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}<]{8,}"
)
_KEY: Final = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
_TAG: Final = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)

LONGEST: Final = 400
"""Characters of an error that are kept."""


def without_tokens(text: str) -> str:
    """Replace everything that has the shape of a token, and change nothing else."""
    return _GOOGLE_TOKEN.sub(HIDDEN, _JWT.sub(HIDDEN, text))


def scrub(text: str) -> str:
    """Turn the words of an error into one short line without any credential."""
    text = _KEY.sub(HIDDEN, text[: 50 * LONGEST])
    text = without_tokens(text)
    text = _BEARER.sub(rf"\1\2{HIDDEN}", text)
    text = _FIELD.sub(rf"\1{HIDDEN}", text)
    text = " ".join(_TAG.sub(" ", text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

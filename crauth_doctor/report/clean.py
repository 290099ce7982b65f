"""What others wrote, made fit to be shown.

Names, titles, error texts and bodies come from the network and from what a user pastes. They may hold escape sequences
that rewrite a terminal, characters that turn the reading direction, and credentials. Every format passes them through
here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

HIDDEN: Final = "[hidden]"

_ESCAPES: Final = re.compile(
    r"(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # operating system commands, such as a window's title or a link
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor movement
    r"|\x1b[ -/]*[0-~]",  # the short ones
    re.DOTALL,
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LINES: Final = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CREDENTIALS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{6,}(?:\.[\w-]*){0,4}"  # a JSON Web Token, or the head of one that was cut off
    r"|\bya29\.[\w./-]*"  # a Google access token
    r"|\b1//0[\w-]{10,}"  # a Google refresh token
    r"|\bGOCSPX-[\w-]+"  # an OAuth client's secret
    r"|\bAIza[\w-]{30,}",  # an API key
    re.DOTALL,
)
_NAMED: Final = re.compile(
    r"""(?P<name>\b(?:access_token|id_token|refresh_token|client_secret|private_key(?:_id)?|assertion|api_?key|password)
        ["']?\s*[=:]\s*["']?)(?P<value>[^\s"'&,;]{6,})""",
    re.VERBOSE | re.IGNORECASE,
)
_BEARER: Final = re.compile(r"\b(?P<scheme>bearer|basic)(?P<gap>\s+)(?P<value>[\w.~+/=-]{20,})", re.IGNORECASE)


def clean(text: str, limit: int = 2000) -> str:
    """Return the text on one line, with nothing in it that is invisible or a credential.

    Args:
        text: anything.
        limit: how many characters are kept.
    """
    return _cut(" ".join(redact(_visible(text)).split()), limit)


def clean_lines(text: str, limit: int = 4000) -> list[str]:
    """Return the text's lines, each as `clean` leaves it, but with its spaces."""
    return [line.expandtabs(4).rstrip() for line in _cut(redact(_visible(text)), limit).splitlines()]


def is_clean(text: str) -> bool:
    """Tell whether the text, a command, say, can be shown as it is."""
    return _visible(text) == text and redact(text) == text and "\n" not in text


def redact(text: str) -> str:
    """Hide whatever looks like a credential. A last line of defence: no credential should get this far."""
    text = _CREDENTIALS.sub(HIDDEN, text)
    text = _NAMED.sub(lambda found: found["name"] + HIDDEN, text)
    return _BEARER.sub(lambda found: found["scheme"] + found["gap"] + HIDDEN, text)


def _visible(text: str) -> str:
    lines = _LINES.sub("\n", _ESCAPES.sub("", text))
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"

"""The answer to one call, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from ..model.http import Response
from ..model.token import Token
from ..redaction import clean, clean_lines
from .document import CallAnswer, Report
from .layout import INDENT, Hue, TextPage

_BODY_LINES: Final = 20
_BODY_CHARACTERS: Final = 2000


def write_answer(page: TextPage, document: Report, answer: CallAnswer) -> None:
    """Write the call, what came back, and what the token claimed."""
    page.headline("GET", Hue.STRONG, f" {clean(answer.url)} as {clean(document.caller.name)}")
    if document.sandbox:
        page.paragraph("SANDBOX: answered by a pretend cloud, not by Google.")
    _response(page, answer.response)
    page.gap()
    if answer.token is None:
        page.paragraph("It carried no token.", "")
        return
    _token(page, answer.token)


def _response(page: TextPage, response: Response) -> None:
    page.gap()
    took = f"   ({response.seconds:.2f} s)" if response.seconds is not None else ""
    page.lines.append(page.paint(f"{response.status} {_phrase(response.status)}".rstrip(), Hue.STRONG) + took)
    for name, value in sorted(response.headers.items()):
        page.verbatim([f"{clean(name)}: {clean(value, limit=300)}"], INDENT)
    lines = clean_lines(response.body.strip(), limit=_BODY_CHARACTERS)
    page.gap()
    page.verbatim(lines[:_BODY_LINES] or ["(no body)"], INDENT)
    if len(lines) > _BODY_LINES:
        page.verbatim([f"({len(lines) - _BODY_LINES} more lines)"], INDENT)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _token(page: TextPage, token: Token) -> None:
    page.lines.append(page.paint("Its token claimed", Hue.STRONG) + " (the signature is never shown)")
    claims = {
        "aud": token.audience,
        "iss": token.issuer,
        "email": token.email,
        "sub": token.subject,
        "iat": _time(token.issued_at),
        "exp": _time(token.expires_at),
    }
    page.verbatim([f"{name:<5} {clean(value)}" for name, value in claims.items() if value], INDENT)


def _time(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(seconds)

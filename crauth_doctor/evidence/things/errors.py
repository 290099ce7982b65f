"""Error messages, by the fixed sentences of Google's APIs, tools and libraries: a data file holds them."""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from ...deferred import dataclass, regex
from ...google_json import json_access as look
from ...google_json import times
from ...model.clienterror import ClientError, ErrorFamily
from ...model.evidence import PieceKind
from ...model.id_token_clients import CLASSES
from ..paste import Paste
from ..trees.documents import Tree
from ..trees.redactor import clean, clean_url
from .exports import CREDENTIAL_TYPES

_LENGTH = 3000
_ERRORS = 500
_IN_A_SENTENCE = regex(r"\w\s+you don't have access|you don't have access\s+(?:to|for|on)\b")
_BROKEN = 3
"""Into so many more lines a message may be broken."""
_BEFORE = 300
"""As much of the words before a document is taken for words about it."""
_GAP = r"[^\n]{0,300}?"
_PERMISSION = regex(
    r"(?<![\w/.])(?:run|iam|iap|resourcemanager|cloudfunctions|cloudscheduler|pubsub|cloudtasks|eventarc|logging|artifactregistry)\.[a-zA-Z]+(?:\.[a-zA-Z]+){1,2}\b(?!\.com|@|-)"
)
_RESOURCE = regex(
    r"(?:resource|service account|user|group|principal|member)s?:?\s+['\"`(]?"
    r"(?P<name>(?:projects|namespaces)/[\w./@:-]{1,300}|[\w.+-]{1,100}@[\w.-]{1,100})",
    re.IGNORECASE,
)
_URL = regex(r"https?://[^\s\"'`<>()\[\]]{3,1000}")
_STATUS = regex(
    r"\b(?:HTTP(?: status)?(?: code)?|status(?: code)?|code|Error|error)[ :='\"]{0,4}(?P<status>[45]\d\d)\b"
)
_GRPC = {"UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "UNIMPLEMENTED": 404}
"""Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md"""
_FAILURES = (
    *("error", "exception", "fail", "denied", "precondition", "invalid", "forbidden"),
    *("allauthenticatedusers", "principals in the policy"),  # the console says it without any of these
)
_MALFORMED = "INVALID_ARGUMENT"
"""How Google's APIs answer to a request that is not formed well, whoever sends it.

Source: https://docs.cloud.google.com/apis/design/errors#handling_errors
"""
_MINTS, _NOBODY = "iamcredentials.googleapis.com", 401
"""What mints ID tokens, and how it answers to credentials that it does not know, or to none."""
_TRACE = regex(r"^\s*(?:at [\w$.<>/\[\] ]+[( :]|File \"|\.\.\. \d+ more|\^+\s*$)")
INDEX = "sentences.json"
"""Made from `sentences.yaml` by `python tests/evidence/test_errors.py`, and held against it by that test."""
DOCUMENTATION = frozenset({"description", "summary", "title", "comment"})
"""Names under which documents explain what may happen, and not what did."""


@dataclass(frozen=True)
class Sentence:
    """One fixed sentence."""

    family: ErrorFamily  # what kind of failure it tells of
    text: str  # its words, in lower case; `…` stands for some words in between
    by: str  # who says it
    printed: bool  # whether its words stand in what people write as well, so that a sign of a failure is asked for
    parts: tuple[str, ...]  # its words, cut where some may stand in between


@cache
def sentences() -> tuple[Sentence, ...]:
    """Return the sentences of the index, in its order: the first that fits counts."""
    rows = json.loads(pkgutil.get_data(__package__, INDEX) or b"[]")
    return tuple(
        Sentence(ErrorFamily(family), text, by, printed, tuple(text.split("…"))) for family, text, by, printed in rows
    )


@cache
def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_GAP.join(map(re.escape, parts)))


def _said(lower: str) -> Iterator[tuple[Sentence, re.Match[str]]]:
    """Yield the sentences that stand in a text, which is in lower case."""
    for each in sentences():
        if each.parts[0] in lower and (found := _pattern(each.parts).search(lower)):
            yield each, found


def read(paste: Paste) -> None:
    """Take every line that is an error message of a known family, with the trace above or below it."""
    for each in paste.exchanges:
        if each.response and not each.response.body.lstrip().startswith(("<", "{", "[")):
            read_within(paste, each.response.body, each.lines)
    for index, line in paste.readable():
        if paste.is_free(index) and (_TRACE.match(line[:300]) or line.startswith("Traceback (most recent")):
            paste.take_softly(index, index + 1)
    for index, line in paste.readable():
        following = paste.next_line(index).strip()
        if found := _find(paste, index, line.strip(), following):
            _add(paste, found)
        if len(paste.errors) >= _ERRORS:
            paste.cut.append(f"of the error messages, the first {_ERRORS} were read")
            break


def _find(paste: Paste, index: int, line: str, following: str) -> ClientError | None:
    for sentence, found in _said(f"{line} {following}".lower() if following else line.lower()):
        if found.start() >= len(line) or (sentence.printed and not _is_printed(paste, index)):
            continue
        if sentence.family is ErrorFamily.IAP_NOT_AUTHORIZED and _IN_A_SENTENCE.search(line.lower()):
            continue  # IAP's page has it as a heading
        end = index + 1 if found.end() <= len(line) else index + 2
        text = " ".join(each[:_LENGTH].strip() for each in paste.lines[index:end])
        made = describe(sentence, text, (index + 1, end), found.start())
        return replace(made, origin="gcloud") if _is_gclouds(paste, index) else made
    return None


def _is_gclouds(paste: Paste, index: int) -> bool:
    """Whether a line belongs to the output of a gcloud command, which may be broken into several."""
    start = index
    while start and index - start < _BROKEN and paste.lines[start - 1].strip():
        if (command := paste.command_before(start)) is not None:
            return command.program == "gcloud"
        start -= 1
    command = paste.command_before(start)
    return command is not None and command.program == "gcloud"


def _is_printed(paste: Paste, index: int) -> bool:
    """Whether a program printed a line: it, or one beside it, says that something failed, or names a permission."""
    beside = " ".join(line[:_LENGTH] for line in paste.lines[max(index - 1, 0) : index + 2])
    return _says_that_it_failed(beside)


def describe(sentence: Sentence | None, text: str, lines: tuple[int, int], offset: int = 0) -> ClientError:
    """Return the error that a text tells of, by the sentence that was found in it."""
    permission, resource, url = _PERMISSION.search(text), _RESOURCE.search(text), _URL.search(text)
    status = _STATUS.search(text)
    code = int(status["status"]) if status else next((number for name, number in _GRPC.items() if name in text), None)
    start = max(0, offset - 200) if len(text) > 600 else 0
    family = sentence.family if sentence else ErrorFamily.OTHER
    if family is ErrorFamily.ACCESS_TOKEN_DENIED and _MALFORMED in text:
        family = ErrorFamily.MINT_FAILED  # nobody was refused anything
    return ClientError(
        family,
        lines,
        clean(text[start:], 600),
        origin="gcloud" if "(gcloud." in text else sentence.by if sentence else "",
        status=code,
        url=clean_url(url[0].rstrip(".,;:")) or None if url else None,
        permission=permission[0] if permission else None,
        resource=clean(resource["name"].rstrip(".:"), 300) if resource else None,
        at=times.from_iso(text[:60]),
        credentials_type=_credentials_type(text),
    )


def _credentials_type(text: str) -> str:
    """Return the type of credentials that a message names, as their file has it; the longest, for some hold another."""
    text = re.sub(r"\bmust be \w+", "", text)  # "credential must be service_account, found …"
    named = max((each for each in CREDENTIAL_TYPES if re.search(rf"\b{each}\b", text)), key=len, default="")
    return named or next(
        (kind for name, kind in CLASSES.items() if re.search(rf"\b{name} can(?:not be cast| obtain)", text)), ""
    )


def _add(paste: Paste, error: ClientError) -> None:
    last = paste.errors[-1] if paste.errors else None
    if last and last.family is error.family and last.message == error.message:
        return
    paste.errors.append(error)
    start, end = error.lines
    paste.list_softly(start - 1, end, PieceKind.ERROR, f"{error.message[:100]} ({error.family.value})")


def read_document(paste: Paste, document: Tree) -> bool:
    """Take the JSON of a Google API's error, or of another that says what is wrong."""
    value = document.value[0] if isinstance(document.value, list) and document.value else document.value
    body = look.mapping(value, "error")
    message = look.text(body, "message") or (
        look.text(value, "error_description") if look.text(value, "error") else None
    )
    if not message or (document.loose and not body):
        return False
    reasons = " ".join(text for each in look.items(body, "details") if (text := look.text(each, "reason")))
    parts = (document.before.strip()[-_BEFORE:], look.text(value, "error"), look.text(body, "status"), message, reasons)
    text = " ".join(word for word in parts if word)
    lines = (document.start + 1, document.end)
    sentence, found = next(_said(text[:_LENGTH].lower()), (None, None))
    made = describe(sentence, text, lines, found.start() if found else 0)
    made = replace(made, status=look.number(body, "code") or None, api=_api_of(body))
    if made.family is ErrorFamily.OTHER and made.api == _MINTS:
        is_nobody = made.status == _NOBODY
        made = replace(made, family=ErrorFamily.NO_ID_TOKEN_CREDENTIALS if is_nobody else ErrorFamily.MINT_FAILED)
    paste.errors.append(made)
    paste.take(document.start, document.end, PieceKind.ERROR, f"{message[:100]} ({made.family.value})")
    return True


def read_within(paste: Paste, value: object, lines: tuple[int, int], at: int | None = None) -> None:
    """Take the error messages of known families that stand as texts inside a document, as programs log them.

    Args:
        paste: where they are put.
        value: the document, or the part of it that may hold them.
        lines: where it stands.
        at: when it was logged, seconds since 1970.
    """
    for _, long in look.texts_in(value, DOCUMENTATION):
        text = long[:_LENGTH]
        for sentence, found in _said(text.lower()):
            if len(paste.errors) < _ERRORS and not (sentence.printed and not _says_that_it_failed(text)):
                made = describe(sentence, text, lines, found.start())
                _add(paste, replace(made, at=made.at or at))
            break


def _says_that_it_failed(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _FAILURES) or bool(_PERMISSION.search(text))


def _api_of(body: dict[str, object]) -> str:
    """Return the host of the API that wrote an error in the form of Google's APIs; empty for another's.

    Source: https://docs.cloud.google.com/apis/design/errors
    """
    if look.number(body, "code") is None or not look.text(body, "status"):
        return ""
    details = look.items(body, "details")
    return next((host for each in details if (host := look.text(each, "metadata", "service"))), "googleapis.com")

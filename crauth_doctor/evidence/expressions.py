"""What makes a token, as command lines and source text say it: gcloud, the metadata server, libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote, urlsplit

from ..model.evidence import Expression, Lines, Mint
from .box import Box

_GCLOUD = re.compile(
    r"gcloud\s(?:[^\n;|]{0,120}\s)?auth\s+(?:application-default\s+)?print-(?P<what>identity|access)-token(?P<rest>[^\n)`|;]{0,600})"
)
_METADATA = re.compile(
    r"(?:metadata(?:\.google\.internal)?|169\.254\.169\.254|\$\{?METADATA\w*\}?)[:\d]{0,6}/computeMetadata/v1/instance/service-accounts/"
    r"(?P<account>[\w@.-]{1,120})/(?P<what>identity|token)(?P<query>\?[^\s\"'`)]{0,2000})?"
)
_AUDIENCES = re.compile(r"--audiences?[= ][\"']?(?P<value>[^\s\"')]+)")
_IMPERSONATED = re.compile(r"--impersonate-service-account[= ][\"']?(?P<value>[^\s\"')]+)")
_URL = r"[\"'`](?P<audience>(?:https?://|[\w-]+\.apps\.)[^\"'`\s]{1,600})[\"'`]"
_SOURCES: tuple[tuple[Mint, re.Pattern[str]], ...] = tuple(
    (mint, re.compile(pattern))
    for mint, pattern in (
        (Mint.LIBRARY_IDENTITY, rf"fetch_id_token(?:_credentials)?\((?:[^\n\"'`]{{0,160}}?{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"getIdTokenClient\((?:{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"fetchIdToken\((?:{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"idtoken\.New(?:Client|TokenSource)\((?:[^\n\"`]{{0,80}}?{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"idTokenWithAudience\((?:{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"setTargetAudience\((?:{_URL})?"),
        (Mint.LIBRARY_IDENTITY, rf"IDTokenCredentials\((?:[^\n]{{0,160}}?target_audience\s?=\s?{_URL})?"),
        (
            Mint.LIBRARY_IDENTITY,
            rf"(?:IdTokenCredentials|GetOidcTokenAsync|OidcTokenOptions|ApplicationDefaultCredentials::getIdTokenCredentials)\b(?:[^\n\"]{{0,80}}?{_URL})?",
        ),
        (Mint.LIBRARY_IDENTITY, r"ScriptApp\.getIdentityToken\(\)"),
        (Mint.LIBRARY_ACCESS, r"ScriptApp\.getOAuthToken\(\)"),
        (
            Mint.LIBRARY_ACCESS,
            r"\.getAccessToken\(\)|\.get_access_token\(\)|credentials\.token\b|google\.DefaultTokenSource\(",
        ),
        (Mint.FIREBASE, r"(?:currentUser|user)\??[.!]*\.?getIdToken\(|getIdTokenResult\("),
    )
)
_VARIABLE = re.compile(r"\$(?:env:)?\{?(?P<name>[A-Za-z_]\w{0,60})|%(?P<windows>\w{1,60})%")
_LIMIT = 500


def read(box: Box) -> None:
    """Collect what makes a token anywhere in the paste."""
    for command in box.commands:
        made = of(command.text, (command.start + 1, command.end), command.assigned)
        if made:
            box.expressions.append(made)
    starts = {line for command in box.commands for line in range(command.start, command.end)}
    for index, line in box.readable():
        if index not in starts and len(box.expressions) < _LIMIT:
            made = of(line, (index + 1, index + 1)) or _in_source(line, (index + 1, index + 1))
            if made:
                box.expressions.append(made)


def of(text: str, lines: Lines, variable: str | None = None) -> Expression | None:
    """Return what a command line's own text makes a token by."""
    if "token" not in text and "identity" not in text:
        return None
    if found := _GCLOUD.search(text):
        identity = found["what"] == "identity"
        return Expression(
            Mint.GCLOUD_IDENTITY if identity else Mint.GCLOUD_ACCESS,
            audience=_value(_AUDIENCES, found["rest"]) if identity else None,
            impersonates=_value(_IMPERSONATED, found[0]),
            variable=variable,
            lines=lines,
        )
    if found := _METADATA.search(text):
        identity = found["what"] == "identity"
        query = parse_qs(urlsplit(found["query"] or "").query)
        audience = next(iter(query.get("audience", [])), None)
        return Expression(
            Mint.METADATA_IDENTITY if identity else Mint.METADATA_ACCESS,
            audience=unquote(audience) if audience else None,
            variable=variable,
            lines=lines,
        )
    return None


def by_variable(value: str, known: Iterable[Expression]) -> Expression | None:
    """Return what made the token in the variable that a header's value names."""
    names = {found["name"] or found["windows"] for found in _VARIABLE.finditer(value[:400])}
    return next((each for each in known if each.variable and each.variable in names), None)


def _value(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found["value"].strip("\"'") if found and "$" not in found["value"] else None


def _in_source(line: str, lines: Lines) -> Expression | None:
    if "oken" not in line and "udience" not in line:
        return None
    for mint, pattern in _SOURCES:
        if found := pattern.search(line):
            return Expression(mint, audience=found.groupdict().get("audience"), lines=lines)
    return None

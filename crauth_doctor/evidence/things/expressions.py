"""What makes a token, as command lines and source text say it: gcloud, the metadata server, libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

from ...deferred import regex
from ...model.evidence import Expression, Lines, Mint, PieceKind
from ..paste import Paste

_GCLOUD = regex(
    r"gcloud\s(?:[^\n;|]{0,120}\s)?auth\s+(?:application-default\s+)?print-(?P<what>identity|access)-token(?P<rest>[^\n)`|;]{0,600})"
)
_METADATA = regex(
    r"(?:metadata(?:\.google\.internal)?|169\.254\.169\.254|\$\{?METADATA\w*\}?)[:\d]{0,6}/computeMetadata/v1/instance/service-accounts/"
    r"(?P<account>[\w@.-]{1,120})/(?P<what>identity|token)(?P<query>\?[^\s\"'`)]{0,2000})?"
)
_AUDIENCES = regex(r"--audiences?[= ][\"']?(?P<value>[^\s\"')]+)")
_IMPERSONATED = regex(r"--impersonate-service-account[= ][\"']?(?P<value>[^\s\"')]+)")
_IDENTITY = regex(
    r"fetch_id_token(?:_credentials)?\s?\(|getIdTokenClient\s?\(|fetchIdToken\s?\(|idTokenWithAudience\s?\("
    r"|idtoken\.New(?:Client|TokenSource|Credentials)\s?\(|idtoken::Builder::new\s?\(|[sS]etTargetAudience\s?\("
    r"|IDTokenCredentials(?:\.from_\w{1,40})?\s?\(|OidcTokenOptions\.FromTargetAudience\s?\(|GetOidcTokenAsync\s?\("
    r"|getIdToken(?:Middleware|Credentials)\s?\(|Credentials\.new\s?\((?=[^)\n]{0,200}target_audience:)"
)
"""What libraries of Google's call it in Python, Node, Java, Go, Rust, C#, PHP and Ruby."""
_OF_SCRIPT = regex(r"\bScriptApp\.getIdentityToken\s?\(")
_SCRIPT_CLIENT = "CLIENT_ID.apps.googleusercontent.com"
"""Apps Script's token is the user's, for the OAuth client of the script's project; nobody can ask for another audience.

Source: https://developers.google.com/apps-script/reference/script/script-app#getidentitytoken
"""
_ACCESS = regex(
    r"ScriptApp\.getOAuthToken\(|google\.Default(?:TokenSource|Client)\(|ApplicationDefaultCredentials::getMiddleware\("
    r"|clientVia(?:MetadataServer|ServiceAccount)\(|AuthorizedSession\(|HttpCredentialsAdapter\("
)
"""What attaches an access token, or hands one out."""
_SOURCE_OF_EITHER = regex(
    r"\.getAccessToken\(|\.get_access_token\(|GetAccessTokenForRequestAsync\(|\bcred(?:ential)?s?\.token\b"
    r"|\b[aA]uth\w*\.getClient\(|\bnew (?:google\.auth\.)?JWT\("
    r"|(?i:scopes?\b.{0,60}https://www\.googleapis\.com/auth/cloud-platform|createScoped\()"
)
"""Credentials that hold an access token, and of which an ID token can be made: where one is, this is no sign."""
_ATTACHES = regex(
    r"\b(?:AuthorizedSession|HttpCredentialsAdapter)\(\s{0,3}(?:credentials\s?=\s?)?(?P<name>[A-Za-z_]\w{0,60})\s{0,3}[,)]"
)
"""What sends a token of the credentials that it is given: which kind, these decide."""
_HOLDS_IDENTITY = regex(r"(?i)id_?token")
_HOLDS_ACCESS = regex(
    r"(?i)scoped|scopes\b|google\.auth\.default\(|getApplicationDefault\(|ServiceAccountCredentials|from_service_account"
)
_COMPUTED = regex(r"[$`<>\[\]{}]|%[(sv]")
_PARTS = regex(r"\$\{[^{}]*\}|\$\([^()]*\)|\{\w[^{}]*\}|\$\w+|<[\w -]+>|%s")
_OF_AN_API = regex(r"https://[\w-]+\.googleapis\.com(?:/\S*)?")
_FIREBASE = regex(r"(?:currentUser|user)\??[.!]*\.?getIdToken\(|getIdTokenResult\(")
_SELF_SIGNED = regex(r"\b(?:signJwt|sign_jwt|SignJwt(?:Async)?)\s?\(|[\"']signedJwt[\"']")
"""The IAM Credentials API signs what it is given: no ID token, until the token endpoint has exchanged it."""
_EXCHANGED = ("jwt-bearer", "target_audience")
_SIGNS = regex(
    r"\b(?:jwt|JWT)(?:\.|::)(?:encode|sign|create)\s?\(|\bnew (?:jose\.)?SignJWT\("
    r"|\bjwt\.NewWithClaims\(|\bJwts\.builder\("
)
"""What signs a token in PyJWT and google-auth, jsonwebtoken, jose, golang-jwt, jjwt, java-jwt, ruby-jwt and php-jwt."""
_KEY_FILE = ("client_email", "private_key")
"""Fields of a service account's key.

Source: https://docs.cloud.google.com/iam/docs/keys-create-delete
"""
_VARIABLE = regex(r"\$(?:env:)?[{(]?(?P<name>[A-Za-z_]\w{0,60})|%(?P<windows>\w{1,60})%")
_TAKEN = regex(
    r"^\s{0,40}(?:PS [^>\n]{0,80}>\s{0,4})?(?:[^;=\n]{0,80};\s?)?(?:[a-z]{2,10}\s){0,2}"
    r"\$?(?P<name>[A-Za-z_]\w{0,60})\s{0,4}[:?]?=(?!=)"
)
"""The variable that a line gives a value: in PowerShell, in a makefile, in a pipeline's script, behind `local`."""
_LITERAL = r"[\"'`](?P<url>(?:https?://|[\w-]+\.apps\.)[^\"'`\s]{1,600})[\"'`]"
_URL = regex(_LITERAL)
_ASSIGNED = regex(rf"\b(?P<name>[A-Za-z_]\w{{0,60}})\s{{0,4}}(?::\s?\w{{1,20}}\s?)?:?=\s{{0,4}}{_LITERAL}")
_ORIGIN = regex(r"\bnew URL\((?P<of>[^()\n]{1,300})\)\.origin\b")
"""JavaScript's own way to the origin of a URL."""
_GIVEN = regex(r"\b(?P<name>[A-Za-z_]\w{0,60})\s{0,4}=(?![=>])")
_NAME = regex(r"(?<![\w.])[A-Za-z_$]\w{0,60}")
_LIMIT = 500
_OUTPUT = regex(r"\bsteps\.[\w-]{1,60}\.outputs\.(?P<what>access|id)_token\b")
_OUTPUT_AUDIENCE = regex(r"^\s{0,40}id_token_audience:\s{1,4}[\"']?(?P<value>[^\s\"']{1,600})")
"""What a step of GitHub's that signs in gives the steps below it, and what it is given for that.

Sources: https://github.com/google-github-actions/auth#outputs,
https://github.com/google-github-actions/auth#inputs-generating-id-tokens
"""
_CALL = 400
"""As much text as the arguments of a call may take up."""


def read(paste: Paste) -> None:
    """Collect what makes a token anywhere in the paste."""
    for command in paste.commands:
        text = " ".join((command.program, *command.words)) if command.program == "gcloud" else command.text
        if made := of(text, (command.start + 1, command.end), command.assigned):
            paste.expressions.append(made)
    starts = {line for command in paste.commands for line in range(command.start, command.end)}
    known: dict[str, str] = {}
    either: list[Expression] = []
    for index, line in paste.readable():
        if index in starts or len(paste.expressions) > _LIMIT:
            continue
        if found := _ASSIGNED.search(line):
            known[found["name"]] = found["url"]
        elif (given := _GIVEN.search(line)) and _ORIGIN.search(line):
            known[given["name"]] = _audience(line[given.end() :], known) or ""
        lines = (index + 1, index + 1)
        taken = _TAKEN.match(line) if "token" in line else None
        if made := of(line, lines, taken["name"] if taken else None) or _in_source(paste, index, known):
            paste.expressions.append(made)
        elif _SOURCE_OF_EITHER.search(line):
            either.append(Expression(Mint.LIBRARY_ACCESS, lines=lines))
    if held := _held(paste):
        idle = Mint.LIBRARY_IDENTITY if held is Mint.LIBRARY_ACCESS else Mint.LIBRARY_ACCESS
        paste.expressions[:] = [each for each in paste.expressions if each.mint is not idle]
    if not any(each.mint is Mint.LIBRARY_IDENTITY for each in paste.expressions):
        paste.expressions += either[:_LIMIT]


def list_them(paste: Paste) -> None:
    """List what makes a token and stands on lines that nobody else understood."""
    for each in paste.expressions:
        if paste.is_free(each.lines[0] - 1):
            words = f"makes a token ({each.mint.value})"
            paste.list_softly(each.lines[0] - 1, each.lines[1], PieceKind.SOURCE, words)


def _held(paste: Paste) -> Mint | None:
    """Return what the credentials hold that what attaches the token is given, whatever is made beside them."""
    lines = [line for _, line in paste.readable()]
    found = next((each for line in lines if (each := _ATTACHES.search(line))), None)
    if found is None or any("Bearer" in line for line in lines):
        return None
    assigned_to = re.compile(rf"\b{re.escape(found['name'])}\s?=(?!=)")
    starts = [index for index, line in enumerate(lines) if assigned_to.search(line)]
    given = " ".join(lines[starts[-1] : starts[-1] + 4]) if starts else ""
    given = given[: given.find(";")] if ";" in given else given
    if _HOLDS_IDENTITY.search(given):
        return Mint.LIBRARY_IDENTITY
    return Mint.LIBRARY_ACCESS if _HOLDS_ACCESS.search(given) else None


def assigned(paste: Paste) -> dict[str, str]:
    """Return the URLs that source text gives a name."""
    found = (_ASSIGNED.search(line) for _, line in paste.readable())
    return {each["name"]: each["url"] for each in found if each}


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
    if found := _OUTPUT.search(text):
        mint = Mint.LIBRARY_IDENTITY if found["what"] == "id" else Mint.LIBRARY_ACCESS
        return Expression(mint, variable=variable, lines=lines)
    if found := _OUTPUT_AUDIENCE.match(text):
        return Expression(Mint.LIBRARY_IDENTITY, audience=_shown(found["value"]), lines=lines)
    if found := _METADATA.search(text):
        identity = found["what"] == "identity"
        query = parse_qs(urlsplit(found["query"] or "").query)
        audience = next(iter(query.get("audience", [])), None)
        return Expression(
            Mint.METADATA_IDENTITY if identity else Mint.METADATA_ACCESS,
            audience=_shown(unquote(audience)) if audience else None,
            variable=variable,
            lines=lines,
        )
    return None


def by_variable(value: str, known: Iterable[Expression], line: int) -> Expression | None:
    """Return what made the token in the variable that a header's value names: the last before that line, or on it."""
    names = {found["name"] or found["windows"] for found in _VARIABLE.finditer(value[:400])}
    made = [each for each in known if each.variable and each.variable in names]
    return max(
        (each for each in made if each.lines[0] <= line), key=lambda each: each.lines, default=next(iter(made), None)
    )


def _value(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return _shown(found["value"].strip("\"'")) if found else None


def _shown(value: str) -> str:
    """Return a value as it is written; empty where a shell or a program puts it together."""
    return "" if _COMPUTED.search(value) else value


def to_an_api(url: str) -> str:
    """Return a URL of one of Google's APIs, with `-` for what is computed in it; an empty text for any other."""
    filled = _PARTS.sub("-", url)
    return filled if _OF_AN_API.fullmatch(filled) else ""


def _in_source(paste: Paste, index: int, known: dict[str, str]) -> Expression | None:
    line = paste.lines[index][:2000]
    made = Expression(Mint.LIBRARY_ACCESS, lines=(index + 1, index + 1))
    if found := _IDENTITY.search(line):
        call = "\n".join(each[:2000] for each in paste.lines[index : index + 5])[found.end() :][:_CALL]
        return replace(made, mint=Mint.LIBRARY_IDENTITY, audience=_audience(_arguments(call), known))
    if _OF_SCRIPT.search(line):
        return replace(made, mint=Mint.LIBRARY_IDENTITY, audience=_SCRIPT_CLIENT)
    if _FIREBASE.search(line):
        return replace(made, mint=Mint.FIREBASE)
    signs = _SELF_SIGNED.search(line) or (_SIGNS.search(line) and all(map(paste.shows, _KEY_FILE)))
    if signs and not any(map(paste.shows, _EXCHANGED)):
        return replace(made, mint=Mint.SELF_SIGNED)
    return made if _ACCESS.search(line) else None


def _arguments(text: str) -> str:
    """Return the text up to the parenthesis that closes the call."""
    depth = 1
    for position, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if not depth:
            return text[:position]
    return text


def _audience(arguments: str, known: dict[str, str]) -> str | None:
    """Return the audience that a call names, by its value or by a name that the paste gives one."""
    if found := _ORIGIN.search(arguments):
        url = _audience(found["of"], known)
        return "{0.scheme}://{0.netloc}".format(urlsplit(url)) if url else url
    if found := _URL.search(arguments):
        return found["url"]
    return next((known[name] for name in _NAME.findall(arguments) if name in known), None)

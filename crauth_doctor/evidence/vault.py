"""Secrets leave the paste before anything else looks at it. A token, decoded, leaves a mark; others leave nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from ..model.secret import HIDDEN
from ..model.token import Token, TokenKind
from . import tokens

MARK_START, MARK_END = "\ue000", "\ue001"
_TOKEN_LIMIT = 5000
"""As many tokens as are decoded; the rest are only hidden."""

_TOKEN = re.compile(
    r"(?P<jwt>(?<![\w+/])eyJ[\w-]++(?:\.[\w-]*+){0,5})(?P<base64>[+/=][\w+/=-]*+)?|(?<!\w)(?P<access>ya29\.[\w.-]*+)",
    re.ASCII,
)
_PEM = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----)[\s\S]){0,8000}+(?:-----END [A-Z ]{0,40}-----)?")
_KNOWN_SECRETS = re.compile(
    r"(?<!\w)(?:1//0[\w-]{16,}|AIza[\w-]{30,}|GOCSPX-[\w-]{16,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|xox[abposr]-[\w-]{10,}|"
    r"[sr]k_(?:live|test)_\w{8,}|whsec_\w{8,}|AKIA[A-Z0-9]{12,}|glpat-[\w-]{16,}|npm_\w{30,}|sk-[\w-]{20,}|4/0[\w-]{30,})",
    re.ASCII,
)
_HEADER_VALUE = re.compile(
    r"""(?P<name>(?:proxy-|x-serverless-|x-forwarded-)?authorization|x-goog-iap-jwt-assertion)
        (?P<between>['"]?\]?\s{0,8}(?:[:=]|=>|,\s{0,8}['"]?value['"]?\s{0,8}:)\s{0,8}\[?)(?P<value>[^\n]++)""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER_SCHEME = re.compile(
    r"\b(?P<scheme>bearer|basic)(?P<space>:?\s+)(?P<value>[A-Za-z0-9+/_.~=-]{6,}+)", re.IGNORECASE
)
_PLAIN_VALUE = re.compile(
    r"^(?P<before>\s*[\"'`]?(?:(?:bearer|basic|token|jwt|apikey)[\s:]+)*[\"']?)(?P<value>[^\s\"'`,}\])<>]{4,})",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    r"^(?:undefined|null|none|\[?object|error=.*|realm=.*|value|header.*|invalid.*|.*(?:\$|\{|…|\.\.\.|\*\*\*|xxx|redacted|token\b).*)",
    re.IGNORECASE,
)


class Vault:
    """The tokens of one paste, by the number of the mark that each left."""

    def __init__(self) -> None:
        self.tokens: list[Token | None] = []

    def scrub(self, text: str) -> str:
        """Return the text with every token replaced by a mark and every known secret by `[hidden]`."""
        text = _PEM.sub(lambda key: HIDDEN + "\n" * key[0].count("\n"), text)
        text = _TOKEN.sub(self._take, text)
        text = _KNOWN_SECRETS.sub(HIDDEN, text)
        text = _AFTER_SCHEME.sub(self._after_scheme, text)
        return _HEADER_VALUE.sub(self._header_value, text)

    def _take(self, found: re.Match[str]) -> str:
        access = found["access"]
        if access is not None:
            return self._mark(Token(TokenKind.ACCESS_TOKEN))
        raw = found["jwt"]
        if found["base64"]:
            return HIDDEN
        if "." not in raw and len(raw) > 80:
            return HIDDEN
        trailing = raw[len(raw.rstrip(".")) :]
        raw = raw.rstrip(".")
        token = tokens.decode(raw) if raw.count(".") and len(self.tokens) < _TOKEN_LIMIT else None
        return self._mark(token) + ("" if trailing == "." and raw.count(".") == 1 else trailing)

    def _mark(self, token: Token | None) -> str:
        self.tokens.append(token)
        return f"{MARK_START}{len(self.tokens) - 1}{MARK_END}"

    def _after_scheme(self, found: re.Match[str]) -> str:
        value = found["value"]
        if _SPEAKING.match(value) or not _looks_random(value):
            return found[0]
        kind = found["scheme"].lower()
        return f"{found['scheme']}{found['space']}{self._mark(Token(TokenKind.OPAQUE) if kind == 'bearer' else None)}"

    def _header_value(self, found: re.Match[str]) -> str:
        """Hide what stands in a credential header, whatever it looks like; program text and words for a token stay."""
        value = _PLAIN_VALUE.match(found["value"])
        if not value or MARK_START in value["value"] or _SPEAKING.match(value["value"]) or _is_code(value["value"]):
            return found[0]
        word, rest = value["value"], found["value"][value.end() :]
        if re.match(r"\s+\w", rest) and not _looks_random(word):
            return found[0]  # a sentence about the header
        opaque = Token(TokenKind.OPAQUE) if "basic" not in value["before"].lower() else None
        return f"{found['name']}{found['between']}{value['before']}{self._mark(opaque)}{rest}"


def _looks_random(word: str) -> bool:
    return (len(word) >= 8 and any(c.isdigit() for c in word)) or len(word) >= 32


def _is_code(word: str) -> bool:
    return bool(
        re.search(
            r"[($+]|\w\.\w+\(|^(?:bearer|basic|f|token|idToken|id_token|headers?|value|str|string)$",
            word,
            re.IGNORECASE,
        )
    )


_NAMED_SECRET = re.compile(
    r"""(?P<name>[\w.-]{0,60}(?:passw(?:or)?d|passwd|secret|private_?key|(?:refresh|access|id|session|auth|api|bearer)[_-]?token|api[_-]?key|
        credentials?_?json|connection_?string|cookie|client[_-]?assertion|signature_?key)[\w.-]{0,40})
        (?P<between>\\?["']?\]?\s{0,4}(?::|=>?)\s{0,4}(?P<quote>\\?["']?))(?P<value>(?(quote)(?:[^"'\\\n]|\\[^"'\n])+|[^\s"',;}\])&<>]+))""",
    re.IGNORECASE | re.VERBOSE,
)
_SAFE_VALUE = re.compile(
    r"^(?:[\[{(]|true$|false$|null$|none$|redacted|\$|\*{3}|\ue000|\[hidden\]|projects/)", re.IGNORECASE
)
_LONG_RUN = re.compile(r"(?<![\w+=-])[\w+=-]{40,}+", re.ASCII)
_QUERY_SECRET = re.compile(
    r"(?P<name>[?&#](?:[\w-]*token|[\w-]*key|code|sig|signature|[\w-]*secret|password|pwd|auth|state|nonce|session|"
    r"x-goog-(?:signature|credential)|jwt|assertion)=)(?P<value>[^&#\s\"'<>)]+)",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,15}://)[^\s/@\"'<>]{1,200}@", re.IGNORECASE)
_ENVIRONMENT = re.compile(
    r"^(?P<name>\s*(?:export\s+|set\s+|-\s+)?[A-Z][A-Z0-9_]{2,60}=)(?P<value>\S.*)$", re.MULTILINE
)
_ENVIRONMENT_VALUE = re.compile(r"^(?P<name>\s*[\"']?value[\"']?\s*:)(?P<value>.+)$", re.MULTILINE | re.IGNORECASE)
_ENVIRONMENT_KEPT = re.compile(
    r"\s*(?:export\s+|set\s+|-\s+)?(?:(?:HTTPS?|NO|ALL)_PROXY|GOOGLE_[A-Z_]+|CLOUDSDK_[A-Z_]+|GCE_METADATA\w*|[A-Z_]*(?:URL|URI|HOST|REGION|PROJECT|SERVICE|"
    r"AUDIENCE|AUD|ENDPOINT|STATUS|CODE))="
)
_MARKS = re.compile("\ue000\\d*\ue001?")


def clean(text: str, limit: int = 2000) -> str:
    """Return text that may be kept: no token, password, key, cookie or long random run in it."""
    text = text[: limit * 2]
    text = _MARKS.sub(HIDDEN, text)
    text = _USERINFO.sub(r"\g<scheme>", text)
    text = _QUERY_SECRET.sub(rf"\g<name>{HIDDEN}", text)
    text = _NAMED_SECRET.sub(_hide_named, text)
    return _LONG_RUN.sub(_hide_random, text)[:limit]


def clean_prose(text: str, limit: int = 20_000) -> str:
    """Clean what a person wrote, in which settings may stand; environment variables lose their values."""
    text = _ENVIRONMENT.sub(
        lambda found: found[0] if _ENVIRONMENT_KEPT.match(found[0]) else f"{found['name']}{HIDDEN}", text[: limit * 2]
    )
    return clean(_ENVIRONMENT_VALUE.sub(rf"\g<name> {HIDDEN}", text), limit)


def _hide_named(found: re.Match[str]) -> str:
    return found[0] if _SAFE_VALUE.match(found["value"]) else f"{found['name']}{found['between']}{HIDDEN}"


def _hide_random(found: re.Match[str]) -> str:
    run = found[0]
    mixed = any(c.isdigit() for c in run) and any(c.isupper() for c in run) and any(c.islower() for c in run)
    return HIDDEN if mixed and "---" not in run else run


def clean_url(url: str) -> str:
    """Return a URL without user, password and secret parameters; empty where it is none."""
    url = _MARKS.sub(HIDDEN, url.strip().strip("'\"`<>"))[:2048]
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "$" in host:
        return ""
    netloc = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    query = _QUERY_SECRET.sub(rf"\g<name>{HIDDEN}", "?" + parts.query)[1:]
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, query, ""))

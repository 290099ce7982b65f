"""What is never shown: credentials, the values in URLs, and characters that do something to whoever reads them.

Names, titles, error texts and bodies come from the network and from what a user pastes. This is the only place that
knows what a credential looks like; every exit of the program passes through here (`cli.terminal`), and so does what is
read, before it is kept.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Final, TypeAlias

from .deferred import regex
from .model.secret import HIDDEN

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

GONE: Final = "…"
"""What stands in a URL where a value stood."""

# --- Tokens, keys and passwords, by their own shape -----------------------------------------------------------------

PEM: Final = regex(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){0,8000}+(?:-----END [A-Z ]{0,40}-----)?"
)
TOKEN: Final = regex(
    r"(?P<jwt>(?<![\w+/])eyJ[\w-]++(?:\.[\w-]*+){0,5})(?P<base64>[+/=][\w+/=-]*+)?|(?<!\w)(?P<access>ya29\.[\w.-]*+)",
    re.ASCII,
)
"""A JSON Web Token, or a Google access token, as a paste has it: each is told apart, and decoded where it can be."""
OPEN_TOKEN: Final = regex(r"(?:eyJ|ya29\.)[\w.-]{30,}$", re.ASCII)
"""A token that ends a line, and may go on in the next."""
_DOT: Final = r"(?:\.|%(?:25)*2[Ee]|&\#(?:0*46|[xX]0*2[eE]);|&period;|\\u002[eE])"
_START: Final = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2}))"
"""Where a word begins, in a text that is percent-encoded too."""
_LONG: Final = regex(
    rf"(?P<jwt>(?:{_START}|(?<=_))eyJ[\w-]{{6,}}+(?:{_DOT}[\w-]*+){{0,5}}={{0,2}})"
    rf"|{_START}ya29(?:\.|%2[Ee])[\w-]{{30,}}+(?:\.[\w-]*+){{0,4}}|{_START}ZXlK[\w+/-]{{20,}}+={{0,2}}",
    re.ASCII,
)
"""A JSON Web Token or the head of one that was cut off, its dots encoded or not, itself in base64, or an access token:
long enough to be broken over lines."""
_GAP: Final = regex(r"(?:[\s=>|+\"'`,]|\\[rn]?){1,16}")
"""What stands where a token is broken: the end of a line, a quotation's mark, the quotes of program text."""
_PIECE: Final = regex(rf"[\w-]*(?:{_DOT}[\w-]*){{0,4}}(?![\w:+/@])", re.ASCII)
_PIECE_OF_BASE64: Final = regex(r"[\w+/-]{12,}={0,2}(?![:@])", re.ASCII)
_PIECES: Final = 60
_IS_NAME: Final = r"(?<!roles/)(?<!topics/)(?<!subscriptions/)(?<!datasets/)(?<!secrets/)"
"""In a resource name these may be anything: what stands behind its collection is a name."""
KNOWN: Final = regex(
    rf"{_START}{_IS_NAME}(?:"
    r"ya29(?:\.|%2[Ee])(?!(?:[a-z0-9-]+\.){1,4}(?:app|com|net|org|dev|io)(?![\w-]))[\w./-]{4,}"  # Google: access token
    r"|1//0[\w-]{10,}|(?<![/.-])4/0[\w-]{20,}"  # refresh token, authorization code
    r"|GOCSPX-[\w-]{10,}|AIza[\w-]{30,}|GOOG1[A-Z0-9]{20,}"  # OAuth client's secret, API key, HMAC key
    r"|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-(?=[\w-]{0,400}?[A-Z_])[\w-]{16,}|npm_\w{30,}"
    r"|xox[a-z]-(?=[\w-]{0,400}?[A-Z]|\d{6})[\w-]{10,}"
    r"|A[KS]IA[A-Z0-9]{12,}"
    r"|[sr]k_(?:live|test)_\w{8,}|whsec_\w{8,}"
    # A name of Cloud Run or of a project may begin so too; it has neither capitals nor underscores.
    r"|sk-(?:(?=[\w-]{0,400}?[A-Z_])[\w-]{20,}|(?=[a-z]{0,400}\d)[a-z0-9]{32,}+(?![-.\w]))"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|SK[0-9a-f]{32}(?!\w)"
    r"|ZXlK[\w+/-]{20,}={0,2}|65794[aA](?:[0-9a-fA-F]{2}){30,}"  # a JSON Web Token in base64, in hexadecimal
    r")",
    re.ASCII,
)
_SLACK_HOOK: Final = regex(r"(?<=/)T[A-Z0-9]{7,}/[AB][A-Z0-9]{7,}/\w{16,}", re.ASCII)
_ENCODED_JWT: Final = regex(rf"(?<![A-Za-z0-9])eyJ[\w-]{{6,}}+(?:{_DOT}[\w-]++){{1,4}}", re.ASCII)

# --- Credentials by the word before them ----------------------------------------------------------------------------

_HEADER_VALUE: Final = regex(
    r"""(?P<name>(?:proxy-|x-serverless-|x-forwarded-)?authorization|x-goog-iap-jwt-assertion)
        (?P<between>['"]?\]?\s{0,8}(?:[:=]|=>|,\s{0,8}['"]?value['"]?\s{0,8}:)\s{0,8}\[?)(?P<value>[^\n]++)""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER_SCHEME: Final = regex(
    r"\b(?P<scheme>bearer|basic)(?P<space>:?\s+)(?P<value>[A-Za-z0-9+/_.~=-]{6,}+)", re.IGNORECASE
)
_OF_SCHEMES: Final = ("bear", "ba")
"""One of these stands in every such scheme; regardless of case, no other letter is taken for one of these."""
_PLAIN_VALUE: Final = regex(
    r"^(?P<before>\s*[\"'`]?(?:(?:bearer|basic|token|jwt|apikey)[\s:]+)*[\"']?)(?P<value>[^\s\"'`,}\])<>]{4,})",
    re.IGNORECASE,
)
_SPEAKING: Final = regex(
    r"^(?:undefined|null|none|\[?object|error=.*|realm=.*|value|header.*|invalid.*|%.*"
    r"|.*(?:\$|\{|…|\.\.\.|\*\*\*|xxx|redacted|\[hidden\]|token\b).*)",
    re.IGNORECASE,
)
_CODE: Final = regex(
    r"[($+]|\w\.\w+\(|^(?:bearer|basic|f|token|idToken|id_token|headers?|value|str|string)$", re.IGNORECASE
)
_COOKIE: Final = regex(
    r"(?P<name>\b(?:[\w-]{0,40}-)?cookie2?[\"']?\s{0,4}[:=]\s{0,4}[\"']?)"
    r"(?P<pairs>[^\s=;,\"'<>]{1,100}=[^\s;\"'<>]{0,4000}(?:;\s{0,4}[^\s=;\"'<>]{1,100}(?:=[^;\"'<>\n]{0,4000})?){0,50})",
    re.IGNORECASE,
)
_COOKIE_VALUE: Final = regex(r"=[^;]*")
_KEY_HEADER: Final = regex(
    r"(?P<name>\b(?:(?:x-)?(?:goog-)?api-?key|x-(?:auth|access|csrf|session|amz-security)-(?:token|id)"
    r"|x-[\w-]{0,30}-(?:token|secret|signature(?:-256)?))[\"']?\s{0,4}:\s{0,4}[\"']?)(?P<value>[^\s\"'<>,;]{4,})",
    re.IGNORECASE,
)
_SECRET_WORD: Final = (
    r"(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|assertion|credentials?(?:_?json)?|bearer|jwt|signature|"
    r"session(?:[_-]?id)?|api[_-]?key|access[_-]?key(?:[_-]?id)?|account[_-]?key|signature[_-]?key|"
    r"private[_-]?key(?:[_-]?id)?|connection[_-]?string)"
)
_NAMED: Final = regex(
    rf"""(?P<name>{_SECRET_WORD})(?P<between>\\?["']?\]?\s{{0,4}}(?::(?!:(?-i:[A-Z][a-z]))|=>|=(?!=))\s{{0,4}})
        (?:(?P<quote>\\?["'])(?P<quoted>(?:[^"'\\\n]|\\[^"'\n]){{1,4000}}+)|(?P<bare>[^\s"'`,;{{}}\])&<>(]{{4,4000}}+))
        (?P<called>[({{]?)""",
    re.IGNORECASE | re.VERBOSE,
)
_HARMLESS: Final = regex(
    r"^(?:[\[{(%$<]|\*{3}|(?:[Tt]rue|[Ff]alse|[Nn]one|null|undefined)\)?$|redacted|projects/|\ue000|…$|https?://[^?#@]*$"
    r"|[A-Z_-]*(?:TOKEN|SECRET|PASSWORD|KEY|ASSERTION|SESSION|JWT|SIGNATURE)$)"
)
_SECRET_KEY: Final = regex(
    rf"(?:.*[_.-])?(?:{_SECRET_WORD}|cookie2?|(?:.*-)?authorization)$|.*(?:Token|Secret|Password|ApiKey)$",
    re.IGNORECASE,
)
_LONG_RUN: Final = regex(r"(?<![\w+=-])[\w+=-]{40,}+", re.ASCII)

# --- URLs -----------------------------------------------------------------------------------------------------------

_URL: Final = regex(
    r"(?<![A-Za-z0-9])(?P<scheme>[a-z][a-z0-9+.-]{1,15})://[^\s\"'<>`]+"
    # A query with no URL before it. `uid` is Google's own, in the name of a deleted member.
    r"|\?(?!uid=\d{6,40}\b)(?=[\w.%\[\]~-]{1,80}=)[^\s\"'<>`]+",
    re.IGNORECASE,
)
_NAMES_ONLY: Final = frozenset({"principal", "principalset", "spiffe"})
"""Schemes of names that are no addresses: whatever stands in them is the name."""
_PUBLIC: Final = frozenset(
    {
        "cloud.google.com",
        "console.cloud.google.com",
        "console.developers.google.com",
        "developers.google.com",
        "docs.cloud.google.com",
        "support.google.com",
    }
)
"""Hosts of documents and of the console: their queries and anchors lead somewhere, and hold nobody's secret."""
_OF_NAMES: Final = ".googleapis.com"
"""Google's APIs have names of resources in their paths, which may be anything."""
_TRAILING: Final = regex(r"[.,:;!?)\]}…]*$")
_PLAIN_NAME: Final = regex(r"[\w.\[\]~-]{1,40}")
_USER_NAME: Final = regex(r"[a-z][a-z_-]{0,15}")
_BEYOND_AUTHORITY: Final = regex(r"[/?#;]")
_PORT: Final = regex(r"\d{1,5}")

# --- Characters -----------------------------------------------------------------------------------------------------

_ESCAPES: Final = regex(
    r"(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # operating system commands, such as a window's title or a link
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor movement
    r"|\x1b[ -/]*[0-~]",  # the short ones
    re.DOTALL,
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LINES: Final = regex(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_COLOUR: Final = regex(r"(\x1b\[(?:0|1|2|1;3[1-3])m)")
"""The few sequences that the tool itself writes, `report.layout.Hue`."""
_WORKFLOW_COMMAND: Final = regex(r"^(?=[^\S\n]*::)", re.MULTILINE)
_LOGGING_COMMAND: Final = regex(r"##(?=[\w-]*\[)")


def redact(text: str) -> str:
    """Hide whatever looks like a credential, and every value in a URL's query, parameters, fragment and userinfo.

    What fits the grammar of a name, a host, an e-mail address or an etag of Google's is left as it is.
    """
    if text in _HIDES_NOTHING:
        return text
    shown = _redacted(text)
    if shown == text and len(text) <= _KEPT_LENGTH:
        if len(_HIDES_NOTHING) >= _MOST_KEPT:
            _HIDES_NOTHING.clear()
        _HIDES_NOTHING.add(text)
    return shown


_HIDES_NOTHING: Final[set[str]] = set()
"""Texts that are shown as they are: a report says the same in each of its formats, and more than once in most."""
_MOST_KEPT: Final = 2000
_KEPT_LENGTH: Final = 400


def _redacted(text: str) -> str:
    text = without_tokens(text)
    text = _URL.sub(_url_in_text, text)
    text = header_values(text, lambda _: HIDDEN)
    text = after_scheme(text, lambda _: HIDDEN)
    if "coo" in text.lower():
        text = _COOKIE.sub(lambda found: found["name"] + _COOKIE_VALUE.sub(f"={HIDDEN}", found["pairs"]), text)
    text = _KEY_HEADER.sub(lambda found: found["name"] + _unless_harmless(found["value"]), text)
    return _NAMED.sub(_hide_named, text)


def without_tokens(text: str) -> str:
    """Hide what has the shape of a token or a key by itself, and change nothing else."""
    if "-----BEGIN" in text:
        text = PEM.sub(lambda key: HIDDEN + "\n" * key[0].count("\n"), text)
    text = KNOWN.sub(HIDDEN, _without_long(text))
    return _SLACK_HOOK.sub(HIDDEN, text)


def _without_long(text: str) -> str:
    """Hide the tokens that may be broken over lines, with all their pieces."""
    shown, at = [], 0
    for found in _LONG.finditer(text):
        if found.start() >= at and (found["jwt"] or not found[0].startswith("ya29") or len(found[0]) >= _LONG_ACCESS):
            shown += [text[at : found.start()], HIDDEN]
            at = _end_of_pieces(text, found.end(), _PIECE_OF_BASE64 if found[0].startswith("ZXlK") else _PIECE)
    return "".join((*shown, text[at:]))


def _end_of_pieces(text: str, end: int, shape: re.Pattern[str]) -> int:
    """Return where a token ends whose first piece ends here: as long as what follows a gap cannot be a word."""
    last = 0
    for _ in range(_PIECES):
        gap = _GAP.match(text, end)
        piece = shape.match(text, gap.end()) if gap else None
        share = _SURE if last < _WIDE else _SURE / 2
        if piece is None or not (_cannot_be_a_word(piece[0], share) or last == len(piece[0]) >= _WIDE):
            break
        end, last = piece.end(), len(piece[0])
    return end


_WIDE: Final = 20
_SURE: Final = 0.38
_LONG_ACCESS: Final = 40


def _cannot_be_a_word(piece: str, share: float) -> bool:
    """Whether capitals, small letters and digits take turns in it as they do in no word, name or time.

    Args:
        piece: of text.
        share: of its characters that are of another kind than the one before.
    """
    plain = re.sub(r"[\W_]", "", piece)
    kinds = ["A" if c.isupper() else "a" if c.islower() else "1" for c in plain]
    turns = sum(one != other for one, other in pairwise(kinds))
    return len(piece) >= _SHORTEST and {"A", "a"} <= set(kinds) and turns >= share * (len(plain) - 1)


def without_this(text: str, value: str) -> str:
    """Hide one token in whatever way an application may echo it: in parts, encoded, or broken over lines.

    Args:
        text: what came back.
        value: the token that was sent.
    """
    head, _, signature = value.rpartition(".")
    encoded = [_core(value, shift) for shift in range(3)] if len(value) > _SHORTEST else []
    raw = value.encode()
    for form in (value, head, *value.split("."), signature, *encoded, raw.hex(), raw.hex().upper()):
        if len(form) >= _SHORTEST:
            text = text.replace(form, HIDDEN)
    whole = _BREAK.sub("", text)
    for part in value.split("."):
        if len(part) >= _SHORTEST and part in whole:
            text = re.sub(f"{_BREAK.pattern}*".join(map(re.escape, part)), HIDDEN, text)
    return text


_BREAK: Final = regex(r"(?:\\[rn]|%0[AaDd]|\x1b\[[0-?]*[ -/]*[@-~]|[^\w-])", re.ASCII)
_SHORTEST: Final = 12
"""Characters of a part of a token that are told apart from a word."""


def _core(value: str, shift: int) -> str:
    """What stays of a value in base64, whatever stands before and behind it."""
    encoded = base64.b64encode(b"\0" * shift + value.encode()).decode()
    return encoded[4 if shift else 0 : -4]


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name (of a header, a field, a variable) is a credential."""
    return _SECRET_KEY.match(name) is not None or _KEY_HEADER.match(f"{name}: 0000") is not None


def with_plain_dots(text: str) -> str:
    """Return the text with the dots of its tokens as dots, however they were encoded."""
    return _ENCODED_JWT.sub(lambda found: re.sub(_DOT, ".", found[0]), text)


def begins_token(text: str) -> bool:
    """Whether a token begins here."""
    return text.startswith(("eyJ", "ya29."))


def begins_jwt(text: str) -> bool:
    """Whether a JSON Web Token begins here, which has dots in it, unlike an access token."""
    return text.startswith("eyJ")


# --- Headers --------------------------------------------------------------------------------------------------------


def header_values(text: str, hide: Callable[[str], str]) -> str:
    """Hide what stands in a credential header, whatever it looks like; program text and words for a token stay.

    Args:
        text: any.
        hide: returns what stands for a value, given the scheme before it, in lower case.
    """

    def one(found: re.Match[str]) -> str:
        value = _PLAIN_VALUE.match(found["value"])
        if not value or "\ue000" in value["value"] or _SPEAKING.match(value["value"]) or _CODE.search(value["value"]):
            return found[0]
        word, rest = value["value"], found["value"][value.end() :]
        if re.match(r"\s+\w", rest) and not looks_random(word):
            return found[0]  # a sentence about the header
        return f"{found['name']}{found['between']}{value['before']}{hide(value['before'].lower())}{rest}"

    lower = text.lower()
    return _HEADER_VALUE.sub(one, text) if "author" in lower or "x-goog" in lower else text


def after_scheme(text: str, hide: Callable[[str], str]) -> str:
    """Hide what stands behind `Bearer` or `Basic` and looks random. For arguments see `header_values`."""

    def one(found: re.Match[str]) -> str:
        if _SPEAKING.match(found["value"]) or not looks_random(found["value"]):
            return found[0]
        return f"{found['scheme']}{found['space']}{hide(found['scheme'].lower())}"

    return _AFTER_SCHEME.sub(one, text) if any(part in text.lower() for part in _OF_SCHEMES) else text


def looks_random(word: str) -> bool:
    """Whether a word was made by a machine rather than written."""
    if len(word) >= 32 or (len(word) >= 8 and any(c.isdigit() for c in word)):
        return True
    capitals = sum(c.isupper() for c in word[1:])
    return len(word) >= 12 and capitals >= 3 and any(c.islower() for c in word)


def _hide_named(found: re.Match[str]) -> str:
    value = found["quoted"] or found["bare"]
    before = f"{found['name']}{found['between']}{found['quote'] or ''}"
    if _HARMLESS.match(value) or found["called"]:
        return found[0]
    if found["bare"]:
        if value.lower() == found["name"].lower() or "(" in value:
            return found[0]  # program text
        if found["between"][-1:].isspace() and not looks_random(value):
            return found[0]  # a sentence, or program text
    return f"{before}{HIDDEN}{found['called']}"


def _unless_harmless(value: str) -> str:
    return value if _HARMLESS.match(value) else HIDDEN


# --- URLs -----------------------------------------------------------------------------------------------------------


def shown_url(url: str, *, fill_in: bool = False) -> str:
    """Return a URL with the names of its query, parameters and user, and without their values.

    Args:
        url: any; what is no URL comes back as it is.
        fill_in: whether the values are to be filled in by a person: each is then its name in capitals, which both code
            and a shell take for a word.
    """
    scheme, is_url, rest = url.partition("://")
    if not is_url or scheme.lower() in _NAMES_ONLY:
        return url
    cut = _BEYOND_AUTHORITY.search(rest)
    authority, tail = (rest[: cut.start()], rest[cut.start() :]) if cut else (rest, "")
    if authority.lower() in _PUBLIC:
        return url
    name, has_password, port = authority.partition(":")
    if "@" in tail and has_password and "@" not in authority and not _PORT.fullmatch(port):
        whole, _, tail = tail.rpartition("@")  # a password with a slash in it
        cut = _BEYOND_AUTHORITY.search(tail)
        authority, tail = f"{name}:{whole}@{tail[: cut.start()] if cut else tail}", tail[cut.start() :] if cut else ""
    head, has_fragment, fragment = tail.partition("#")
    path, has_query, query = head.partition("?")
    shown = _path(path) if not authority.lower().endswith(_OF_NAMES) else path
    shown += f"?{_pairs(query, fill_in=fill_in)}" if has_query else ""
    shown += f"#{_pairs(fragment, fill_in=fill_in)}" if has_fragment else ""
    return f"{scheme}://{_authority(authority)}{shown}"


def callable_url(url: str) -> str:
    """Return a URL that can be called, as it is shown, without user and fragment; empty where it is none."""
    from urllib.parse import urlsplit, urlunsplit  # a page of `explain` has no URL, and starts without it

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "$" in host:
        return ""
    netloc = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    return shown_url(urlunsplit((parts.scheme, netloc, parts.path, parts.query, "")))


def _url_in_text(found: re.Match[str]) -> str:
    return _trimmed(found[0], shown_url if found["scheme"] else lambda query: f"?{_pairs(query[1:])}")


def _trimmed(text: str, change: Callable[[str], str]) -> str:
    """Change it, but for the punctuation of the sentence that it ends."""
    end = _TRAILING.search(text)
    cut = end.start() if end else len(text)
    rest = text[cut:].lstrip(GONE)
    return change(text[: len(text) - len(rest)]) + rest


def _authority(authority: str) -> str:
    userinfo, at, host = authority.rpartition("@")
    if not at:
        return authority
    user, colon, _ = userinfo.partition(":")
    return f"{user if colon and _USER_NAME.fullmatch(user) else GONE}{f':{GONE}' if colon else ''}@{host}"


def _path(path: str) -> str:
    path = re.sub(r"(%(?:25)*3[fF]).*", rf"\1{GONE}", path)
    path = _URL.sub(lambda found: shown_url(found[0]), path)  # one within the other
    path = re.sub(r";([^/]*)", lambda found: f";{_pairs(found[1])}", path)
    return re.sub(r"(?<=/)[\w+=-]{32,}(?=/|$)", lambda found: GONE if _is_mixed(found[0]) else found[0], path)


def _pairs(query: str, *, fill_in: bool = False) -> str:
    return re.sub(r"[^&;]+", lambda found: _pair(found[0], fill_in=fill_in), query)


def _pair(pair: str, *, fill_in: bool) -> str:
    name, equals, value = pair.partition("=")
    if not equals or not _PLAIN_NAME.fullmatch(name) or (len(name) >= 16 and looks_random(name)):
        return GONE
    word = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "VALUE"
    if not value or value == word:
        return pair
    return f"{name}={word if fill_in else GONE}"


# --- What is kept of a paste ----------------------------------------------------------------------------------------


def kept(text: str) -> str:
    """Return text that may be kept: as `redact` leaves it, and with no long random run in it."""
    return _LONG_RUN.sub(_hide_random, redact(text))


def _hide_random(found: re.Match[str]) -> str:
    return HIDDEN if _is_mixed(found[0]) else found[0]


def _is_mixed(run: str) -> bool:
    mixed = any(c.isdigit() for c in run) and any(c.isupper() for c in run) and any(c.islower() for c in run)
    return mixed and "---" not in run


# --- Fit to be shown ------------------------------------------------------------------------------------------------


def clean(text: str, limit: int = 2000) -> str:
    """Return the text on one line, with nothing in it that is invisible or a credential.

    Args:
        text: anything.
        limit: how many characters are kept.
    """
    return _cut(" ".join(redact(visible(text)).split()), limit)


def clean_lines(text: str, limit: int = 4000) -> list[str]:
    """Return the text's lines, each as `clean` leaves it, but with its spaces."""
    return [line.expandtabs(4).rstrip() for line in _cut(redact(visible(text)), limit).splitlines()]


def is_clean(text: str) -> bool:
    """Whether the text, a command, say, can be shown as it is."""
    return visible(text) == text and redact(text) == text and "\n" not in text


def visible(text: str) -> str:
    """Return the text without escape sequences and whatever cannot be seen, with plain ends of lines."""
    if text.isascii() and text.isprintable():
        return text
    lines = _LINES.sub("\n", _ESCAPES.sub("", text))
    if lines.isascii() and lines.replace("\n", " ").replace("\t", " ").isprintable():
        return lines
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)


def printable(text: str, *, colour: bool = False) -> str:
    """Return what may be printed: the last pass before a terminal, a file, or the log of a CI job.

    A JSON document stays one, its strings cleaned one by one: an escape in them shows only once it is parsed.

    Args:
        text: whole lines.
        colour: whether the colours of the tool's own pages may stay.
    """
    document = _parsed(text)
    if document is not None:
        return dumped(document)
    parts = _COLOUR.split(text) if colour else [text]
    shown = "".join(part if number % 2 else visible(part) for number, part in enumerate(parts))
    return without_commands(redact(shown))


def without_commands(text: str) -> str:
    """Keep the runner of a CI job from taking a line for a command to itself.

    Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (GitHub trims a line
    before it looks), https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands (anywhere in it)
    """
    return _LOGGING_COMMAND.sub("# #", _WORKFLOW_COMMAND.sub("| ", text))


def dumped(document: Json) -> str:
    """Return a document as JSON, every string in it cleaned, with a newline at the end."""
    # The same string to whoever parses it, and no command to a runner that reads the log.
    return json.dumps(cleaned(document), indent=2).replace("##", "\\u0023\\u0023") + "\n"


def cleaned(document: Json) -> Json:
    """Clean every string of a document, keys too, and hide what goes by the name of a credential."""
    match document:
        case dict():
            return {
                _string(key): HIDDEN
                if isinstance(value, str) and value and is_secret_name(key) and not _HARMLESS.match(value)
                else cleaned(value)
                for key, value in document.items()
            }
        case list():
            return [cleaned(one) for one in document]
        case str():
            return _string(document)
        case _:
            return document


def _string(text: str) -> str:
    return redact(visible(text))


def _parsed(text: str) -> Json:
    if not text.startswith(("{", "[")) or not text.rstrip().endswith(("}", "]")):
        return None
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + GONE

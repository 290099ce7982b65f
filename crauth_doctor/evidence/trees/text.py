"""The paste as lines: without colours, quoting marks and fences, and never more of it than can be read in time."""

from __future__ import annotations

import codecs
import re
from itertools import groupby

from ...deferred import dataclass, regex
from . import broken_lines, prefixes

LIMIT = 5 * 256 * 1024
"""As many characters as are looked at."""
HEAD = 7 * 128 * 1024
LINE_LIMIT = 25_000
"""As many lines as are looked at; what stands below is cut."""
_WHOLE = 16 * 1024 * 1024
LONG_STRING = 32 * 1024
"""A longer run without a quote (a file inside a recording) is shortened before anything is cut."""

_ESCAPES = regex(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROLS = regex(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ue000\ue001]"
)
_ESCAPED = regex(r"&(?:lt|gt|quot|apos|#(?:0?3[49]|x2[27]));", re.IGNORECASE)
_QUOTE_ESCAPED = regex(r"^\s{0,4}&gt;(?=\s|$)")
_BYTES = regex(r"(?:\\x[0-9a-fA-F]{2})+")
_LITERAL = regex(r"^[bru]?(?P<quote>['\"`])(?P<inside>.*)(?P=quote)[,;]?$")
_PLAIN = {"\\r\\n": "\n", "\\n": "\n", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}
_WRITTEN = regex("|".join(map(re.escape, _PLAIN)))
_ENDS = 3
_DOUBLE_QUOTES = regex("[\u201c-\u201f\u00ab\u00bb]")
_TYPESET = regex("[\u00ab\u00bb\u2013\u2014\u2018-\u201f]")
_SINGLE_QUOTES = regex("[\u2018-\u201b]")
_DASHES = regex("(?<=\\s)[\u2013\u2014](?=[a-z])")
"""What word processors and weblogs write for the two hyphens of a flag."""
_TAG = regex(r"<[a-zA-Z!/]")
_AS_IT_IS = regex(r"</?(?:pre|code|samp|blockquote)\b[^<>]{0,200}>", re.IGNORECASE)
_BEGINS = regex(r"^\s*<pre\b")
_FENCE = regex(r"^\s{0,8}(?:```|~~~)[\w+.-]{0,30}\s*$")
_QUOTED = regex(r"^\s{0,4}>")
_REQUEST = regex(r"^\s{0,4}> ?[A-Z]{3,10} \S+ HTTP/\d")
_ANSWER = regex(r"^\s{0,4}> ?HTTP/\d(?:\.\d)? [1-5]\d\d\b")
_FEW = 2
_FEW_LINES = 12
_TIMES_QUOTED = 3


@dataclass(frozen=True)
class PastedLines:
    """What is left to be read."""

    # the lines; what was put together leaves empty ones at its paragraph's end, so that most numbers stay true; where
    # an empty one stood behind each, those are not counted
    lines: list[str]
    cut: tuple[str, ...]  # what was left out, a sentence each


def text_of(raw: bytes) -> str:
    """Decode what came from a file or a pipe: UTF-8, UTF-16 with its mark, or what Windows writes. Never fails."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def lines_of(text: str) -> PastedLines:
    """Return the text's lines, cleaned of what terminals, mailers and Markdown add."""
    text, cut = _within_limits(text)
    text = _ESCAPES.sub("", text).replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text.replace("\x85", "\n"))
    text = _unfolded(text).replace("\xa0", " ").replace("\u2028", "\n").replace("\u2029", "\n")
    lines = text.split("\n")
    if len(lines) > LINE_LIMIT:
        cut = (*cut, f"only the first {LINE_LIMIT} of {len(lines)} lines were read")
        del lines[LINE_LIMIT:]
    if len(lines) > _FEW_LINES and not any(map(str.strip, lines[1::2])):
        lines = lines[::2]  # an empty one stands behind each
    if "<pre" in text:
        lines = [_AS_IT_IS.sub("", line) if _BEGINS.match(line) else line for line in lines]
    lines = [_unescaped(line) if _ESCAPED.search(line) else line for line in lines]
    lines = [_as_typed(line) for line in lines] if _TYPESET.search(text) else lines
    lines = _as_added(["" if _FENCE.match(line) else line for line in lines])
    for _ in range(_TIMES_QUOTED):
        lines = _without_quoting(lines)
    return PastedLines(broken_lines.joined(prefixes.strip(lines)), cut)


def _unescaped(line: str) -> str:
    """Return a line as a page shows it, unless it is the page's source, which has tags of other kinds."""
    line = _QUOTE_ESCAPED.sub(">", line)
    bare = _AS_IT_IS.sub("", line)
    if _TAG.search(bare):
        return line
    import html

    return html.unescape(bare)


def _unfolded(text: str) -> str:
    """Return a text that stands in one line, with its line ends written out, in lines."""
    line = text.strip()
    if "\n" in line or line[:1] in "{[" or line.count("\\n") < _ENDS:
        return text
    found = _LITERAL.match(line)
    line = found["inside"] if found else line
    line = _BYTES.sub(lambda each: bytes.fromhex(each[0].replace("\\x", "")).decode(errors="replace"), line)
    return _WRITTEN.sub(lambda each: _PLAIN[each[0]], line)


def _as_typed(line: str) -> str:
    """Return a line with the quotes and dashes that were typed, where an editor made better ones of them."""
    if '"' not in line:
        line = _DOUBLE_QUOTES.sub('"', line)
    return _DASHES.sub("--", _SINGLE_QUOTES.sub("'", line) if "'" not in line else line)


def _within_limits(text: str) -> tuple[str, tuple[str, ...]]:
    if len(text) <= LIMIT:
        return text, ()
    length = len(text)
    text = _with_short_strings(text[:_WHOLE])
    if len(text) <= LIMIT and length <= _WHOLE:
        return text, ("very long strings in it were left out",)
    tail = text[HEAD - LIMIT :]
    head = text[:HEAD]
    kept = f"{head[: head.rfind(chr(10)) + 1] or head}\n{tail[tail.find(chr(10)) + 1 :]}"
    return kept, (f"it is {length} characters long: the middle was left out",)


def _with_short_strings(text: str) -> str:
    """Shorten the strings of a line that are too long; found without a list of all of them, which may be millions."""
    marked = text.replace("\ue000", "").replace('\\"', "\ue000")
    kept: list[str] = []
    start, is_whole = 0, True
    while start < len(marked):
        end = marked.rfind('"', start, start + LONG_STRING + 1) + 1  # up to there every string is short
        if not end:
            end = found if (found := marked.find('"', start)) >= 0 else len(marked)
            if end - start > LONG_STRING and "\n" not in marked[start:end]:
                kept.append(marked[start:end][:1024])
                start, is_whole = end, False
                continue
        kept.append(marked[start:end])
        start = end
    return text if is_whole else "".join(kept).replace("\ue000", '\\"')


def _as_added(lines: list[str]) -> list[str]:
    """Take away the `+` with which a diff marks each line of what is added; a shell's trace has a space behind it."""
    result: list[str] = []
    for is_marked, group in groupby(lines, key=lambda line: line.startswith("+")):
        run = list(group)
        is_added = is_marked and len(run) > _FEW and any(len(line) > 1 and not line[1].isspace() for line in run)
        result += [line[1:] for line in run] if is_added else run
    return result


def _without_quoting(lines: list[str]) -> list[str]:
    """Take a mailer's `> ` away, unless the marks are curl's own before a request."""
    result: list[str] = []
    for is_quoted, group in groupby(lines, key=lambda line: bool(_QUOTED.match(line))):
        run = list(group)
        is_mail = is_quoted and not _is_curl(run, result[-1] if result else "")
        result += [line.lstrip()[1:].removeprefix(" ") for line in run] if is_mail else run
    return result


def _is_curl(run: list[str], before: str) -> bool:
    """Curl marks a request's line and headers, and nothing else, with `>`; an answer is marked by who quotes it."""
    if any(_ANSWER.match(line) for line in run):
        return False
    return bool(_REQUEST.match(run[0])) or before.lstrip().startswith(("* ", "< ", "{ [", "} ["))

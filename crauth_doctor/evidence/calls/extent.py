"""How much of an answer's body a paste shows: all of it, a part, or nothing."""

from __future__ import annotations

from dataclasses import replace

from ...google_json import json_access as look
from ...model.evidence import Exchange, Seen
from ...model.http import BODY_LIMIT, Response, Shown

_MINIFIED_ENDS = ("<title>403</title>403 forbidden", "that\u2019s all we know.", "that's all we know.")
"""How the pages of Google end that close no tag: Cloud Armor's, and the one with the robot."""
_SLACK = 3
"""Line ends and a last newline that a paste has more or less than the answer had, in bytes a line at most."""
_NEVER_BODY = frozenset({204, 304})


def measured(each: Exchange) -> Exchange:
    """Return the exchange with how much of its answer's body, and of its request's headers, is shown."""
    if _is_broken_off(each):
        each = replace(each, call=None, headers_known=False)
    if each.response is None:
        return each
    head = each.call is not None and each.call.method == "HEAD"
    quoted = each.seen is Seen.BODY and not each.response.body.lstrip().startswith(("<", "{", "["))
    shown = Shown.CUT if quoted else shown_of(each.response, head=head)
    return replace(each, response=replace(each.response, shown=shown))


def _is_broken_off(each: Exchange) -> bool:
    """Whether a line ends within the host, as a narrow window breaks it: what stands behind is somewhere else."""
    hosts = ([each.sent["host"]] if "host" in each.sent else []) + ([each.call.host] if each.call else [])
    return any(not host or host.endswith(("-", ".")) for host in hosts)


def shown_of(response: Response, *, head: bool = False) -> Shown:
    """Tell how much of a pasted answer's body is there.

    Args:
        response: the answer as it was pasted.
        head: whether its request was a HEAD, to which no body is sent.
    """
    body = response.body.strip()
    length = look.number(dict(response.headers), "content-length")
    if not body:
        return Shown.WHOLE if response.status in _NEVER_BODY or (length == 0 and not head) else Shown.NOTHING
    if len(response.body) >= BODY_LIMIT:
        return Shown.CUT
    if body[0] in "{[":
        whole = look.parsed(body) is not None and not _lacks_some(response, length)
    elif body[0] == "<":
        whole = _page_is_whole(body) and not _lacks_some(response, length)
    else:
        whole = _fits(body, length)
    return Shown.WHOLE if whole else Shown.CUT


def _lacks_some(response: Response, length: int | None) -> bool:
    """Whether more was sent than is shown; line ends may be longer, and what was sent packed was shorter."""
    if length is None or "content-encoding" in response.headers:
        return False
    return length - len(response.body.encode()) > _SLACK + response.body.count("\n")


def _page_is_whole(body: str) -> bool:
    """From its first tag to its last, with nothing left out between them."""
    lower = body.lower()
    starts = lower.startswith(("<!doctype", "<html"))
    ends = lower.endswith(("</html>", *_MINIFIED_ENDS)) or _robot_ends(lower)
    opened = "<body" in lower or "</body>" not in lower
    return starts and ends and opened and "..." not in body and "\u2026" not in body


def _robot_ends(lower: str) -> bool:
    """The page with the robot has its last sentence in a tag."""
    return lower.removesuffix("</ins>").rstrip().endswith(_MINIFIED_ENDS[1:])


def _fits(body: str, length: int | None) -> bool:
    return length is not None and abs(len(body.encode()) - length) <= _SLACK

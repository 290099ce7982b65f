"""Putting together what the readers found: halves of one exchange, redirects, hosts that only the text around tells."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from ...deferred import regex
from ...model.evidence import Exchange, Seen
from ...model.http import Call, Response
from ...model.run import is_local
from .failing_call import is_elsewhere
from .pages import path_of, status_of

_SOFT = frozenset({Seen.STATUS_LINE, Seen.BODY, Seen.HEADER_MAP, Seen.CLIENT_LOG})
_LEADS = regex(
    r"(?P<local>https?://(?:127\.0\.0\.1|localhost|0\.0\.0\.0):\d{2,5})/? proxies to (?P<target>https://[\w.-]{4,200})"
)
_NEAR = 8
_KNOWN = 1000
_REDIRECTS = range(300, 400)


def joined(exchanges: list[Exchange]) -> list[Exchange]:
    """Merge neighbours that tell of the same answer by halves, then link redirects."""
    ordered = sorted(exchanges, key=lambda each: each.lines)
    result: list[Exchange] = []
    for each in ordered:
        if result and _are_halves(result[-1], each):
            result[-1] = _merged(result[-1], each)
        else:
            result.append(each)
    return _with_redirects([each for each in map(_whole, result) if each])


def _are_halves(first: Exchange, second: Exchange) -> bool:
    if Seen.CONFIGURED in {first.seen, second.seen}:
        return False
    if _is_page_of_another(first, second) or _is_page_of_another(second, first):
        return False
    if second.lines[0] - first.lines[1] <= _NEAR and _is_answer_of(first, second):
        return True
    if second.lines[0] - first.lines[1] > _NEAR or not (first.seen in _SOFT or second.seen in _SOFT):
        return False
    if first.call and second.call:
        same = first.call.url == second.call.url or (
            first.call.path == second.call.path and first.call.host == second.call.host
        )
        if not same or (first.at and second.at):
            return False
    if second.call and second.seen not in _SOFT:
        return False  # a new, whole exchange
    one, other = _status(first), _status(second)
    if first.seen is Seen.CLIENT_LOG and second.seen is Seen.CLIENT_LOG:
        return False
    if first.seen is second.seen is Seen.STATUS_LINE:
        return one == other and not (first.call and second.call)
    return one == other or one is None or other is None


def _is_page_of_another(page: Exchange, other: Exchange) -> bool:
    """Whether Google's page says that another path was asked for than that of a call whose answer is told beside it."""
    path = path_of(page.response.body) if page.response and other.response else None
    return path is not None and other.call is not None and urlsplit(path).path != other.call.path


def _is_answer_of(first: Exchange, second: Exchange) -> bool:
    """A request as it went out, and below it an answer that names no request."""
    asked = first.seen in {Seen.RAW, Seen.CURL_COMMAND} and first.call is not None and first.response is None
    return asked and second.call is None and second.response is not None and not second.credentials


def _status(each: Exchange) -> int | None:
    return each.response.status or None if each.response else None


def _merged(first: Exchange, second: Exchange) -> Exchange:
    responses = [each.response for each in (first, second) if each.response]
    response = None
    if responses:
        response = Response(
            next((each.status for each in responses if each.status), 0),
            next((each.headers for each in responses if each.headers), responses[0].headers),
            max((each.body for each in responses), key=len),
            next((each.seconds for each in responses if each.seconds is not None), None),
        )
    richer, poorer = (second, first) if second.seen not in _SOFT else (first, second)
    call = richer.call or poorer.call
    if richer.call and poorer.call and richer.call.method == "GET":
        call = replace(richer.call, method=poorer.call.method, headers=richer.call.headers | poorer.call.headers)
    credentials = richer.credentials or poorer.credentials
    sent = richer.sent or poorer.sent
    if call and credentials:
        call = replace(call, headers=call.headers | {made.header for made in credentials} | set(sent))
    return replace(
        richer,
        lines=(min(first.lines[0], second.lines[0]), max(first.lines[1], second.lines[1])),
        call=call,
        credentials=credentials,
        headers_known=richer.headers_known or poorer.headers_known,
        sent=sent,
        expression=richer.expression or poorer.expression,
        response=response,
        at=richer.at or poorer.at,
    )


def _whole(each: Exchange) -> Exchange | None:
    """Give an answer without a status the one that its body tells; one that tells nothing is dropped."""
    if not each.response or each.response.status:
        return each
    status = status_of(each.response.body)
    if status:
        return replace(each, response=replace(each.response, status=status))
    return replace(each, response=None) if each.call else None


def _with_redirects(exchanges: list[Exchange]) -> list[Exchange]:
    result: list[Exchange] = []
    for index, each in enumerate(exchanges):
        before = exchanges[index - 1] if index else None
        if before and before.response and before.response.status in _REDIRECTS and before.call:
            target = urljoin(before.call.url, before.response.headers.get("location", ""))
            if each.call and each.call.url.rstrip("/") == target.rstrip("/"):
                each = replace(each, follows=index - 1)  # noqa: PLW2901
            elif each.call is None and each.response and target.startswith("http"):
                each = replace(each, follows=index - 1, call=Call(target, before.call.method))  # noqa: PLW2901
        result.append(each)
    return result


def untunnelled(exchanges: list[Exchange], lines: list[str]) -> list[Exchange]:
    """Give calls to a local proxy that tells where it leads (`gcloud run services proxy`) the service's own URL.

    What it is called with is not what arrives: such a proxy sends a token of its own.
    Source: https://github.com/GoogleCloudPlatform/cloud-run-proxy/blob/main/main.go
    """
    led = {found["local"]: found["target"] for line in lines if (found := _LEADS.search(line[:600]))}
    return [
        replace(each, call=_led(each.call, led), headers_known=False)
        if each.call and is_local(each.call.host)
        else each
        for each in exchanges
    ]


def _led(call: Call, led: dict[str, str]) -> Call:
    origin = f"{call.scheme}://{urlsplit(call.url).netloc}"
    target = led.get(origin) or led.get(origin.replace("localhost", "127.0.0.1"))
    return replace(call, url=target + call.url[len(origin) :]) if target else call


def located(exchanges: list[Exchange], urls: list[tuple[int, str]]) -> list[Exchange]:
    """Give an answer whose page names only a path the URL of that path, where the paste has exactly one that fits."""
    calls = [(each.lines[0], each.call) for each in exchanges if each.call][:_KNOWN]
    known = [(line, Call(url)) for line, url in urls][:_KNOWN]
    found = [each if each.call else _located(each, calls, known) for each in exchanges]
    return _paired(found)


def _paired(exchanges: list[Exchange]) -> list[Exchange]:
    """Give the only answer the only call, where they stand apart."""
    calls = {each.call.url: each.call for each in exchanges if each.call}
    answers = [each for each in exchanges if each.response]
    if len(calls) != 1 or len(answers) != 1 or answers[0].call or not answers[0].response:
        return exchanges
    call = next(iter(calls.values()))
    if is_elsewhere(call.host) or not answers[0].response.body:
        return exchanges
    return [replace(each, call=call) if each is answers[0] else each for each in exchanges]


def _located(each: Exchange, *known: list[tuple[int, Call]]) -> Exchange:
    """Give it the URL of the first kind of those that are known of which any fits."""
    path = path_of(each.response.body) if each.response else None
    if not path:
        return each
    fitting = next((fits for some in known if (fits := [one for one in some if one[1].path == path])), [])
    nearer = [(line, call) for line, call in fitting if line <= each.lines[0]] or fitting
    return replace(each, call=nearer[0][1]) if len({call.url for _, call in nearer}) == 1 else each

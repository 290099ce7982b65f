"""Which of the calls in a paste is the one that fails."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from ...deferred import dataclass, regex
from ...model.address import Deterministic, Hashed, parse_url
from ...model.clienterror import MINTING, ClientError, ErrorFamily
from ...model.evidence import (
    NONE_JUDGED,
    Evidence,
    Exchange,
    Judged,
    Lines,
    LogEntry,
    LogKind,
    Seen,
    Wording,
)
from ...model.exported import Export, ExportKind
from ...model.fact import Fact, Source
from ...model.http import Call, Response, Shown
from ...model.run import is_local
from ...model.token import Token
from .pages import path_of
from .place import place
from .sent_token import loose_token, token_of_code, token_of_exchange

_FAILS = 400
_FAILS_ITSELF = 500
_ELSEWHERE = frozenset({"metadata.google.internal", "169.254.169.254", "metadata", "accounts.google.com"})
"""Hosts that tokens come from, besides Google's APIs: a failure there is another stage's."""
_MINTS = regex(r"/(?:identity|token)(?:\?|$)|:generate(?:Id|Access)Token\b")
"""What is asked of them for a token."""
_RICHNESS = {
    **dict.fromkeys((Seen.HAR, Seen.CURL_VERBOSE, Seen.CURL_HEADERS, Seen.RAW, Seen.HEADER_MAP), 3),
    Seen.BODY: 2,
    Seen.CLIENT_LOG: 1,
}
_LOGS = frozenset(
    {LogKind.REQUEST, LogKind.LOAD_BALANCER, LogKind.SCHEDULER, LogKind.TASKS, LogKind.PUBSUB, LogKind.EVENTARC}
)
_SENDERS = _LOGS - {LogKind.REQUEST, LogKind.LOAD_BALANCER}
"""Logs of products that make the call themselves, so that no other call's token is theirs."""
_LOG_RICHNESS = 2
_REFUSED = frozenset({401, 403, 404})
_BY_CONTAINER = frozenset({"x-cloud-trace-context", "traceparent", "x-powered-by", "etag"})
_GOOGLES = (".run.app", ".cloudfunctions.net")
_REFUSES = frozenset(Wording) - {Wording.NO_INSTANCE, Wording.INSTANCE_FAILED, Wording.OTHER}
_BESIDE = 3
"""So many lines apart, a status and an error message are of the same answer."""
_RPC = {"7": 403, "16": 401, "5": 404, "14": 503, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401, "NOT_FOUND": 404}
"""Source: https://docs.cloud.google.com/apis/design/errors"""


@dataclass(frozen=True)
class Callee:
    """Whom the call in question is made to, as far as it is known."""

    hosts: frozenset[str] = frozenset()  # the hosts that lead to it; empty where nothing names it
    service: str = ""  # its short name
    strict: bool = False  # whether the user named the call, so that a host of the caller's own is none that leads to it


@dataclass(frozen=True)
class Failing:
    """The caller's own failing call."""

    call: Call | None  # the call, as far as it is known
    response: Response | None  # the answer; without headers and body where only a status is known
    token: Fact[Token] | None  # what it carried; None where the paste does not say
    at: int | None  # when
    source: Source  # where in the paste it stands
    judged: Judged = NONE_JUDGED  # how many failing calls to the callee the paste shows, of which this is one


@dataclass(frozen=True)
class Failures:
    """The calls that failed, as far as a paste shows them: not those for a token, and none twice."""

    exchanges: list[Exchange]
    entries: list[LogEntry]
    by_app: bool = False  # whether an application says elsewhere that it refused a call, which it does not show

    @property
    def urls(self) -> list[str]:
        """The URLs that were called, wherever they are."""
        made = [each.call.url for each in self.exchanges if each.call]
        return made + [each.url for each in self.entries if each.url]

    @property
    def to_choose_from(self) -> tuple[str, ...]:
        """One URL of each service that was called, where there are several; an empty one is not shown."""
        found = _refusing(self.exchanges, self.entries)
        failed: list[Exchange | LogEntry] = [*self.exchanges, *self.entries]
        if len(found) == 1 and self.by_app and all(_is_the_platforms(each) for each in failed):
            found |= _NOT_SHOWN
        return tuple(found.values()) if len(found) > 1 else ()


def failures_of(evidence: Evidence) -> Failures:
    """Return the calls that failed, wherever they are made to."""
    exchanges = [each for each in evidence.exchanges if _fails(each) and not _is_an_apis(each, evidence)]
    shown: dict[tuple[Call | None, int], set[frozenset[str]]] = {}
    for each in exchanges:
        if each.call and not _is_bare(each):
            shown.setdefault(_answered(each), set()).add(each.call.headers)
    exchanges = [each for each in exchanges if not (_is_bare(each) and _is_shown(each, shown.get(_answered(each), ())))]
    entries = [each for each in evidence.logs if each.kind in _LOGS and (each.status or 0) >= _FAILS]
    return Failures(exchanges, entries, by_app=any(each.family in _BY_APP for each in evidence.errors))


_BY_APP = frozenset({ErrorFamily.AUDIENCE_REFUSED_BY_APP, ErrorFamily.TOKEN_REFUSED_BY_APP})
_NOT_SHOWN = {"": ""}


def _is_the_platforms(each: Exchange | LogEntry) -> bool:
    """Whether Google's own words refuse a call, so that no application got to see it."""
    if isinstance(each, LogEntry):
        return each.wording in _REFUSES
    return each.response is not None and path_of(each.response.body) is not None


def failing_of(evidence: Evidence, failures: Failures, callee: Callee, *, called: bool = False) -> Failing | None:
    """Return the failing call to the callee that decides, of all that the paste shows.

    The platform's refusals come first, then what is shown best, then the latest. None where the paste has none. Where
    somebody says what a call got, which the paste does not show, it was `called`.
    """
    hosts = _own_hosts(failures, callee)
    exchanges = [each for each in failures.exchanges if _leads(each.call.url if each.call else None, hosts)]
    entries = [each for each in failures.entries if _leads(each.url, hosts) or _is_of(each, callee)]
    best = max(exchanges, key=lambda each: _rank(each, callee.hosts), default=None)
    entry = max(entries, key=lambda each: _rank_of_entry(each, callee.hosts), default=None)
    if best and (
        not entry or _rank(best, callee.hosts)[:3] >= (*_rank_of_entry(entry, callee.hosts)[:2], _LOG_RICHNESS)
    ):
        statuses = [each.response.status for each in exchanges if each is not best and each.response]
        return replace(_of_exchange(best, evidence, entry), judged=_judged(statuses))
    if entry:
        return replace(
            _of_entry(entry, evidence), judged=_judged([each.status or 0 for each in entries if each is not entry])
        )
    return _of_attempt(evidence, hosts, called=called)


def is_elsewhere(host: str) -> bool:
    """Whether a host is one that tokens come from, or another API of Google's: no Cloud Run service has it."""
    return host in _ELSEWHERE or host.endswith(".googleapis.com")


def refused_tokens(exchanges: list[Exchange]) -> list[ClientError]:
    """Return the errors that those answered who were asked for a token."""
    return [
        ClientError(
            ErrorFamily.MINT_FAILED,
            each.lines,
            f"{each.call.url} answered {each.response.status}",
            origin=each.call.host,
            status=each.response.status,
        )
        for each in exchanges
        if each.call and each.response and each.failed and is_elsewhere(each.call.host) and _MINTS.search(each.call.url)
    ]


def _judged(others: list[int]) -> Judged:
    return Judged(len(others) + 1, tuple(sorted(Counter(others).items(), key=lambda each: (-each[1], each[0]))))


def _leads(url: str | None, hosts: frozenset[str]) -> bool:
    """Whether a call may be the callee's: to a host of its own, or to one that is not shown."""
    return not hosts or not (url or "").startswith("http") or Call(url or "").host in hosts


def _is_of(entry: LogEntry, callee: Callee) -> bool:
    """Whether the service's own request log has it, under whichever host it was called."""
    return entry.kind is LogKind.REQUEST and bool(callee.service) and entry.service == callee.service


def _own_hosts(failures: Failures, callee: Callee) -> frozenset[str]:
    """Return the callee's hosts; with settings alone, a host of the user's own that fails may stand before it."""
    if callee.strict or not callee.hosts:
        return callee.hosts
    hosts = {Call(url).host for url in failures.urls if url.startswith("http")}
    custom = {host for host in hosts if not host.endswith(_GOOGLES) and not is_local(host)}
    return callee.hosts | custom if not hosts & callee.hosts and len(custom) == 1 else callee.hosts


def _refusing(exchanges: list[Exchange], entries: list[LogEntry]) -> dict[str, str]:
    """Return the URLs of the calls that failed, one to each service; of a service's hosts, which are several, one.

    Where none of them refused a call, there is nothing to choose between.
    """
    urls = [each.call.url for each in exchanges if each.call and (each.failed or each.response is None)]
    urls += [each.url for each in entries if each.url and each.url.startswith("http")]
    refused = any(each.response and each.response.status in _REFUSED for each in exchanges)
    if not refused and not any(each.status in _REFUSED for each in entries):
        return {}
    found: dict[str, str] = {}
    paths: dict[str, set[str]] = {}
    for url in urls:
        call = Call(url)
        if call.host and not is_local(call.host):
            found.setdefault(_service_in(call.host), url)
            paths.setdefault(_service_in(call.host), set()).add(call.path)
    own = {key for key, url in found.items() if Call(url).host.endswith(_GOOGLES)}
    custom = found.keys() - own
    if len(own) == 1 and len(custom) == 1 and set.intersection(*(paths[key] for key in found)):
        return {key: found[key] for key in own}  # the same path, through the front and straight
    return found | _unnamed(exchanges) if len(found) == 1 else found


def _unnamed(exchanges: list[Exchange]) -> dict[str, str]:
    """Return a refusal of a call of which nothing is shown, or of one to a port of this machine's.

    Not where a call that is shown got the same status, or is to the same path: it may be the same.
    """
    answered = [(each.call or Call(""), each.response.status) for each in exchanges if each.response]
    shown = [(call, status) for call, status in answered if call.host and not is_local(call.host)]
    paths, statuses = {call.path for call, _ in shown}, {status for _, status in shown}
    hidden = [(call, status) for call, status in answered if not call.host or is_local(call.host)]
    others = {status for call, status in hidden if not (call.host and call.path in paths)}
    return _NOT_SHOWN if statuses & _REFUSED and others & _REFUSED - statuses else {}


def _service_in(host: str) -> str:
    """Return the service's name in a host of Cloud Run's, which has several forms for one service."""
    match parse_url(f"https://{host}"):
        case Deterministic(name=name) | Hashed(name=name):
            return name
        case _:
            return host


def _answered(each: Exchange) -> tuple[Call | None, int]:
    call = replace(each.call, headers=frozenset[str]()) if each.call else None
    return call, each.response.status if each.response else 0


def _is_bare(each: Exchange) -> bool:
    """Whether the status is all that is shown of an answer."""
    return each.response is None or not (each.response.headers or each.response.body)


def _is_shown(bare: Exchange, sent: Collection[frozenset[str]]) -> bool:
    """Whether a call like it got the same answer, of which more is shown, and it sent the same headers at least."""
    return bare.call is not None and bare.response is not None and any(bare.call.headers <= each for each in sent)


def _is_an_apis(each: Exchange, evidence: Evidence) -> bool:
    """Whether a status that stands by itself is that of an API's error beside it, or of who could mint no token."""
    status = each.response.status if each.response else 0
    if each.call is not None and not (is_local(each.call.host) and status >= _FAILS_ITSELF):
        return False
    return any(
        (error.family in MINTING and error.lines == each.lines)
        or (error.family in MINTING and status >= _FAILS_ITSELF and _are_beside(error.lines, each.lines))
        or (error.api and status and error.status == status and _are_beside(error.lines, each.lines))
        for error in evidence.errors
    )


def _are_beside(one: Lines, other: Lines) -> bool:
    return other[0] - one[1] <= _BESIDE and one[0] - other[1] <= _BESIDE


def _fails(each: Exchange) -> bool:
    if each.call and is_elsewhere(each.call.host):
        return False
    if each.response is None:
        return each.seen is Seen.BROWSER
    return (
        each.failed
        or each.response.headers.get("x-goog-iap-generated-response", "") == "true"
        or _is_plain_redirect(each)
    )


def _is_plain_redirect(each: Exchange) -> bool:
    """A redirect from http to https is where a call may end that follows none."""
    return bool(
        each.response and each.response.status in {301, 302, 307, 308} and each.call and each.call.scheme == "http"
    )


def _rank(each: Exchange, hosts: frozenset[str]) -> tuple[int, int, int, int, int, Lines]:
    url = each.call.url if each.call else None
    shown = 2 if each.credentials else int(each.headers_known)
    refused = 1 if each.failed else 0
    told = _RICHNESS.get(each.seen, 0) * refused
    return int(_may_be_a_refusal(each)), _is_at(url, hosts), told, shown, each.at or 0, each.lines


def _rank_of_entry(entry: LogEntry, hosts: frozenset[str]) -> tuple[int, int, int, Lines]:
    """Entries of one list stand on the same lines, newest first or last: their own time orders them."""
    return (int(_is_a_refusal(entry)), _is_at(entry.url, hosts), entry.at or 0, entry.lines)


def _may_be_a_refusal(each: Exchange) -> bool:
    """Whether the platform may have written the answer: its statuses, and no trace of the container in the headers."""
    answer = each.response
    return answer is not None and (
        (answer.status in _REFUSED and not answer.headers.keys() & _BY_CONTAINER)
        or "x-goog-iap-generated-response" in answer.headers
    )


def _is_a_refusal(entry: LogEntry) -> bool:
    """Whether the front end's own words say that it refused, or it answered without the container."""
    if entry.wording is not None:
        return entry.wording in _REFUSES
    return entry.status in _REFUSED and not entry.latency


def _is_at(url: str | None, hosts: frozenset[str]) -> int:
    return int(bool(url) and Call(url or "").host in hosts)


def _of_exchange(each: Exchange, evidence: Evidence, entry: LogEntry | None) -> Failing:
    call, at = each.call, each.at or (entry.at if entry else None)
    if call is None and entry and entry.url and each.response and entry.status == each.response.status:
        call = Call(entry.url, entry.method or "GET")
    return Failing(call, each.response, token_of_exchange(each, evidence), at, place(each.seen.value, each.lines))


def _of_entry(entry: LogEntry, evidence: Evidence) -> Failing:
    by_google = entry.kind in _SENDERS
    url = entry.url if entry.url and entry.url.startswith("http") else ""
    call = Call(url, entry.method or ("POST" if by_google else "GET")) if url else None
    source = place(f"{entry.kind.value} log", entry.lines)
    token: Fact[Token] | None = None
    if not by_google:
        own = (
            each
            for each in reversed(evidence.exchanges)
            if call and each.call and each.call.is_to(call) and each.headers_known
        )
        request = next(own, None)
        token = token_of_exchange(request, evidence) if request else loose_token(evidence) or token_of_code(evidence)
        if call and request and request.call:
            call = replace(call, headers=request.call.headers)
    response = Response(entry.status or 0, seconds=entry.latency, shown=Shown.NOTHING) if entry.status else None
    return Failing(call, response, token, entry.at, source)


def _of_attempt(evidence: Evidence, hosts: frozenset[str], *, called: bool) -> Failing | None:
    """What a job's or task's own export says of its last attempt, or a call of which no answer is shown."""
    for export in evidence.exports:
        status = attempted_status(export)
        if status and _leads(export.target, hosts):
            call = Call(export.target, export.fields.get("method", "POST")) if export.target else None
            answer = Response(status, shown=Shown.NOTHING)
            return Failing(call, answer, None, None, place(export.kind.value, export.lines))
    asked = [each for each in evidence.exchanges if each.call and each.response is None]
    calls = [x for x in asked if x.call and not is_elsewhere(x.call.host) and _leads(x.call.url, hosts)]
    if calls and not any(each.response for each in evidence.exchanges):
        return _of_exchange(calls[-1], evidence, None)
    token = loose_token(evidence) or (token_of_code(evidence, called=True) if called else None)
    return Failing(None, None, token, None, token.source) if token else None


def attempted_status(export: Export) -> int | None:
    """Return the HTTP status of the last attempt that an exported job or task tells of."""
    if export.kind not in {ExportKind.SCHEDULER_JOB, ExportKind.TASK}:
        return None
    found = re.search(r"HTTP status code (\d{3})", export.fields.get("message", ""))
    return int(found[1]) if found else _RPC.get(export.fields.get("code", ""))

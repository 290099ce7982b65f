"""Which of the calls in a paste is the one that fails, and what it carried."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..model.evidence import Credential, Evidence, Exchange, Lines, LogEntry, LogKind, Mint, Seen
from ..model.exported import Export, ExportKind
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.http import Call, Response, Shown
from ..model.token import GOOGLE_ISSUERS, Token, TokenKind

_FAILS = 400
_ELSEWHERE = frozenset(
    {
        "metadata.google.internal",
        "169.254.169.254",
        "metadata",
        "oauth2.googleapis.com",
        "sts.googleapis.com",
        "iamcredentials.googleapis.com",
        "accounts.google.com",
        "www.googleapis.com",
    }
)
"""Hosts that tokens come from: a failure there is another stage's."""
_RICHNESS = {
    Seen.HAR: 3,
    Seen.CURL_VERBOSE: 3,
    Seen.CURL_HEADERS: 3,
    Seen.RAW: 3,
    Seen.HEADER_MAP: 3,
    Seen.BODY: 2,
    Seen.CLIENT_LOG: 1,
    Seen.BROWSER: 0,
    Seen.STATUS_LINE: 0,
    Seen.CURL_COMMAND: 0,
}
_LOGS = frozenset(
    {LogKind.REQUEST, LogKind.LOAD_BALANCER, LogKind.SCHEDULER, LogKind.TASKS, LogKind.PUBSUB, LogKind.EVENTARC}
)
_SENDERS = _LOGS - {LogKind.REQUEST, LogKind.LOAD_BALANCER}
"""Logs of products that make the call themselves, so that no other call's token is theirs."""
_LOG_RICHNESS = 2
_GCLOUD_CLIENT = "32555940559.apps.googleusercontent.com"
"""The audience of gcloud's tokens where none is asked for; stands in gcloud's own source (`core/config.py`)."""
_RPC = {"7": 403, "16": 401, "5": 404, "14": 503, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401, "NOT_FOUND": 404}
"""Source: https://docs.cloud.google.com/apis/design/errors"""


@dataclass(frozen=True, slots=True)
class Failing:
    """The caller's own failing call.

    Args:
        call: the call, as far as it is known.
        response: the answer; without headers and body where only a status is known.
        token: what it carried; None where the paste does not say.
        at: when.
        source: where in the paste it stands.
    """

    call: Call | None
    response: Response | None
    token: Fact[Token] | None
    at: int | None
    source: Source


def failing_of(evidence: Evidence, hosts: frozenset[str]) -> Failing | None:
    """Return the last failing call that is known best: to one of these hosts, shown in full, with a credential."""
    exchanges = [each for each in evidence.exchanges if _fails(each)]
    entries = [each for each in evidence.logs if each.kind in _LOGS and each.status and each.status >= _FAILS]
    best = max(exchanges, key=lambda each: _rank(each, hosts), default=None)
    entry = max(entries, key=lambda each: (_is_at(each.url, hosts), each.lines), default=None)
    if best and (not entry or _rank(best, hosts)[:2] >= (_is_at(entry.url, hosts), _LOG_RICHNESS)):
        return _of_exchange(best, evidence, entry)
    if entry:
        return _of_entry(entry, evidence)
    return _of_attempt(evidence)


def _fails(each: Exchange) -> bool:
    if each.call and each.call.host in _ELSEWHERE:
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


def _rank(each: Exchange, hosts: frozenset[str]) -> tuple[int, int, int, Lines]:
    url = each.call.url if each.call else None
    shown = 2 if each.credentials else int(each.headers_known)
    refused = 1 if each.failed else 0
    return (_is_at(url, hosts), _RICHNESS[each.seen] * 2 * refused // 2, shown, each.lines)


def _is_at(url: str | None, hosts: frozenset[str]) -> int:
    return int(bool(url) and Call(url or "").host in hosts)


def place(what: str, lines: Lines) -> Source:
    """Return the source of a fact that stands on these lines."""
    first, last = lines
    return Source("evidence", f"{what}, line {first}" if first == last else f"{what}, lines {first}-{last}")


def _of_exchange(each: Exchange, evidence: Evidence, entry: LogEntry | None) -> Failing:
    source = place(each.seen.value, each.lines)
    call = each.call
    if call is None and entry and entry.url and each.response and entry.status == each.response.status:
        call = Call(entry.url, entry.method or "GET")
    return Failing(
        call, each.response, _token(each, evidence, source), each.at or (entry.at if entry else None), source
    )


def _of_entry(entry: LogEntry, evidence: Evidence) -> Failing:
    call = (
        Call(entry.url, entry.method or ("POST" if entry.kind in _SENDERS else "GET"))
        if entry.url and entry.url.startswith("http")
        else None
    )
    source = place(f"{entry.kind.value} log", entry.lines)
    by_google = entry.kind in _SENDERS
    request = (
        None
        if by_google
        else next(
            (each for each in reversed(evidence.exchanges) if call and _same(each.call, call) and each.headers_known),
            None,
        )
    )
    token = (
        _token(request, evidence, place(request.seen.value, request.lines))
        if request
        else None
        if by_google
        else _loose(evidence)
    )
    if call and request and request.call:
        call = replace(call, headers=request.call.headers)
    response = Response(entry.status or 0, seconds=entry.latency, shown=Shown.NOTHING) if entry.status else None
    return Failing(call, response, token, entry.at, source)


def _of_attempt(evidence: Evidence) -> Failing | None:
    """What a job's or task's own export says of its last attempt, or a call of which no answer is shown."""
    for export in evidence.exports:
        status = attempted_status(export)
        if status and export.target:
            call = Call(export.target, export.fields.get("method", "POST"))
            return Failing(
                call, Response(status, shown=Shown.NOTHING), None, None, place(export.kind.value, export.lines)
            )
    calls = [
        each for each in evidence.exchanges if each.call and each.response is None and each.call.host not in _ELSEWHERE
    ]
    if calls and not any(each.response for each in evidence.exchanges):
        each = calls[-1]
        source = place(each.seen.value, each.lines)
        return Failing(each.call, None, _token(each, evidence, source), each.at, source)
    token = _loose(evidence)
    return Failing(None, None, token, None, token.source) if token else None


def attempted_status(export: Export) -> int | None:
    """Return the HTTP status of the last attempt that an exported job or task tells of."""
    if export.kind not in {ExportKind.SCHEDULER_JOB, ExportKind.TASK}:
        return None
    found = re.search(r"HTTP status code (\d{3})", export.fields.get("message", ""))
    return int(found[1]) if found else _RPC.get(export.fields.get("code", ""))


def _same(one: Call | None, other: Call) -> bool:
    return one is not None and one.host == other.host and one.path == other.path


def _token(each: Exchange, evidence: Evidence, source: Source) -> Fact[Token] | None:
    """What a call carried: X-Serverless-Authorization wins, as it does at the front end."""
    checked = sorted(
        (made for made in each.credentials if made.header in {"authorization", "x-serverless-authorization"}),
        key=lambda made: made.header != "x-serverless-authorization",
    )
    if not checked:
        return _absent_or_loose(each, evidence, source)
    made = checked[0]
    if made.token:
        return Known(made.token, source)
    if each.expression and (token := minted_by(each)):
        return Known(token, place("command line", each.expression.lines))
    if made.fault is None and (other := _loose(evidence)):
        return other
    return Unknown(source, Obstacle.NOT_UNDERSTOOD, "a credential was sent, and the paste does not show which")


def _absent_or_loose(each: Exchange, evidence: Evidence, source: Source) -> Fact[Token] | None:
    request = next(
        (
            other
            for other in reversed(evidence.exchanges)
            if other.credentials
            and other.response is None
            and (other.call is None or (each.call and _same(other.call, each.call)))
        ),
        None,
    )
    if request:
        return _token(request, evidence, place(request.seen.value, request.lines))
    if each.headers_known:
        return Absent(Source(source.read, f"no credential header: {source.target}"))
    return _loose(evidence)


def minted_by(each: Exchange) -> Token | None:
    """Return the token that an expression on the command line makes, as far as its own words tell."""
    made = each.expression
    if made is None:
        return None
    match made.mint:
        case Mint.GCLOUD_ACCESS | Mint.METADATA_ACCESS | Mint.LIBRARY_ACCESS:
            return Token(TokenKind.ACCESS_TOKEN, email=made.impersonates)
        case Mint.GCLOUD_IDENTITY:
            return Token(TokenKind.ID_TOKEN, made.audience or _GCLOUD_CLIENT, GOOGLE_ISSUERS[0], made.impersonates)
        case Mint.METADATA_IDENTITY | Mint.LIBRARY_IDENTITY if made.audience:
            return Token(TokenKind.ID_TOKEN, made.audience, GOOGLE_ISSUERS[0])
        case _:
            return None


def _loose(evidence: Evidence) -> Known[Token] | None:
    """The only token that stands by itself is the call's; one that a container received was not sent with it."""
    within = {id(made) for each in evidence.exchanges for made in each.credentials}
    within |= {id(made) for each in evidence.logs for made in each.credentials}
    loose: list[Credential] = [made for made in evidence.credentials if made.token and id(made) not in within]
    if any(each.response for each in evidence.exchanges):
        loose = [made for made in loose if made.token and not made.token.signature_removed]
    distinct = {replace(made.token, header=""): made for made in loose if made.token}
    if len(distinct) != 1:
        return None
    made = next(iter(distinct.values()))
    return Known(replace(made.token, header="authorization"), place("token", made.lines)) if made.token else None

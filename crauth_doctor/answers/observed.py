"""The caller's own failing call, as far as anything shows it: its answer, its log entry, its error message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from ..deferred import dataclass, kept, regex
from ..model.caller_kinds import TokenFrom, declared
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Evidence, Exchange, LogEntry, LogKind, Seen, Wording
from ..model.fact import Known, Source, value_of
from ..model.facts import Facts
from ..model.finding import NO_ANSWER, Stage
from ..model.http import Response
from ..model.run import attaches_token, host_of
from ..say import Say
from .author import Author, read, read_test_call, said_to_be


@dataclass(frozen=True)
class Sight:
    """What a call showed."""

    author: Author  # who answered
    stages: frozenset[Stage]  # the stages that it can come from
    because: str  # the trait that tells
    source: Source  # where it stands
    status: int | None = None  # the HTTP status, where it is known
    with_token: bool | None = None  # whether the request carried a token, where it is known
    passed: bool = False  # whether it was served
    wording: Wording | None = None  # what the request log says of it
    method: str | None = None  # the method called
    whole: bool = True  # whether the answer is known well enough to prove anything by it
    whole_request: bool = False  # whether everything that the request carried is shown


def is_refusal(seen: Sight | None) -> bool:
    """Tell whether the invoker check refused a request that carried a good token."""
    return seen is not None and seen.author is Author.INVOKER_CHECK and seen.stages == {Stage.IAM}


def sight_of(facts: Facts) -> Sight | None:
    """Return what is known of the caller's own call; else of the tool's call with a token made here for the caller."""
    return of_caller(facts) or _of_tool(facts)


def _of_tool(facts: Facts) -> Sight | None:
    made = value_of(facts.calls)
    if made is None or made.with_token is None:
        return None
    signature = read_test_call(made.with_token, made, with_token=True)
    source = facts.calls.source
    return Sight(
        signature.author, signature.stages, signature.because, source, made.with_token.status, True, signature.passed
    )


@kept
def of_caller(facts: Facts) -> Sight | None:
    """Return what was given of the caller's own call."""
    pasted = value_of(facts.evidence)
    found = [*_answers(facts, pasted), *_log_entries(pasted), *_messages(facts, pasted)]
    if not found:
        return _said_to_be_silent(facts)
    first, *others = found
    log = next((o for o in others if o.wording in _ARRIVED and o.status in {None, first.status}), None)
    if log is not None and first.author is Author.INVOKER_CHECK:  # it saw what arrived
        first = replace(first, stages=log.stages, wording=log.wording, because=log.because, with_token=log.with_token)
    for other in others:
        if other.status in {None, first.status} and first.stages & other.stages:
            first = _narrowed(first, other)
    if first.status is None:
        first = replace(first, status=_ANSWERS_WITH.get(first.author))
    return _as_said(_like_the_tools(first, facts) if first.author is Author.UNCERTAIN else first, facts)


_ANSWERS_WITH: Final = {Author.INVOKER_CHECK: 403, Author.TOKEN_CHECK: 401}
"""With which status those answer who say so in the log, where the status does not stand beside it.

Source: https://docs.cloud.google.com/run/docs/troubleshooting
"""
_ARRIVED = frozenset({Wording.EMPTY_HEADER, Wording.LACKS_PERMISSION})
"""What tells whether a token arrived, whatever was sent."""


def _narrowed(first: Sight, other: Sight) -> Sight:
    """Return what both signs of one answer allow, by the one that tells more."""
    stages = first.stages & other.stages
    telling = other if len(stages) < len(first.stages) else first
    return replace(
        first,
        author=telling.author,
        stages=stages,
        because=telling.because,
        wording=first.wording or other.wording,
    )


def _said_to_be_silent(facts: Facts) -> Sight | None:
    said = value_of(facts.said)
    if said is None or said.get("status") != "none":
        return None
    reach = frozenset({Stage.REACH})
    return Sight(Author.NOBODY, reach, "you say that no answer comes", facts.said.source, NO_ANSWER, whole=False)


def _as_said(seen: Sight, facts: Facts) -> Sight:
    """Complete what was seen by what a person says of it; what was seen stands, and nothing of it proves."""
    said = value_of(facts.said)
    if said is None:
        return seen
    sent = said.get("token-sent")
    if seen.with_token is None and sent is not None:
        seen = replace(seen, with_token=sent == "yes", source=facts.said.source, whole=False)
        if seen.author is Author.INVOKER_CHECK:
            arrived = Stage.IAM if seen.with_token else Stage.TOKEN
            seen = replace(
                seen,
                stages=frozenset({arrived}),
                because=Say("{because}; you say token-sent={sent}", because=seen.because, sent=sent),
            )
    page = said.get("answer")
    signature = said_to_be(page, seen.status, with_token=seen.with_token) if page else None
    if signature is not None and seen.author is Author.UNCERTAIN:
        stages = signature.stages & seen.stages or signature.stages
        seen = replace(
            seen,
            author=signature.author,
            stages=stages,
            because=signature.because,
            source=facts.said.source,
            whole=False,
        )
    return _logged(seen, said.get("log"), facts.said.source)


def _logged(seen: Sight, log: str | None, source: Source) -> Sight:
    """Narrow down who answered by what a person says of the request log, in which not every refusal stands."""
    logged = _LOGGED.get(log or "")
    if logged is None or seen.stages <= logged:
        return seen
    because = Say("{because}; you say log={log}", because=seen.because, log=log)
    stages = seen.stages & logged or logged - {Stage.IAP}  # which signs what it writes
    return replace(seen, stages=stages, because=because, source=source, whole=False)


_LOGGED: Final[Mapping[str, frozenset[Stage]]] = {
    "nothing": frozenset({Stage.REACH, Stage.INGRESS, Stage.IAP}),
    "empty-header": frozenset({Stage.TOKEN}),
    "lacks-permission": frozenset({Stage.IAM}),
    "not-verified": frozenset({Stage.TOKEN}),
    "latency": frozenset({Stage.APP}),
}
"""By what stands in the log of the service's requests: which stage answered; what is stopped earlier is not logged.

Source: https://docs.cloud.google.com/run/docs/troubleshooting
"""


def _like_the_tools(seen: Sight, facts: Facts) -> Sight:
    """An answer of uncertain author is taken for the one that this tool got, where both are of one status."""
    made = value_of(facts.calls)
    own = (made.with_token or made.without_token) if made else None
    if made is None or own is None or own.status != seen.status:
        return seen
    signature = read_test_call(own, made, with_token=made.with_token is not None)
    if made.with_token is None and signature.stages == {Stage.TOKEN}:
        return seen  # refused for want of a token, which need not be what stopped the caller
    because = Say(
        "it is assumed to be the answer that this tool got, with the same status: {because}", because=signature.because
    )
    return replace(seen, author=signature.author, stages=signature.stages, because=because, whole=False)


def _answers(facts: Facts, pasted: Evidence | None) -> Iterator[Sight]:
    if not isinstance(facts.seen, Known):
        return
    exchange = _shown(facts, pasted)
    with_token = _carried(exchange) if exchange and not _is_by_hand(exchange, facts) else None
    if with_token is None and isinstance(facts.token, Known) and facts.token.source.read == "evidence":
        with_token = True  # a token that is only set need not have been sent
    answer = facts.seen.value
    signature = read(answer, with_token=with_token)
    method = exchange.call.method if exchange and exchange.call else None
    yield Sight(
        signature.author,
        signature.stages,
        signature.because,
        facts.seen.source,
        answer.status,
        with_token,
        signature.passed,
        method=method,
        whole=signature.author is not Author.UNCERTAIN
        and answer.complete
        and not (_is_a_try(exchange, facts) or _is_retold(exchange, answer)),
        whole_request=exchange is not None and _is_whole(exchange),
    )


def _shown(facts: Facts, pasted: Evidence | None) -> Exchange | None:
    answer = value_of(facts.seen)
    return next((e for e in pasted.exchanges if e.response is answer), None) if pasted else None


def _is_retold(exchange: Exchange | None, answer: Response) -> bool:
    """Tell whether a program's message tells of the answer: a status and JSON, which it may have from another."""
    told = exchange is not None and exchange.seen in {Seen.STATUS_LINE, Seen.CLIENT_LOG}
    return told and not answer.headers and answer.body.startswith("{")


def _is_a_try(exchange: Exchange | None, facts: Facts) -> bool:
    """Tell whether a call may be a person's own try: a command without a token, and nobody said who calls."""
    by_hand = exchange is not None and exchange.seen in _COMMANDS and not exchange.credentials
    return by_hand and not isinstance(facts.caller, Known)


def _is_by_hand(exchange: Exchange, facts: Facts) -> bool:
    """Tell whether a command without a token was typed by a person, where the caller in question is a program."""
    caller = value_of(facts.caller)
    typed = exchange.seen in _COMMANDS and not exchange.credentials
    return typed and caller is not None and declared(caller.kind).token not in {TokenFrom.HAND, TokenFrom.NOTHING}


_COMMANDS = (Seen.CURL_COMMAND, Seen.CURL_HEADERS, Seen.CURL_VERBOSE)


def _is_whole(exchange: Exchange) -> bool:
    """Tell whether everything that a request carried is shown, its token included."""
    return exchange.headers_known and all(made.token or made.fault for made in exchange.credentials)


def _carried(exchange: Exchange) -> bool | None:
    if exchange.credentials or exchange.expression:
        return True
    is_shown = exchange.headers_known and not (exchange.call and attaches_token(exchange.call.host))
    return False if is_shown else None


def _log_entries(pasted: Evidence | None) -> Iterator[Sight]:
    entries = [e for e in pasted.logs if e.kind is LogKind.REQUEST] if pasted else []
    failing = [e for e in entries if e.status is None or e.status >= 400]
    for entry in reversed(failing):
        found = _entry(entry)
        if found is not None:
            yield found


_NO_TOKEN = frozenset({Stage.TOKEN})
_BOTH = frozenset({Stage.TOKEN, Stage.IAM})
_WORDINGS: dict[Wording, tuple[Author, frozenset[Stage], str, bool | None]] = {
    Wording.EMPTY_HEADER: (Author.INVOKER_CHECK, _NO_TOKEN, "the log says that no token arrived", False),
    Wording.LACKS_PERMISSION: (Author.INVOKER_CHECK, frozenset({Stage.IAM}), "the log says what it lacks", True),
    Wording.NOT_AUTHENTICATED: (Author.INVOKER_CHECK, _BOTH, "the log says that it was not authenticated", None),
    Wording.NOT_AUTHORIZED: (Author.TOKEN_CHECK, _NO_TOKEN, "the log says that it was not authorized", True),
    Wording.TOKEN_NOT_VERIFIED: (Author.TOKEN_CHECK, _NO_TOKEN, "the log says that the token was not verified", True),
}


def _entry(entry: LogEntry) -> Sight | None:
    first, last = entry.lines
    source = (
        Source("evidence", f"log entry, lines {first}-{last}") if first else Source("logging.logEntries.list", "log")
    )
    if entry.wording in _WORDINGS:
        author, stages, because, with_token = _WORDINGS[entry.wording]
        return Sight(
            author, stages, because, source, entry.status, with_token, wording=entry.wording, method=entry.method
        )
    if entry.latency and entry.status is not None:
        because = "the request log shows a latency, so the container answered"
        return Sight(Author.APPLICATION, frozenset({Stage.APP}), because, source, entry.status, method=entry.method)
    return None


OF_AN_ANSWER: Final[Mapping[ErrorFamily, tuple[Author, Stage]]] = {
    ErrorFamily.IAP_TOKEN: (Author.IAP, Stage.IAP),
    ErrorFamily.IAP_NOT_SET_UP: (Author.IAP, Stage.IAP),
    ErrorFamily.IAP_NOT_PROVISIONED: (Author.IAP, Stage.IAP),
    ErrorFamily.IAP_NOT_AUTHORIZED: (Author.IAP, Stage.IAP),
    ErrorFamily.AUDIENCE_REFUSED_BY_APP: (Author.APPLICATION, Stage.APP),
    ErrorFamily.TOKEN_REFUSED_BY_APP: (Author.APPLICATION, Stage.APP),
}
"""Messages that tell who answered."""

_SILENT = frozenset({ErrorFamily.TIMEOUT, ErrorFamily.NAME_NOT_RESOLVED, ErrorFamily.CONNECTION_FAILED})
"""Messages of a client that got no answer at all."""


_HOST = regex(r"[\w.-]{1,200}\.(?:run\.app|cloudfunctions\.net)\b")


_ADDRESS = regex(r"\btcp\b.{0,40}\b\d{1,3}(?:\.\d{1,3}){3}:443\b|\bconnect \w+ \d{1,3}(?:\.\d{1,3}){3}:443\b")
"""What a client that has looked the host up tells instead of it."""


def _is_of_the_callee(error: ClientError, facts: Facts, pasted: Evidence) -> bool:
    """Whether a message names a host of the service's; of Cloud Run's, where the service is not known.

    A message that names an address alone is of the one host of Cloud Run's that the paste names.
    """
    hosts = {host_of(error.url or ""), *_HOST.findall(error.message.lower())} - {""}
    if not hosts and _ADDRESS.search(error.message):
        named = {host for url in pasted.urls if _HOST.fullmatch(host := host_of(url))}
        hosts = named if len(named) == 1 else hosts
    service = value_of(facts.service)
    if service is None:
        return any(host.endswith((".run.app", ".cloudfunctions.net")) for host in hosts)
    return bool(hosts & {host_of(url) for url in (*service.urls, *service.tag_urls)})


def _messages(facts: Facts, pasted: Evidence | None) -> Iterator[Sight]:
    for error in pasted.errors if pasted else ():
        if pasted and error.family in _SILENT and _is_of_the_callee(error, facts, pasted):
            because = Say("no answer came: {message}", message=error.message)
            yield Sight(Author.NOBODY, frozenset({Stage.REACH}), because, _place(error), NO_ANSWER)
        found = OF_AN_ANSWER.get(error.family)
        if found:
            yield Sight(
                found[0],
                frozenset({found[1]}),
                Say("it says: {message}", message=error.message),
                _place(error),
                error.status,
            )


def _place(error: ClientError) -> Source:
    return Source("evidence", f"error message, lines {error.lines[0]}-{error.lines[1]}")

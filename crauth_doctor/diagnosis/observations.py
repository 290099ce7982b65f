"""Which stage answered the calls that were seen, and how far each of them speaks for the caller's own call.

A call of this tool is made from where the tool runs, as the caller where it may impersonate it. It proves what holds
for everyone (token, IAM, application), and nothing about a network path that it did not take. What the user pasted of
the caller's own call speaks for all of it, and comes first.
"""

from __future__ import annotations

from ..answers.author import Author, read, read_test_call, refused_by_perimeter
from ..answers.observed import of_caller
from ..model.caller import CallerKind, Place
from ..model.caller_kinds import declared
from ..model.clienterror import ErrorFamily
from ..model.fact import Absent, Known, Source, value_of
from ..model.facts import Facts
from ..model.finding import NO_ANSWER, PATH, Observation, Stage
from ..model.http import Response, TestCalls
from ..model.leads import is_behind_iap
from ..model.run import Ingress, host_of, is_made_by_google
from ..model.token import Token, TokenKind
from ..say import Say

_EVERYWHERE = frozenset(PATH)
_NETWORK = frozenset({Stage.REACH, Stage.INGRESS})
_BEHIND = frozenset({Stage.IAP, Stage.TOKEN, Stage.IAM, Stage.APP})
_REDIRECTS = frozenset({302, 303, 307})
_REFUSES_TOKENS = frozenset({ErrorFamily.ACCESS_TOKEN_DENIED, ErrorFamily.OPEN_ID_TOKEN_DENIED})
_OWN_CALL = "the caller's own call"


def observe(facts: Facts) -> tuple[Observation, ...]:
    """Return what each call showed, the one that decides first."""
    seen = (_pasted(facts) or _unminted(facts), *_own(facts), _attempted(facts), _refused(facts))
    return tuple(observation for observation in seen if observation is not None)


def _pasted(facts: Facts) -> Observation | None:
    seen = of_caller(facts)
    if seen is None:
        return None
    judged = value_of(facts.judged)
    of_many = f" ({judged})" if judged is not None and str(judged) else ""
    got = _got(_OWN_CALL, seen.status, seen.author)
    said = value_of(facts.said)
    says_googles = said is not None and said.get("token-kind") == "id-token"
    return Observation(
        seen.stages,
        f"{got}: {seen.because}{of_many}",
        seen.source,
        _EVERYWHERE,
        passed=seen.passed,
        status=seen.status,
        whole=seen.whole and not says_googles,
        whole_request=seen.whole_request or _is_sent_by_google(facts),
        google_token=says_googles or _is_googles(value_of(facts.token)),
        own=True,
        brief=f"{got}{of_many}",
        by_api=_is_to_an_api(facts),
    )


def _unminted(facts: Facts) -> Observation | None:
    """IAM refused a token to whoever asked for it: the call was not made, and nothing behind that stopped it."""
    given = value_of(facts.evidence)
    errors = given.errors if given is not None else ()
    failed = next((error for error in errors if error.family in _REFUSES_TOKENS), None)
    if failed is None:
        return None
    summary = Say("no token could be made: {message}", message=failed.message)
    source = Source("evidence", f"error message, line {failed.lines[0]}")
    return Observation(frozenset({Stage.MINT}), summary, source, _EVERYWHERE, whole=False, own=True)


def _is_to_an_api(facts: Facts) -> bool:
    """Whether the call goes to one of Google's own APIs, which starts a job: no service of Cloud Run answers it."""
    call, sending = value_of(facts.call), value_of(facts.sending)
    url = call.url if call is not None else (sending and sending.target) or ""
    return host_of(url).endswith(".googleapis.com")


def _got(whose: str, status: int | None, author: Author) -> str:
    """Return whose call got what from whom."""
    if author is Author.UNCERTAIN:
        return (
            Say("{whose} got {status}, but who wrote the answer is uncertain", whose=whose, status=status)
            if status
            else f"{whose} failed"
        )
    return (
        Say("{whose} got {status} from {author}", whose=whose, status=status, author=author)
        if status
        else Say("{whose} was answered by {author}", whose=whose, author=author)
    )


def _is_sent_by_google(facts: Facts) -> bool:
    """Google's own products send one well-formed header, with the token that their setting asks for."""
    caller = value_of(facts.caller)
    return caller is not None and bool(declared(caller.kind).agent) and isinstance(facts.sending, Known)


def _is_googles(token: Token | None) -> bool:
    return token is not None and token.kind is TokenKind.ID_TOKEN


def _own(facts: Facts) -> tuple[Observation | None, ...]:
    calls = facts.calls
    if not isinstance(calls, Known):
        return ()
    made = calls.value
    covers = _covered(facts, made)
    if isinstance(facts.principal, Absent):
        with_token = None
        signs_in = _is_sent_to_sign_in(facts, made.without_token)
        without = None if signs_in else _tried(made.without_token, calls, covers, "a call without a token", token=False)
    else:
        with_token = _tried(made.with_token, calls, covers, "a call with a token made here", token=True)
        without = _tried(
            made.without_token, calls, covers & _shown_by_any_call(made), "a call without a token", token=False
        )
    junk = _tried(made.with_junk, calls, frozenset(), "a call with a junk token", token=True)
    return with_token, without, junk, _unanswered(made, calls.source, covers)


def _is_sent_to_sign_in(facts: Facts, answer: Response | None) -> bool:
    """Whether somebody in a browser is led to Google's sign-in by IAP: what they get is the answer after that."""
    caller = value_of(facts.caller)
    if caller is None or caller.kind is not CallerKind.BROWSER or answer is None:
        return False
    return answer.status in _REDIRECTS and read(answer, with_token=False).author is Author.IAP


def _unanswered(made: TestCalls, source: Source, covers: frozenset[Stage]) -> Observation | None:
    """No answer at all is an answer of the network's."""
    if not made.unanswered:
        return None
    return Observation(
        frozenset({Stage.REACH}),
        Say("a call to {url} got no answer: {unanswered}", url=made.url, unanswered=made.unanswered),
        source,
        covers & _NETWORK,
        status=NO_ANSWER,
        whole_request=True,
    )


_OF_RPC = {0: 200, 5: 404, 7: 403, 16: 401}
"""The HTTP status that a product of Google's makes each code of.

Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
"""


def _attempted(facts: Facts) -> Observation | None:
    """The last call that a product made: its status alone, and of the settings as they were then."""
    attempt = facts.attempt
    if not isinstance(attempt, Known):
        return None
    made = attempt.value
    status = made.http_status or (None if made.code is None else _OF_RPC.get(made.code))
    if status is None or status < 400:
        return None
    signature = read(Response(status), with_token=None)
    when = f" at {made.at}" if made.at else ""
    return Observation(
        signature.stages,
        Say("the last attempt{when} got {status}", when=when, status=status),
        attempt.source,
        _EVERYWHERE,
        status=status,
        whole=False,
        whole_request=True,
        own=True,
        by_api=_is_to_an_api(facts),
    )


def _refused(facts: Facts) -> Observation | None:
    """What the service's log shows refused, of whomever: worth saying, and nobody's proof."""
    entries = value_of(facts.refused)
    if not entries:
        return None
    last = max(entries, key=lambda entry: entry.at or 0)
    calls = "1 call" if len(entries) == 1 else f"{len(entries)} calls"
    said = f": {last.message}" if last.message else ""
    summary = Say(
        "the service's log shows {calls} refused since the last change, from any caller; the last got", calls=calls
    )
    return Observation(
        frozenset(),
        f"{summary} {last.status}{said}",
        facts.refused.source,
        frozenset(),
        status=last.status,
        whole=False,
    )


def _shown_by_any_call(made: TestCalls) -> frozenset[Stage]:
    """What a call without the caller's token still shows: the network, and a service that lets everybody in."""
    answer = made.without_token
    if answer is None:
        return frozenset()
    stages = read_test_call(answer, made, with_token=False).stages
    if stages <= _NETWORK:
        return _NETWORK
    return _NETWORK | _BEHIND if stages == {Stage.APP} else frozenset()


def _tried(
    answer: Response | None, calls: Known[TestCalls], covers: frozenset[Stage], whose: str, *, token: bool
) -> Observation | None:
    return _observation(answer, calls, covers, whose, with_token=token) if answer is not None else None


def _observation(
    answer: Response, calls: Known[TestCalls], covers: frozenset[Stage], whose: str, *, with_token: bool | None
) -> Observation:
    signature = read_test_call(answer, calls.value, with_token=with_token)
    got = _got(whose, answer.status, signature.author)
    return Observation(
        signature.stages,
        f"{got}: {signature.because}",
        calls.source,
        covers,
        passed=signature.passed,
        status=answer.status,
        whole=signature.author is not Author.UNCERTAIN and answer.complete,
        whole_request=True,
        google_token=bool(with_token),
        brief=got,
    )


def _covered(facts: Facts, made: TestCalls) -> frozenset[Stage]:
    """Tell for which stages this tool's call speaks for the caller's."""
    leads_here, as_good = value_of(facts.call_leads_here), _is_as_good(facts, made)
    if leads_here is False or not (as_good or leads_here) or (refused_by_perimeter(made) and not _is_outside(facts)):
        return frozenset()
    if signs_in_at_iap(facts):
        return _way_in(facts) if as_good else frozenset()
    covers = _BEHIND | (_way_in(facts) if as_good else frozenset())
    balancer = value_of(facts.load_balancer)
    if balancer is not None and not as_good:
        # what stands at the load balancer, this call went around
        covers -= {Stage.IAP, Stage.TOKEN, Stage.IAM} if balancer.iap else {Stage.IAP}
    sent = value_of(facts.token)
    if sent is not None and not (sent.kind is TokenKind.ID_TOKEN and _same_to_the_service(facts, sent, made)):
        covers -= {Stage.TOKEN, Stage.IAM, Stage.APP}
    return covers


def signs_in_at_iap(facts: Facts) -> bool:
    """A person signs in to IAP in the browser; nobody mints a token for that."""
    principal = value_of(facts.principal)
    return is_behind_iap(facts.service, facts.load_balancer) and principal is not None and principal.kind == "user"


def _is_as_good(facts: Facts, made: TestCalls) -> bool:
    """Tell whether the host that this tool called is the caller's, or another of the service's own."""
    call, service = value_of(facts.call), value_of(facts.service)
    called = call.host if call else ""
    own = {host_of(url) for url in service.urls} if service else set()
    return host_of(made.url) == called or {host_of(made.url), called} <= own


def _same_to_the_service(facts: Facts, sent: Token, made: TestCalls) -> bool:
    """Two audiences are as good as one where the service takes both."""
    if sent.audience == made.audience:
        return True
    service = value_of(facts.service)
    return service is not None and all(
        audience is not None and service.accepts_audience(audience) for audience in (sent.audience, made.audience)
    )


def _is_outside(facts: Facts) -> bool:
    origin = value_of(facts.origin)
    return origin is None or origin.place in {Place.HERE, Place.INTERNET}


def _way_in(facts: Facts) -> frozenset[Stage]:
    """Return which stages of the network this tool's way speaks for: out of a VPC the caller has a way of its own."""
    origin = value_of(facts.origin)
    if origin is None or _is_outside(facts):
        return _NETWORK
    if value_of(facts.ingress) is not Ingress.ALL:
        return frozenset()
    call = value_of(facts.call)
    by_its_own = origin.place is Place.VPC and call is not None and is_made_by_google(call.url)
    return _NETWORK - {Stage.REACH} if by_its_own else _NETWORK

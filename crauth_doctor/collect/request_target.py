"""The call in question, and the tool's own test calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from ..deferred import dataclass
from ..gcp.own_urls import is_own, own_urls
from ..gcp.products import run
from ..model.address import Custom, Deterministic, origin_of, parse_url
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.http import Call, Response, TestCalls
from ..model.iam import EVERYBODY, PolicyAt
from ..model.run import Domain, Service, is_run_app
from ..model.token import Token, TokenKind
from .callers.kind import ResolvedCaller
from .find_service import ServiceReference
from .question import Question

_GIVEN = Source("given", "the call in question")
_DEFAULT_METHOD = "GET"
_NO_PATH = frozenset({"", "/"})
_FUNCTIONS = ".cloudfunctions.net"


@dataclass(frozen=True)
class Target:
    """What the test calls are sent to."""

    url: str  # scheme, host, path and query
    audience: str  # that the token is minted for
    own: frozenset[str]  # the URLs that a token may be sent to


def call_of(
    question: Question, asked: ServiceReference, deployed: Fact[run.Deployed], caller: ResolvedCaller
) -> Fact[Call]:
    """Describe the call in question: the URL that the user gave, else the one that the caller is set to call."""
    sending = value_of(caller.sending)
    if question.url is None and sending is not None and sending.target is not None:
        method = caller.method if caller.method and question.method == _DEFAULT_METHOD else question.method
        url = _at(sending.target, question.path)
        return Known(Call(url, method.upper(), question.headers), caller.sending.source)
    base = question.url or asked.url
    if base is not None:
        return Known(Call(_join(base, question.path), question.method.upper(), question.headers), _GIVEN)
    if isinstance(deployed, Known) and deployed.value.service.url:
        url = _join(deployed.value.service.url, question.path)
        return Known(Call(url, question.method.upper(), question.headers), deployed.source)
    detail = "the service's URL is not known: pass --url"
    if isinstance(deployed, Unknown):
        return Unknown(deployed.source, deployed.obstacle, detail, deployed.permission)
    return Unknown(deployed.source, Obstacle.NOT_TOLD, detail)


def target_of(
    question: Question,
    asked: ServiceReference,
    call: Fact[Call],
    deployed: Fact[run.Deployed],
    caller: ResolvedCaller,
) -> Target | None:
    """Choose what to send test calls to: the call's URL where it is the service's own, else the service's.

    The token is asked for with the audience that the caller's has, so that what it gets shows what the caller gets.

    Where the service cannot be read, its URL is taken at its word if Cloud Run alone can have made it: it names the
    service, and a token for it is worth nothing anywhere else.
    """
    audience = question.audience or _audience_of(caller)
    if isinstance(deployed, Known) and deployed.value.service.url:
        return _target_of(question, deployed.value.service, call, audience, caller)
    if not isinstance(call, Known):
        return None
    base = origin_of(call.value.url)
    trusted = isinstance(deployed, Unknown) and _speaks_for_itself(base, asked) and audience in {None, base}
    return Target(call.value.url, audience or base, frozenset({base} if trusted else ()))


def calls_domain(call: Fact[Call]) -> bool:
    """Return whether the call goes to a host that is none of Cloud Run's own."""
    return isinstance(call, Known) and isinstance(parse_url(call.value.url), Custom)


def at_domain(
    target: Target, question: Question, call: Fact[Call], domain: Fact[Domain], caller: ResolvedCaller
) -> Target:
    """Return the target at the custom domain that is called, where a mapping says that it is the service's.

    No token goes there: that the mapping became ready once says nothing of where its DNS leads to today.
    Documentation: https://docs.cloud.google.com/run/docs/mapping-custom-domains
    """
    if not isinstance(call, Known) or not isinstance(domain, Known) or not domain.value.ready:
        return target
    base = f"https://{domain.value.host}"
    url = _join(base, question.path) if _would_run_it(question, caller) else _https(call.value.url)
    return replace(target, url=url)


def may_carry(token: Token, service: Service | None, own: PolicyAt | None) -> bool:
    """Return whether a token can do no harm at the service that it is sent to.

    The service's own tokens may get there; with one that is for something else, its container could call that. Where
    the invoker check is on and the service is not public, the front end refuses such a token, and the container sees
    nothing of it.

    A service that could not be read is None, and its URL is taken at its word.
    """
    if service is None:
        return True
    audience = token.audience or ""
    if audience.removesuffix("/") in own_urls(service):
        return True
    # Anybody may declare another service's URL to be an audience of his own.
    if service.accepts_audience(audience) and not is_run_app(audience):
        return True
    if own is None or isinstance(own.policy, Unknown):
        return False
    policy = value_of(own.policy)
    bindings = policy.bindings if policy is not None else ()
    return service.checks_iam and not any(set(EVERYBODY) & set(binding.members) for binding in bindings)


def token_of(question: Question, caller: ResolvedCaller) -> Fact[Token]:
    """The token that the caller is set to send; an audience that the user gives is that of its ID token."""
    audience, told = question.audience, value_of(caller.token)
    if audience is None or (told is not None and told.kind is not TokenKind.ID_TOKEN):
        return caller.token
    who = value_of(caller.principal)
    token = told or Token(TokenKind.ID_TOKEN, email=who.email if who is not None else None)
    return Known(replace(token, audience=audience), Source("given", "--audience"))


def call_of_audience(token: Fact[Token], service: Fact[Service], call: Fact[Call]) -> Fact[Call]:
    """Return a call to the host in a token's audience; absent where it matters to nobody where that host leads."""
    sent, known, called = value_of(token), value_of(service), value_of(call)
    audience = sent.audience if sent is not None and sent.kind is TokenKind.ID_TOKEN else None
    if audience is None or known is None or known.accepts_audience(audience) or not audience.startswith("https://"):
        return _NO_AUDIENCE
    address = parse_url(audience)
    if not isinstance(address, Custom) or (called is not None and called.host == address.host):
        return _NO_AUDIENCE
    return Known(Call(f"https://{address.host}/"), token.source)


_NO_AUDIENCE: Final = Absent(Source("the token's audience", "not needed: it names no other domain of your own"))


def together(
    target: Target, without: Fact[Response], junk: Fact[Response], with_token: Fact[Response] | None
) -> Fact[TestCalls]:
    """Return the answers together; what got none is None, and where nothing was sent, it is unknown."""
    facts = (without, junk, with_token)
    nobody, junked, tokened = (fact.value if isinstance(fact, Known) else None for fact in facts)
    unanswered = next((said for said in map(silence, facts) if said), "")
    lost = any(isinstance(fact, Unknown) and fact.obstacle is Obstacle.NOT_IN_DOCUMENT for fact in facts)
    if nobody or junked or tokened or unanswered:
        made = TestCalls(target.url, nobody, junked, tokened, target.audience, unanswered, is_whole=not lost)
        return Known(made, without.source)
    return without if isinstance(without, Unknown) else Unknown(without.source, Obstacle.NOT_ASKED)


def silence(fact: Fact[Response] | None) -> str:
    """Return why a call that was sent got no answer; empty where it got one, or was not sent."""
    if not isinstance(fact, Unknown) or fact.source.read != "call":
        return ""
    is_silent = fact.obstacle in {Obstacle.TIMED_OUT, Obstacle.UNREACHABLE}
    return f"{fact.obstacle}: {fact.detail}" if is_silent else ""


def unsent(detail: str) -> Unknown:
    """Return why no test call was made."""
    return Unknown(Source("call", "not made"), Obstacle.NOT_ASKED, detail)


def _target_of(
    question: Question, service: Service, call: Fact[Call], audience: str | None, caller: ResolvedCaller
) -> Target:
    own = own_urls(service)
    asked = call.value.url if isinstance(call, Known) else service.url
    if is_own(asked, own):
        url = _join(_origin_for(asked), question.path) if _would_run_it(question, caller) else asked
    else:
        elsewhere = (
            question.url is None and not _would_run_it(question, caller) and value_of(caller.sending) is not None
        )
        path = urlsplit(asked).path if elsewhere and not _is_function(asked) else question.path
        url = _join(service.url, path)
    return Target(_https(url), audience or service.url, own)


def _would_run_it(question: Question, caller: ResolvedCaller) -> bool:
    """Return whether a test call, which is a GET, would do what the job does; nobody asked for that."""
    sending = value_of(caller.sending)
    is_given = question.url is not None or question.path not in _NO_PATH
    return not is_given and sending is not None and sending.target is not None and caller.method == _DEFAULT_METHOD


def _origin_for(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path if _is_function(url) else ''}"


def _is_function(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_FUNCTIONS)


def _audience_of(caller: ResolvedCaller) -> str | None:
    token = value_of(caller.token)
    return token.audience if token is not None and token.kind is TokenKind.ID_TOKEN else None


def _at(target: str, path: str) -> str:
    """The URL that is set, at the path asked for; where that is its own, its query stays."""
    return target if urlsplit(target).path == path else _join(target, path)


def _speaks_for_itself(base: str, asked: ServiceReference) -> bool:
    address = parse_url(base)
    if not isinstance(address, Deterministic):
        return False
    return (address.name, address.region) == (asked.id, asked.region) and address.number == asked.project


def _join(base: str, path: str) -> str:
    """Return a URL with a path: on a function's URL behind its name, else in the place of the URL's own."""
    if path in _NO_PATH:
        return base if urlsplit(base).path or urlsplit(base).query else f"{base}/"
    path = path if path.startswith("/") else f"/{path}"
    parts = urlsplit(base)
    before = parts.path.rstrip("/") if _is_function(base) else ""
    return f"{parts.scheme}://{parts.netloc}{before}{path}"


def _https(url: str) -> str:
    return f"https://{url.removeprefix('http://')}" if url.startswith("http://") else url

"""What a person says, put into the facts: it completes what was read, and never takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from ..answers.author import Author
from ..answers.observed import Sight, sight_of
from ..deferred import kept, replace
from ..iam.allow import may_invoke
from ..iam.conditions import request_of
from ..model.address import Custom, Deterministic, OfFunction, parse_url
from ..model.answer import Yes
from ..model.asks.said import Said
from ..model.asks.sayable import BY_NAME
from ..model.caller import Caller, CallerKind, Place
from ..model.change import Advise
from ..model.evidence import Wording
from ..model.exported import TokenType
from ..model.fact import SHOWN_BESIDE, STATED, WANTED, Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.finding import NO_ANSWER, Basis, Finding, Gainsaid, Outcome, Stage, Verdict
from ..model.http import Call, Response, Shown
from ..model.iam import Principal
from ..model.run import Egress
from ..model.token import GOOGLE_ISSUERS, Token, TokenKind
from ..rules.registry import AS_CALLER, AS_WANTED
from ..say import Say
from .supposed import SHOWN_BY, SUPPOSES

T = TypeVar("T")

_KINDS: Final = {
    TokenKind.ID_TOKEN: "id-token",
    TokenKind.ACCESS_TOKEN: "access-token",
    TokenKind.FOREIGN: "end-user",
    TokenKind.SELF_SIGNED: "self-signed",
}
_AUTHORS: Final = {
    Author.FRONT_END_404: "google-page",
    Author.INVOKER_CHECK: "google-page",
    Author.TOKEN_CHECK: "google-page",
    Author.LEGACY_INGRESS: "google-forbidden",
    Author.RESERVED_PATH: "google-robot",
    Author.IAP: "iap",
    Author.APPLICATION: "application",
    Author.PROXY: "between",
    Author.CLOUD_ARMOR: "bare",
}
_LOGGED: Final = {
    Wording.EMPTY_HEADER: "empty-header",
    Wording.LACKS_PERMISSION: "lacks-permission",
    Wording.NOT_AUTHORIZED: "not-verified",
    Wording.TOKEN_NOT_VERIFIED: "not-verified",
}
_SETTINGS: Final = {TokenType.OIDC: "oidc", TokenType.OAUTH: "oauth", TokenType.NONE: "none"}


Readings: TypeAlias = Mapping[str, tuple[str, Source]]
"""The sayable facts that were read: the value of each, and where it was read."""


@kept
def readings(facts: Facts) -> Readings:
    """Return what was read of all that can be said; what was only said or asked for is left out."""
    return MappingProxyType({name: found for name, look in _READ.items() if (found := look(facts)) is not None})


def heeded(said: Said, shown: Facts) -> tuple[Said, tuple[Gainsaid, ...]]:
    """Return what was said and nothing that was read contradicts, and what is contradicted."""
    if not said.pairs:
        return said, ()
    read = readings(shown)
    against = {pair: found for pair in said.pairs if (found := _gainsaying(*pair, read))}
    kept = Said(tuple(pair for pair in said.pairs if pair not in against))
    return kept, tuple(Gainsaid(*pair, *found) for pair, found in against.items())


def _gainsaying(name: str, value: str, read: Readings) -> tuple[str, Source] | None:
    """Return what was read that contradicts what is said, and where."""
    if (name, value) == OF_A_LOAD_BALANCER and is_behind_none(read):
        return read["host"]
    return read[name] if name in read and read[name][0] != value else None


OF_A_LOAD_BALANCER: Final = ("answer", "bare")
"""The short body of a load balancer's own refusal; it looks like whatever a library leaves out."""


def is_behind_none(read: Readings) -> bool:
    """Whether the call went to a URL that Cloud Run made, which no load balancer stands before."""
    return "host" in read and read["host"][0] == "run-app"


def is_before_others(rule: str, read: Readings) -> bool:
    """Whether a cause is one of what stands before other hosts only than the one that was called."""
    return is_behind_none(read) and "run-app" not in SUPPOSES.get(rule, {}).get("host", ("run-app",))


def with_shown(said: Said, facts: Facts) -> Said:
    """Return what was said, with an ingress that is asked for, or of a service that is shown in part, and the network.

    No rule that knows the whole service can judge by it, so it speaks for causes as words do; not where another
    workload is shown in a network, from which the call may come, or where a person made the call from elsewhere.
    """
    ingress = value_of(facts.ingress)
    given = value_of(facts.evidence)
    judged = isinstance(facts.service, Known) and facts.ingress.source.read != WANTED
    if ingress is None or judged or said.get("ingress") is not None:
        return said
    origin, told = value_of(facts.origin), said.get("network")
    by_hand = given is not None and any(each.failed and each.by_hand for each in given.exchanges)
    if told is None and (origin is None or by_hand):
        return said
    network = _NETWORKS.get(origin.egress) if told is None and origin and origin.place is Place.VPC else None
    shown = (("ingress", ingress.value), *((("network", network),) if network else ()))
    return Said((*shown, *said.pairs))


_NETWORKS: Final[Mapping[Egress | None, str]] = {
    Egress.ALL_TRAFFIC: "vpc-all",
    Egress.PRIVATE_RANGES_ONLY: "vpc-private",
}


_Read = Callable[[Facts], tuple[str, Source] | None]


def _of(fact: Fact[object], value: str | None) -> tuple[str, Source] | None:
    if value is None or isinstance(fact, Unknown) or fact.source.read in {SHOWN_BESIDE, STATED, WANTED}:
        return None
    return value, fact.source


def _known(fact_of: Callable[[Facts], Fact[T]], word: Callable[[T], str | None]) -> _Read:
    """Return what puts a fact into words, where it is known."""

    def read(facts: Facts) -> tuple[str, Source] | None:
        fact = fact_of(facts)
        return _of(fact, word(fact.value)) if isinstance(fact, Known) else None

    return read


def _seen(word: Callable[[Sight], str | None]) -> _Read:
    """Return what puts the caller's call into words, where anything of it is seen."""

    def read(facts: Facts) -> tuple[str, Source] | None:
        seen = sight_of(facts)
        found = word(seen) if seen is not None and seen.source.read != STATED else None
        return (found, seen.source) if seen is not None and found is not None else None

    return read


def _host(call: Call) -> str | None:
    if call.host.endswith(".googleapis.com"):
        return "google-api"
    return ("custom" if isinstance(parse_url(call.url), Custom) else "run-app") if call.host else None


def _status(seen: Sight) -> str | None:
    if seen.status is None:
        return None
    if seen.status == NO_ANSWER:
        return "none"
    usual = str(seen.status) if seen.status < _SERVER_ERROR else "server-error"
    return usual if usual in _STATUSES else "other"


_SERVER_ERROR: Final = 500


def _account_state(facts: Facts) -> tuple[str, Source] | None:
    if isinstance(facts.account, Absent):
        return _of(facts.account, "missing") if isinstance(facts.principal, Known) else None
    account = value_of(facts.account)
    return _of(facts.account, ("disabled" if account.disabled else "enabled") if account else None)


def _exists(facts: Facts) -> tuple[str, Source] | None:
    service = value_of(facts.service)
    if service is None:
        return _of(facts.service, "no" if isinstance(facts.service, Absent) else None)
    return _of(facts.service, "url-off" if service.default_url_disabled else "yes")


def _project(facts: Facts) -> tuple[str, Source] | None:
    service, call = value_of(facts.service), value_of(facts.call)
    if service is not None:
        return _of(facts.service, service.project)
    match parse_url(call.url) if call else None:
        case Deterministic(number=project) | OfFunction(project=project):
            return _of(facts.call, project)
        case _:
            return None


def _region(facts: Facts) -> tuple[str, Source] | None:
    service, call = value_of(facts.service), value_of(facts.call)
    if service is not None:
        return _of(facts.service, service.region)
    match parse_url(call.url) if call else None:
        case Deterministic(region=region) | OfFunction(region=region):
            return _of(facts.call, region)
        case _:
            return None


def _access(facts: Facts) -> tuple[str, Source] | None:
    """That the role is there; that it is not may be for many reasons, which the rules tell apart."""
    policies, principal, call = value_of(facts.policies), value_of(facts.principal), value_of(facts.call)
    if policies is None or principal is None or call is None:
        return None
    answer = may_invoke(policies, principal, request_of(call, facts.now))
    return _of(facts.policies, "granted" if isinstance(answer, Yes) else None)


def _denied(facts: Facts) -> tuple[str, Source] | None:
    denials, told = value_of(facts.denials), value_of(facts.troubleshot)
    if told is not None and told.is_denied is not None:
        return _of(facts.troubleshot, "yes" if told.is_denied else "no")
    return _of(facts.denials, "no" if denials is not None and not (denials.rules or denials.unread) else None)


def _domain(facts: Facts) -> tuple[str, Source] | None:
    domain, call = value_of(facts.domain), value_of(facts.call)
    if domain is not None and domain.ready is not None:
        return _of(facts.domain, "ready" if domain.ready else "pending")
    return _of(facts.call, "none" if call is not None and not isinstance(parse_url(call.url), Custom) else None)


_READ: Final[Mapping[str, _Read]] = MappingProxyType(
    {
        "url": _known(lambda facts: facts.call, lambda call: call.url),
        "host": _known(lambda facts: facts.call, _host),
        "scheme": _known(lambda facts: facts.call, lambda call: call.scheme),
        "status": _seen(_status),
        "answer": _seen(lambda seen: _AUTHORS.get(seen.author)),
        "log": _seen(lambda seen: _LOGGED.get(seen.wording) if seen.wording else None),
        "token-sent": _seen(lambda seen: {True: "yes", False: "no", None: None}[seen.with_token]),
        "token-kind": _known(lambda facts: facts.token, lambda token: _KINDS.get(token.kind)),
        "audience": _known(lambda facts: facts.token, lambda token: token.audience),
        "caller": _known(
            lambda facts: facts.caller,
            lambda caller: caller.kind.value if caller.kind in BY_NAME["caller"].values else None,
        ),
        "account": _known(lambda facts: facts.principal, lambda principal: principal.email),
        "account-state": _account_state,
        "ingress": _known(lambda facts: facts.ingress, lambda ingress: ingress),
        "iap": _known(lambda facts: facts.service, lambda service: "on" if service.iap_enabled else "off"),
        "exists": _exists,
        "project": _project,
        "region": _region,
        "token-setting": _known(
            lambda facts: facts.sending, lambda sending: _SETTINGS.get(sending.auth.type) if sending.auth else None
        ),
        "invoker": _access,
        "denied": _denied,
        "allusers-refused": _known(
            lambda facts: facts.constraints, lambda constraints: "yes" if constraints.restricts_members else "no"
        ),
        "domain": _domain,
        "google-access": _known(
            lambda facts: facts.subnetwork, lambda subnetwork: "on" if subnetwork.private_google_access else "off"
        ),
    }
)
"""How a fact that can be said is read. What has no row here nothing shows but words."""


def entered(facts: Facts, said: Said) -> Facts:
    """Return the facts with what was said in those of them that nothing shows; `said` keeps all of it."""
    given = {name: put for name, value in said.pairs if (put := _ENTER.get(name, _nothing)(facts, value)) is not None}
    changes: dict[str, Fact[object]] = {"said": Known(said, _source(said))} if said.pairs else {}
    for name, put in given.items():
        changes[_FIELD[name]] = Known(put, Source(STATED, f"{name}={said.get(name)}"))
    if said.get("token-sent") == "no" and "token" not in changes and not isinstance(facts.token, Known):
        changes["token"] = Absent(Source(STATED, "token-sent=no"))
    return replace(facts, **changes) if changes else facts  # type: ignore[arg-type]


def _source(said: Said) -> Source:
    return Source(STATED, ", ".join(f"{name}={value}" for name, value in said.pairs))


def _nothing(_: Facts, __: str) -> None:
    return None


def _call_of(facts: Facts, url: str) -> Call | None:
    if isinstance(facts.call, Known):
        return None
    whole = url if "://" in url else f"https://{url}"
    try:
        return Call(whole) if urlsplit(whole).hostname else None
    except ValueError:
        return None


def _response_of(facts: Facts, status: str) -> Response | None:
    if isinstance(facts.seen, Known) or status not in _STATUSES:
        return None
    return Response(_STATUSES[status], shown=Shown.NOTHING)


_STATUSES: Final = {"401": 401, "403": 403, "404": 404, "server-error": 500}


def _token_of_kind(facts: Facts, kind: str) -> Token | None:
    if isinstance(facts.token, Known):
        return None
    match kind:
        case "access-token":
            return Token(TokenKind.ACCESS_TOKEN)
        case "end-user":
            return Token(TokenKind.FOREIGN)
        case "self-signed":
            return Token(TokenKind.SELF_SIGNED)
        case "forwarded":
            return Token(TokenKind.ID_TOKEN, issuer=GOOGLE_ISSUERS[0], signature_removed=True)
        case _:
            return None


def _token_for(facts: Facts, audience: str) -> Token | None:
    return None if isinstance(facts.token, Known) else Token(TokenKind.ID_TOKEN, audience, GOOGLE_ISSUERS[0])


def _caller_of(facts: Facts, kind: str) -> Caller | None:
    return None if isinstance(facts.caller, Known) else Caller(kind, CallerKind(kind))


def _principal_of(facts: Facts, account: str) -> Principal | None:
    if isinstance(facts.principal, Known) or "@" not in account:
        return None
    kind = "serviceAccount" if account.endswith(".gserviceaccount.com") else "user"
    return Principal(account if ":" in account else f"{kind}:{account}")


_FIELD: Final = {
    "url": "call", "status": "seen", "token-kind": "token", "audience": "token", "caller": "caller",
    "account": "principal",
}  # fmt: skip
_ENTER: Final[Mapping[str, Callable[[Facts, str], object]]] = MappingProxyType(
    {
        "url": _call_of, "status": _response_of, "token-kind": _token_of_kind, "audience": _token_for,
        "caller": _caller_of, "account": _principal_of,
    }
)  # fmt: skip


def worded(outcomes: Iterable[Outcome], known: Facts, read: Readings, said: Said) -> tuple[Outcome, ...]:
    """Return the outcomes with what is said for and against each cause; what was read stands.

    Args:
        outcomes: what the rules say.
        known: the facts that they were asked about.
        read: what was read of all that can be said.
        said: what is said, and what follows from it.
    """
    return tuple(_worded(each, known, read, said) for each in outcomes)


def _worded(outcome: Outcome, known: Facts, read: Readings, said: Said) -> Outcome:
    if outcome.verdict is Verdict.CRASHED or (outcome.verdict is Verdict.BLOCKS and not rests_on_words(outcome)):
        return outcome
    against = refuted_by(outcome.rule, said)
    if not against and outcome.verdict is Verdict.CLEAR and outcome.rule.startswith(_BY_AUDIENCE):
        against = next((f"{name}={value}" for name, value in said.pairs if name == "audience"), "")
    if against:
        taken = _taken(against, known)
        return replace(
            outcome, said_not=taken, verdict=Verdict.UNKNOWN, finding=None, doubt=f"it goes against {against}"
        )
    speaking = [f"{name}={value}" for name, value in said.pairs if speaks_for(name, outcome.rule)]
    if not speaking or outcome.verdict in {Verdict.NOT_APPLICABLE, Verdict.BLOCKS}:
        return outcome
    given = value_of(known.evidence)
    if outcome.stage is not Stage.MINT and given is not None and given.errors and sight_of(known) is None:
        return outcome  # a library says why: no call was made
    if outcome.verdict is Verdict.CLEAR and outcome.basis is Basis.SETTINGS and not is_dormant(outcome, known, read):
        return outcome
    if shown_by(outcome.rule, read, said):
        return replace(outcome, verdict=Verdict.BLOCKS, finding=_finding(outcome, speaking, known))
    so = tuple(_taken(pair, known) for pair in speaking)
    doubt = outcome.doubt or f"only {', '.join(speaking)} speaks for it"
    return replace(outcome, verdict=Verdict.UNKNOWN, doubt=doubt, said_so=so)


def _taken(pair: str, known: Facts) -> str:
    """Word what is taken for granted: that what is said is so, or what is asked for, or the rest of what is shown."""
    name, _, value = pair.partition("=")
    origin = value_of(known.origin)
    if name == "network" and origin is not None and _NETWORKS.get(origin.egress) == value:
        return AS_CALLER
    if name != "ingress" or value_of(known.ingress) != value:
        return Say("what you say: {pair}", pair=pair)
    return AS_WANTED if known.ingress.source.read == WANTED else "what is not shown of the service is as it usually is"


_BY_AUDIENCE: Final = "token/audience-"
"""Causes that look at nothing but the audience: once it is said, one that finds nothing is refuted."""


def _finding(outcome: Outcome, speaking: Iterable[str], known: Facts) -> Finding:
    """Word a cause that what is said shows, and nothing else does."""
    title = outcome.title.removesuffix(".")
    words = tuple(_taken(pair, known) for pair in speaking)
    return Finding(f"{title[0].lower()}{title[1:]}", (), (Advise("what-is-said", outcome.way_out),), words)


def shown_by(rule: str, read: Readings, said: Said) -> bool:
    """Whether all that makes a cause is said, or was read."""
    known = {**dict(said.pairs), **{name: value for name, (value, _) in read.items()}}
    ways = SHOWN_BY.get(rule, ())
    return any(way and all(known.get(name) in values for name, values in way.items()) for way in ways)


def speaks_for(name: str, rule: str) -> bool:
    """Whether a fact is one of those that make a cause."""
    return any(name in way for way in SHOWN_BY.get(rule, ()))


def rests_on_words(outcome: Outcome) -> bool:
    """Whether a finding rests on what was said."""
    return any(source.read == STATED for source in outcome.rests_on)


def refuted_by(rule: str, said: Said) -> str:
    """Return what is said that a cause cannot be with; empty where nothing is."""
    supposed = SUPPOSES.get(rule, {})
    for name, value in said.pairs:
        values = supposed.get(name)
        if values is not None and value not in values:
            return f"{name}={value}"
    return ""


def is_dormant(outcome: Outcome, known: Facts, read: Readings) -> bool:
    """Whether a rule is silent only because nothing that it looks at was given, and what was read leaves it open."""
    if outcome.verdict is not Verdict.CLEAR or outcome.rule not in SHOWN_BY or isinstance(known.service, Known):
        return False
    supposed = SUPPOSES.get(outcome.rule, {})
    found = {**_asked_for(known), **read}
    return all(_is_left(supposed.get(name), name, value) for name, (value, _) in found.items())


def _is_left(row: Sequence[str] | None, name: str, value: str) -> bool:
    """Whether a cause can be with what was read; that a thing is not there goes with one that knows none of it."""
    return row is None or value in row or (not row and value not in BY_NAME[name].values)


@kept
def _asked_for(facts: Facts) -> Readings:
    """Return what was read, with what a file or a command asks for in it: a rule has looked at that as well."""
    wanted = {one.name: getattr(facts, one.name) for one in fields(facts)}
    taken = {
        name: Known(fact.value, Source("evidence", fact.source.target))
        for name, fact in wanted.items()
        if isinstance(fact, Known) and fact.source.read == WANTED
    }
    return readings(replace(facts, **taken)) if taken else MappingProxyType({})

"""Facts that follow from others. A rule may name one of them as it names a fact that was read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from ..answers.author import SERVER_ERROR, Author, read
from ..answers.observed import Sight, is_refusal, of_caller, sight_of
from ..deferred import dataclass, kept
from ..iam.allow import Grant, anybody_may, grants, may_invoke
from ..iam.conditions import request_of
from ..iam.deny import forbids
from ..iam.roles import documented, holds
from ..model.address import Custom, OfFunction, parse_url
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.change import ACCOUNT, Advise, SetSenderAudience
from ..model.exported import TokenType
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.finding import Finding, Stage
from ..model.holder import Standing
from ..model.http import Call, Response
from ..model.iam import INVOKE, AllowPolicies, Denials, Principal, Troubleshot
from ..model.leads import is_behind_iap
from ..model.run import Service, host_of, is_local, is_mtls, is_run_app
from ..say import Say
from .public_intent import moot, public_refused, public_sign_in, public_unset

T = TypeVar("T")


NOT_DENIED: Final = "no deny policy forbids it"


@dataclass(frozen=True)
class CallerAccess:
    """What the allow policies make of this caller and this call."""

    answer: Answer  # whether they let the caller in
    grants: tuple[Grant, ...]  # every binding that concerns the caller
    is_open: bool  # whether the service is known to let everybody in, or does not ask
    refused: bool  # whether the invoker check was seen to refuse a token of this caller
    # whether a 403 that does not tell who wrote it fits the one policy that was shown, the callee's own
    unnamed: bool = False
    undenied: bool = True  # whether certainly no deny policy forbids it

    def having(self, standing: Standing) -> tuple[Grant, ...]:
        """Return the bindings that stand so, and are certainly for this caller."""
        return tuple(grant for grant in self.grants if grant.standing is standing and grant.sure)

    def unless_let_in(self, finding: Finding | None) -> Finding | CannotTell | None:
        """Return the finding, unless the caller is, or may be, let in.

        Where some policy could not be read and yet the invoker check was seen to refuse the caller, what was not read
        does not let it in either; the finding then says that it takes this for granted.
        """
        if finding is None or self.is_open:
            return None
        match self.answer:
            case Yes():
                return None
            case No():
                return finding
            case CannotTell(because) as doubt:
                if not self.refused and not self.unnamed:
                    return doubt
                taken = (
                    *finding.assuming,
                    *(() if self.refused else ("the invoker check wrote the 403",)),
                    Say("the call was refused, so this does not let the caller in: {because}", because=because),
                    *(() if self.undenied else (NOT_DENIED,)),
                )
                return Finding(finding.title, finding.because, finding.fixes, taken)


@kept
def _access(facts: Facts) -> Fact[object]:
    service, policies, principal, call = facts.service, facts.policies, facts.principal, facts.call
    for needed in (policies, principal, call):
        if isinstance(needed, Unknown | Absent):
            return needed
    if not (isinstance(policies, Known) and isinstance(principal, Known) and isinstance(call, Known)):
        return _NEVER
    if is_behind_iap(service, facts.load_balancer):
        return Absent(service.source)  # Cloud Run sees IAP's own agent, not the caller
    hidden = _may_hide_iap(facts, call.value)
    if hidden is not None:
        return hidden
    request = request_of(call.value, facts.now)
    asks = not isinstance(service, Known) or service.value.checks_iam
    answer = _second_opinion(may_invoke(policies.value, principal.value, request), facts.troubleshot)
    given = grants(policies.value, principal.value, request)
    seen = sight_of(facts)
    found = CallerAccess(
        answer,
        given,
        not asks or _is_open(facts),
        is_refusal(seen),
        unnamed=_is_unnamed_refusal(seen) and _only_above_unshown(policies.value, answer, given),
        undenied=_is_undenied(facts.denials, principal.value, policies.value),
    )
    return Known(found, policies.source)


def _is_undenied(denials: Fact[Denials], principal: Principal, policies: AllowPolicies) -> bool:
    if not isinstance(denials, Known):
        return isinstance(denials, Absent)
    rules = denials.value.rules
    return not denials.value.unread and all(isinstance(forbids(one, principal, policies), No) for one in rules)


def _is_unnamed_refusal(seen: Sight | None) -> bool:
    """Whether the answer is a 403 that does not tell who wrote it."""
    return seen is not None and seen.author is Author.UNCERTAIN and seen.status == _FORBIDDEN


def _only_above_unshown(policies: AllowPolicies, answer: Answer, given: tuple[Grant, ...]) -> bool:
    """Whether the callee's own policy is known and does not let the caller in, and nobody showed those above it."""
    own = policies.chain[0].policy if policies.chain else None
    if not isinstance(own, Known) or not isinstance(answer, CannotTell):
        return False
    if not all(one.sure and one.standing in _LETS_NOBODY_IN for one in given):
        return False
    return all(one.obstacle in _UNSHOWN for one in answer.missing)


_FORBIDDEN: Final = 403
_UNSHOWN: Final = frozenset({Obstacle.NOT_ASKED, Obstacle.NOT_IN_DOCUMENT})
_LETS_NOBODY_IN: Final = frozenset(
    {Standing.LACKS_PERMISSION, Standing.CONDITION_UNMET, Standing.CONDITION_UNSUPPORTED, Standing.DELETED}
)


def _may_hide_iap(facts: Facts, call: Call) -> Unknown | None:
    """Return the read that failed of what stands before a host of the user's own, where no refusal shows the rest."""
    if not isinstance(parse_url(call.url), Custom) or is_refusal(sight_of(facts)):
        return None
    reads = (facts.load_balancer, facts.service)
    return next((one for one in reads if isinstance(one, Unknown) and one.obstacle is not Obstacle.NOT_ASKED), None)


def _second_opinion(answer: Answer, troubleshot: Fact[Troubleshot]) -> Answer:
    """Let Policy Troubleshooter, which sees into groups and conditions, decide what policies alone leave open."""
    is_allowed = troubleshot.value.is_allowed if isinstance(troubleshot, Known) else None
    if not isinstance(answer, CannotTell) or is_allowed is None:
        return answer
    if is_allowed:
        return Yes("Policy Troubleshooter says that it may")
    return No("Policy Troubleshooter says that it may not")


@dataclass(frozen=True)
class TokenCheck:
    """Whether the front end looks at the token of this call, and which audiences it takes."""

    on: bool  # whether it does, and the caller's own token was not seen to be accepted
    asks: bool  # whether the service asks for a token, or a role, at all
    assuming: tuple[str, ...]  # what that rests on, where it was not read
    accepted: tuple[str, ...]  # the audiences that are known to be accepted
    complete: bool  # whether these are all of them
    url: str  # the audience to ask for
    service: str | None  # full resource name of the service, where it is known
    id: str  # what to call it
    # why it does not matter what token arrives: everybody was to be let in, and something else is wrong
    moot: str | None = None
    # has the scheduler job or subscription that calls send an ID token for the service; None where another calls
    setting: SetSenderAudience | None = None
    sender: SetSenderAudience | None = None  # the same, where the token that is sent was made by such a setting
    unread: Unknown | None = None  # why the service's own audiences are not known, where they were asked for
    needless: bool = False  # whether nothing on the way to the application asks for one, Identity-Aware Proxy neither

    def accepts(self, audience: str) -> bool | None:
        """Tell whether it takes this audience; None where that is not known."""
        if audience in self.accepted or audience.removesuffix("/") in self.accepted:
            return True
        return False if self.complete else None

    def send_id_token(self, text: str) -> Advise:
        """Return the advice to set an ID token, with the command where a job or a subscription calls."""
        resets = self.setting is not None and "/subscriptions/" in self.setting.sender
        costs = "gcloud resets payload unwrapping." if resets else ""
        return Advise("set-oidc-token", text, (self.setting,) if self.setting else (), costs=costs)

    def finding(self, finding: Finding) -> Finding:
        """Return the finding with what the check's being on rests on."""
        return Finding(finding.title, finding.because, finding.fixes, (*finding.assuming, *self.assuming))


@kept
def _token_check(facts: Facts) -> Fact[object]:
    call, service = facts.call, facts.service
    nothing = isinstance(call, Unknown | Absent) and not isinstance(service, Known | Absent) and sight_of(facts) is None
    pasted = value_of(facts.evidence)
    if nothing and (
        pasted is None or not (public_refused(pasted.errors, pasted.events) or public_unset(pasted.errors))
    ):
        return call
    url = call.value.url if isinstance(call, Known) and not is_local(call.value.host) else ""
    if isinstance(service, Known):
        known = service.value
        is_on, to_ask_for = _is_on(facts, known), known.url or _origin(url)
        check = TokenCheck(
            is_on and not _went_past(facts),
            is_on,
            _rests_on(facts, known),
            tuple(dict.fromkeys((*known.urls, *known.custom_audiences))),
            complete=True,
            url=to_ask_for,
            service=known.full_name,
            id=known.id,
            moot=moot(facts),
            setting=(setting := _setting(facts, to_ask_for)),
            sender=setting if _is_made_by_setting(facts) else None,
            needless=not is_on and not is_behind_iap(service, facts.load_balancer),
        )
        return Known(check, service.source)
    if isinstance(service, Absent):
        return service
    if host_of(url).endswith(".googleapis.com"):
        return Absent(call.source)  # one of Google's APIs, which takes other tokens
    seen = sight_of(facts)
    if seen is not None and not _may_be_the_platforms(seen):
        return Absent(seen.source)
    assuming = () if _shows_the_check(seen) else ("the service checks tokens",)
    source = call.source if isinstance(call, Known) else _NOWHERE
    asks = not _is_open(facts)
    check = TokenCheck(
        asks and not _went_past(facts),
        asks=asks,
        assuming=assuming,
        accepted=_own_audiences(url),
        complete=False,
        url=_origin(url),
        service=None,
        id=host_of(url) or "the service",
        moot=moot(facts),
        unread=service if service.obstacle is not Obstacle.NOT_ASKED else None,
    )
    return Known(check, source)


def _own_audiences(url: str) -> tuple[str, ...]:
    """Return the audience that a URL of Google's tells by itself: its origin; of a function, with its name."""
    match parse_url(url):
        case OfFunction(name=name) if name:
            return (f"https://{host_of(url)}/{name}",)
        case _:
            return (_origin(url),) if is_run_app(url) else ()


def _setting(facts: Facts, url: str) -> SetSenderAudience | None:
    caller, sending = value_of(facts.caller), value_of(facts.sending)
    name = (caller.resource if caller else None) or ""
    if not name.startswith(_SENDERS) or not url.startswith("https://") or sending is None or sending.auth is None:
        return None
    plain = sending.target if sending.target and not re.search(r"[?#@]", sending.target) else None
    return SetSenderAudience(name, url, sending.auth.account or ACCOUNT, plain)


def _is_made_by_setting(facts: Facts) -> bool:
    """Whether the token that is sent is the ID token that the caller's job or subscription is set to send."""
    sending, token = value_of(facts.sending), value_of(facts.token)
    auth = sending.auth if sending else None
    if auth is None or auth.type is not TokenType.OIDC or auth.account is None or token is None:
        return False
    return token.audience == (auth.audience or (sending and sending.target))


def _is_on(facts: Facts, service: Service) -> bool:
    if is_behind_iap(facts.service, facts.load_balancer) or not service.checks_iam:
        return False
    return not _is_open(facts)


def _is_open(facts: Facts) -> bool:
    return isinstance(_openness(facts), Yes)


@kept
def _openness(facts: Facts) -> Answer | None:
    """Whether allow policies let everybody in; None where there are none to judge, or nothing is called."""
    policies, call = value_of(facts.policies), value_of(facts.call)
    if policies is None or call is None:
        return None
    return anybody_may(policies, request_of(call, facts.now))


def _went_past(facts: Facts) -> bool:
    """Tell whether the caller's own call was answered behind the token check, so that its token was accepted."""
    seen = of_caller(facts)
    return seen is not None and min(seen.stages) > Stage.TOKEN


def _rests_on(facts: Facts, service: Service) -> tuple[str, ...]:
    if isinstance(_openness(facts), No) or not service.checks_iam or _shows_the_check(sight_of(facts)):
        return ()
    return ("the service is not open to allUsers",)


def _shows_the_check(seen: Sight | None) -> bool:
    return seen is not None and seen.author in {Author.TOKEN_CHECK, Author.INVOKER_CHECK}


def _may_be_the_platforms(seen: Sight) -> bool:
    return seen.author in {Author.TOKEN_CHECK, Author.INVOKER_CHECK, Author.UNCERTAIN, Author.PROXY}


def _origin(url: str) -> str:
    host = host_of(url)
    if not host:
        return "the service's URL"
    if host.endswith(".cloudfunctions.net"):
        return url.partition("?")[0].rstrip("/")
    plain = host.removesuffix(".mtls.run.app") + ".run.app" if is_mtls(url) else host
    return f"https://{plain.rpartition('---')[2]}"


_SENDERS: Final = ("//cloudscheduler.googleapis.com/", "//pubsub.googleapis.com/")
_NOWHERE: Final = Source("evidence", "none was given")
_NEVER: Final = Unknown(_NOWHERE, Obstacle.NOT_ASKED)


def _sight(facts: Facts) -> Fact[object]:
    found = sight_of(facts)
    if found is not None:
        return Known(found, found.source)
    asked = [fact for fact in (facts.seen, facts.evidence, facts.calls) if isinstance(fact, Unknown)]
    return asked[0] if len(asked) == 3 else Absent(_NOWHERE)


def _used_at(facts: Facts) -> Fact[object]:
    """When the caller's token was sent: a pasted call has a time of its own, which need not be now."""
    pasted = value_of(facts.evidence)
    if pasted is None or not isinstance(facts.token, Known) or facts.token.source.read != "evidence":
        return facts.now
    sent = [e.at for e in pasted.exchanges if e.at is not None and e.failed]
    at = max(sent, default=pasted.latest)
    return facts.now if at is None else Known(at, facts.token.source)


def _app_answer(facts: Facts) -> Fact[object]:
    """The application's own answer, or the page that stands for a failure: to the call of the caller, or the tool's."""
    asked = [fact for fact in (facts.seen, facts.evidence, facts.calls) if isinstance(fact, Unknown)]
    if len(asked) == 3:
        return asked[0]
    own = of_caller(facts)
    made = value_of(facts.calls)
    answer = value_of(facts.seen) if own else (made.with_token or made.without_token if made else None)
    if answer is None and own is not None and own.author is Author.APPLICATION and own.status is not None:
        answer = Response(own.status)
    source = own.source if own else facts.calls.source
    author = own.author if own else read(answer, with_token=None).author if answer else None
    if answer is None or author is None:
        return Absent(source)
    if author is Author.UNCERTAIN and answer.status >= 400:
        return Unknown(source, Obstacle.NOT_TOLD, "the answer does not show whether the application wrote it")
    failed = author is Author.PLATFORM and answer.status >= SERVER_ERROR  # the page that stands for a container's
    return Known(answer, source) if author is Author.APPLICATION or failed else Absent(source)


def _who_decides(facts: Facts) -> Fact[object]:
    """What lets some members in, or forbids it to some, where who calls is not known: it decides whether they may."""
    denials, policies = value_of(facts.denials), value_of(facts.policies)
    if isinstance(facts.principal, Known):
        return Absent(facts.principal.source)
    if denials is not None and denials.rules:
        doubt = Say(
            'the deny policy "{policy}" denies it to some, and who calls is not shown', policy=denials.rules[0].policy
        )
        return Known(doubt, facts.denials.source)
    own = value_of(policies.chain[0].policy) if policies is not None else None
    if own is None or not any(one.members and holds(documented(one.role, INVOKE), INVOKE) for one in own.bindings):
        return Absent(facts.principal.source)
    return Known("the service's policy lets some members in, and who calls is not shown", facts.policies.source)


def _part(name: str) -> Callable[[Facts], Fact[object]]:
    """Return what takes one list of all that the user gave: a rule names the one that it judges."""

    def part(facts: Facts) -> Fact[object]:
        given = facts.evidence
        return Known(getattr(given.value, name), given.source) if isinstance(given, Known) else given

    return part


def _public_sign(facts: Facts) -> Fact[object]:
    """What shows that the service was meant to be open to everybody."""
    sign = public_sign_in(facts)
    if sign is not None:
        return Known(sign, facts.evidence.source if isinstance(facts.evidence, Known) else facts.service.source)
    return next((one for one in (facts.evidence, facts.service) if isinstance(one, Unknown)), Absent(_NOWHERE))


_PARTS: Final = ("errors", "events", "exchanges", "logs", "exports", "credentials")
DERIVED: Final[Mapping[str, Callable[[Facts], Fact[object]]]] = {
    "access": _access,
    "check": _token_check,
    "sight": _sight,
    "app_answer": _app_answer,
    "used_at": _used_at,
    "who_decides": _who_decides,
    "public_sign": _public_sign,
    **{name: _part(name) for name in _PARTS},
}
"""By the name that a rule's parameter gives it."""


def derive(facts: Facts, name: str, kind: type[T]) -> Fact[T]:
    """Return what follows from facts, by its name."""
    found = DERIVED[name](facts)
    if isinstance(found, Known):
        if not isinstance(found.value, kind):
            raise TypeError(f"{name} is a {type(found.value).__name__}")
        return Known(found.value, found.source)
    return found

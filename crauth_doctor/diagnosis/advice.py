"""Which ways out are offered, and in what order: those that cure, with all that is known put into their words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, get_args

from ..deferred import dataclass, regex, replace
from ..model.address import Deterministic, Hashed, parse_url
from ..model.change import ACCOUNT, AUDIENCE, MEMBER, Advise, Applicable, Change, Command, GrantRole
from ..model.fact import value_of
from ..model.facts import Facts
from ..model.finding import Finding, Outcome, blocking_of
from ..model.iam import INVOKER, SERVICES_INVOKER
from ..model.run import is_run_app
from ..rules import Judgements
from .changed import changed
from .general import more_general

_SERVICE: Final = regex(r"(?://run\.googleapis\.com/)?projects/([^/]+)/locations/([^/]+)/services/([^/]+)")
_PLACES: Final = ("PROJECT", "REGION", "SERVICE")
_WORDS: Final = regex(r"\b(?:PROJECT|REGION|SERVICE|MEMBER|E-MAIL)\b")
_APPLICABLE: Final = get_args(Applicable)
_COMMAND: Final = regex(r"`gcloud [^`]*`")


@dataclass(frozen=True)
class Names:
    """What is known of a call by name."""

    words: Mapping[str, str]  # what stands for each placeholder, `{"SERVICE": "orders"}`
    account: str | None = None  # e-mail of the caller's service account
    audience: str | None = None  # the audience to ask for

    def into(self, change: Change) -> Change:
        """Return a change with what is known in the place of placeholders: only advice has any."""
        match change:
            case Advise(slug="what-is-left"):
                return replace(change, text=_COMMAND.sub(self._quoted, change.text))
            case Advise(commands=commands):
                return replace(change, commands=tuple(map(self._filled, commands)))
            case _:
                return change

    def _filled(self, command: Applicable | Command) -> Applicable | Command:
        given = {one.name: getattr(command, one.name) for one in fields(command)}
        known: dict[str, Any] = {name: self._known(text) for name, text in given.items() if isinstance(text, str)}
        return replace(command, **known)

    def _known(self, text: str) -> str:
        if text == AUDIENCE:
            return self.audience or text
        if self.account:
            text = text.replace(ACCOUNT, self.account)
        return self._worded(text) if text == MEMBER or (text.startswith("//") and ACCOUNT not in text) else text

    def _worded(self, text: str) -> str:
        return _WORDS.sub(lambda found: self.words.get(found[0], found[0]), text)

    def _quoted(self, command: re.Match[str]) -> str:
        return _WORDS.sub(
            lambda found: shlex.quote(self.words[found[0]]) if found[0] in self.words else found[0], command[0]
        )


def names_of(facts: Facts) -> Names:
    """Return what the facts know by name."""
    words: dict[str, str] = {}
    call, service, principal = value_of(facts.call), value_of(facts.service), value_of(facts.principal)
    match parse_url(call.url) if call else None:
        case Hashed(name):
            words["SERVICE"] = name
        case Deterministic(name, number, region):
            words |= {"SERVICE": name, "PROJECT": number, "REGION": region}
        case _:
            pass
    place = _SERVICE.fullmatch(service.full_name if service else facts.service.source.target)
    words |= {key: value for key, value in zip(_PLACES, place.groups() if place else (), strict=False) if value != "-"}
    account = principal.email if principal is not None and principal.is_service_account else None
    words |= {"MEMBER": principal.member} if principal is not None else {}
    words |= {"E-MAIL": account} if account else {}
    called = f"https://{call.host.rpartition('---')[2]}" if call and is_run_app(call.url) else None
    return Names(words, account, service.url if service else called)


def advised(outcomes: Iterable[Outcome], judged: Judgements, *, least: bool = False) -> tuple[Outcome, ...]:
    """Return outcomes with the ways out that cure, those that open something last.

    Args:
        outcomes: what the rules say.
        judged: what is known, and what the rules make of it.
        least: whether the role to give is the one that can do nothing but call services.
    """
    given = tuple(outcomes)
    names, blocking = names_of(judged.facts), frozenset([o.rule for o in blocking_of(given)])

    def offered(outcome: Outcome, finding: Finding) -> Outcome:
        named = (names.into(_narrowed(one) if least else one) for one in finding.fixes)
        ways = [one for one in named if _cures(one, outcome, judged, blocking)]
        return replace(outcome, finding=replace(finding, fixes=tuple(sorted(ways, key=lambda one: one.widens))))

    return tuple([one if one.finding is None else offered(one, one.finding) for one in given])


def _narrowed(change: Change) -> Change:
    """Return a change that gives the narrower of the two roles for calling."""
    match change:
        case GrantRole():
            return _least(change)
        case Advise(commands=given):
            return replace(change, commands=tuple(_least(one) if isinstance(one, GrantRole) else one for one in given))
        case _:
            return change


def _least(grant: GrantRole) -> GrantRole:
    on_service = grant.role == INVOKER and "/services/" in grant.resource
    return replace(grant, role=SERVICES_INVOKER) if on_service else grant


def _cures(change: Change, outcome: Outcome, judged: Judgements, blocking: frozenset[str]) -> bool:
    """Whether a cause is gone with a change in force, and nothing else stops the call there, or before, instead.

    A special cause that is gone while the more general one stays is no other thing: the call is stopped as it was.
    """
    if not isinstance(change, _APPLICABLE):
        return True
    same = {outcome.rule} | more_general(outcome.rule)
    then = judged.with_facts(changed(judged.facts, change), until=outcome.stage)
    after = [one.rule for one in blocking_of(then.outcomes) if one.stage <= outcome.stage]
    return not any(rule in same or rule not in blocking for rule in after)

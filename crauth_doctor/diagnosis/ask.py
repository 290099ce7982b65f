"""Which questions tell apart best what is left: each possible answer is put into the facts, and judged.

A question's worth is the information that its answer is expected to give of the cause, in bits, with the causes weighed
by how often they occur, and divided by what the answer costs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import log2
from typing import Final

from ..deferred import dataclass
from ..model.address import Custom, Deterministic, Hashed, OfFunction, origin_of, parse_url
from ..model.asks.said import Said
from ..model.asks.sayable import BY_NAME, SAYABLE, Cost, Sayable
from ..model.caller import CallerKind
from ..model.caller_kinds import TokenFrom, declared
from ..model.clienterror import MINTING, ErrorFamily
from ..model.exported import TokenType
from ..model.fact import WANTED, Known, Obstacle, value_of
from ..model.facts import Facts
from ..model.finding import Ask, AskAnswer, Basis, Observation, Outcome, Stage, Verdict
from ..model.run import is_run_app
from ..model.token import GCLOUD_CLIENT
from ..rules import Judgements
from .differential import FEW
from .general import more_general
from .observations import observe
from .priors import weight_of
from .said import (
    OF_A_LOAD_BALANCER,
    Readings,
    entered,
    is_before_others,
    is_behind_none,
    is_dormant,
    readings,
    refuted_by,
    rests_on_words,
    shown_by,
    speaks_for,
    worded,
)
from .supposed import EXCLUDED, FOLLOWS, SUPPOSES
from .unjudged import UNTOLD

_MOST: Final = 3
_LEAST: Final = 0.1
"""A question that is worth less bits is asked only where no other tells more, and no permission shows more."""
_MOST_OF_IT: Final = 0.9
"""A question can be asked where so much of what is left, by weight, has an answer to it."""
_USUALLY: Final = 0.8
"""How often the usual is so, where a cause says nothing of it."""
_TO_CHOOSE: Final = 0.03
"""How much dearer an answer gets by each value that it is chosen from."""
_PRICE: Final = {Cost.FLAG: 1.0, Cost.COMMAND: 1.2, Cost.ADMINISTRATOR: 2.0}
_OF_A_TOKEN: Final = ("caller", "token-setting", "agent", "account-state")
"""What there is to ask where no call was made, for want of a token."""
_ASKS: Final = (TokenFrom.CODE, TokenFrom.HAND)
"""How a caller's token comes to be where something asks for it that could say that it got none."""
_OIDC: Final = Said((("token-setting", "oidc"),))
_FOR_COMMANDS: Final = frozenset({"project", "region", "account"})
"""What tells no causes apart, and fills in a command that does."""


def implied(said: Said) -> Said:
    """Return what was said with what follows from it."""
    found = said
    for name, value in said.pairs:
        rows = FOLLOWS.get(name, {})
        for follows, so in (*rows.get("", {}).items(), *rows.get(value, {}).items()):
            if found.get(follows) is None:
                found = found.also(follows, so)
    return found


@dataclass(frozen=True)
class KnownOfCall:
    """What is known of a call, and judged."""

    judgements: Judgements  # the facts, with what was said in them, and what the rules say of them
    shown: Facts  # the facts without what was said
    said: Said  # what was said, and what follows from it

    @property
    def read(self) -> Readings:
        """What was read of all that can be said."""
        return readings(self.shown)

    @property
    def facts(self) -> Facts:
        """The facts that were judged."""
        return self.judgements.facts

    @property
    def is_written_oidc(self) -> bool:
        """Whether a task, a job or a subscription is written to attach an ID token; it need not be in effect so."""
        sending = value_of(self.shown.sending)
        auth = sending.auth if sending and self.shown.sending.source.read == WANTED else None
        return auth is not None and auth.type is TokenType.OIDC

    @property
    def says_why(self) -> bool:
        """Whether a message says that no token could be made: then the call was not made."""
        return bool(self._failures & MINTING)

    @property
    def _failures(self) -> frozenset[ErrorFamily]:
        given = value_of(self.facts.evidence)
        return frozenset(error.family for error in given.errors) if given else frozenset()

    def so(self, name: str) -> str | None:
        """Return what was read of a fact, else what was said of it."""
        return self.read[name][0] if name in self.read else self.said.get(name)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what the rules say, with what is said for and against each cause."""
        found = self.judgements.outcomes
        return worded(found, self.facts, self.read, self.said) if self.said.pairs else found

    def also(self, name: str, value: str) -> KnownOfCall:
        """Return what would be known if this were said as well."""
        said = implied(self.said.also(name, value))
        return KnownOfCall(self.judgements.with_facts(entered(self.facts, said)), self.shown, said)

    def left(self, outcomes: Sequence[Outcome], seen: Observation | None) -> tuple[Outcome, ...]:
        """Return every cause that the answer can come from and nothing refutes; the one that is shown, where one is."""
        blocking = (o for o in outcomes if o.verdict is Verdict.BLOCKS and o.stage is not Stage.WARNING)
        shown = [o for o in blocking if _names(o, seen)]
        if shown:
            first, unsure = shown[0], self._is_unsure(shown[0], seen)
            return tuple(
                o for o in outcomes if o is first or ((unsure or goes_on(o, first)) and self._is_open(o, seen))
            )
        return tuple(o for o in outcomes if o.stage is not Stage.WARNING and self._is_open(o, seen))

    def _is_unsure(self, shown: Outcome, seen: Observation | None) -> bool:
        """Whether what shows a cause is said, and the answer may be that of something before the service."""
        host = self.read["host"][0] if "host" in self.read else ""
        return rests_on_words(shown) and host == "custom" and seen is not None and len(seen.stages) > FEW

    def _is_no_caller_of(self, outcome: Outcome) -> bool:
        """Whether a cause that nothing shows is one of other kinds of callers than the one that was read."""
        kind = self.read["caller"][0] if "caller" in self.read else None
        supposed = SUPPOSES.get(outcome.rule, {}).get("caller", ())
        if not supposed or outcome.verdict is Verdict.BLOCKS:
            return False
        if kind is None and self._failures & UNTOLD:
            return not any(declared(CallerKind(each)).token in _ASKS for each in supposed)
        return bool(kind) and kind not in supposed

    def _is_open(self, outcome: Outcome, seen: Observation | None) -> bool:
        if outcome.said_not or not _fits(outcome, seen) or self._is_no_caller_of(outcome):
            return False
        if self.is_written_oidc and outcome.verdict is not Verdict.BLOCKS and refuted_by(outcome.rule, _OIDC):
            return False
        if outcome.verdict is not Verdict.BLOCKS and is_before_others(outcome.rule, self.read):
            return False
        if is_dormant(outcome, self.facts, self.read):
            return True
        if seen is None and self.says_why:
            return outcome.verdict is Verdict.UNKNOWN and outcome.stage is Stage.MINT
        if seen is None:
            return outcome.verdict in {Verdict.UNKNOWN, Verdict.BLOCKS}
        return outcome.open_to(seen)


def goes_on(outcome: Outcome, named: Outcome) -> bool:
    """Whether it is to be asked for though another cause is named: a special case, or what was done, against intent."""
    if named.basis is Basis.INTENT and outcome.basis is Basis.HISTORY:
        return True
    return named.rule in more_general(outcome.rule)


def _fits(outcome: Outcome, seen: Observation | None) -> bool:
    return seen is None or outcome.predicts.fits(seen)


def _names(outcome: Outcome, seen: Observation | None) -> bool:
    return seen is None or (outcome.predicts.fits(seen) and (outcome.entailed or outcome.predicts.names(seen)))


def asks(known: KnownOfCall, remaining: Sequence[Outcome]) -> tuple[Ask, ...]:
    """Return the one to three questions whose answers split best what is left, the best first.

    Args:
        known: what is known, and was said.
        remaining: the causes that are left.
    """
    judged = value_of(known.facts.judged)
    if judged is not None and judged.urls:
        return (_which(judged.urls),)
    weights = weighed(remaining, known.said)
    facts: Iterable[Sayable] = SAYABLE
    if "status" not in known.read and known.said.get("status") is None:
        names = _OF_A_TOKEN if known.says_why else ("status",)
        facts = (BY_NAME[name] for name in names)
    found = [ask for fact in facts if (ask := _ask(fact, known, weights)) is not None]
    best = sorted(found, key=lambda ask: -ask.worth)[:_MOST]
    telling = [ask for ask in best if ask.worth >= _LEAST or ask.fact == "status"]
    if not telling and not any(each.obstacle is Obstacle.FORBIDDEN for o in remaining for each in o.missing):
        telling = best[:1]
    return (*telling, *_for_commands(telling, known))[:_MOST]


def _which(urls: Sequence[str]) -> Ask:
    """Return the question which of several calls is meant: until that is known, nothing of any of them is."""
    fact = BY_NAME["url"]
    return Ask(fact.name, fact.question, tuple(AskAnswer(url, "", ()) for url in urls if url), is_open=True)


def _ask(fact: Sayable, known: KnownOfCall, weights: Mapping[str, float]) -> Ask | None:
    if known.so(fact.name) is not None or any(
        known.so(each) in row for each, row in EXCLUDED.get(fact.name, {}).items()
    ):
        return None
    if fact.name == "token-setting" and known.is_written_oidc:
        return None
    if fact.name == "ingress" and isinstance(known.shown.ingress, Known):
        return None  # what is asked for stands there, though a rule that knows the whole service cannot judge by it
    judged = fact.name in _JUDGED or known.says_why
    if not judged and not any(fact.name in SUPPOSES.get(cause, {}) for cause in weights):
        return None
    takes = Said(tuple(implied(Said(((fact.name, ""),))).pairs[1:]))
    if any(refuted_by(cause, takes) for cause in weights) or any(
        _is_unusual(known, *pair) and not _is_with_all(weights, *pair) for pair in takes.pairs
    ):
        return None  # it takes for granted what has to be asked first
    values = fact.values or _samples(fact, known.facts)
    if is_behind_none(known.read):
        values = {value: meaning for value, meaning in values.items() if (fact.name, value) != OF_A_LOAD_BALANCER}
    leaves = {value: (_judged if judged else _supposed)(known, fact.name, value, weights) for value in values}
    worth = _information(fact, weights, leaves, judged=judged) / _PRICE[fact.cost] / (1 + _TO_CHOOSE * len(fact.values))
    tells = any(leaves.values())
    if fact.name != "status" and len(set(leaves.values())) == 1:
        return None
    replies = (
        AskAnswer(value, values[value], _likelier(names)) for value, names in leaves.items() if names or not tells
    )
    return Ask(fact.name, fact.question, tuple(replies), not fact.values, filled(fact.command, known), worth)


def _is_unusual(known: KnownOfCall, name: str, value: str) -> bool:
    """Whether something is not usually so, and nobody says that it is, nor was it read."""
    return known.so(name) != value and BY_NAME[name].usual not in {"", value}


def _is_with_all(causes: Iterable[str], name: str, value: str) -> bool:
    """Whether something is so with each of these causes, whatever is usual."""
    return all(set(SUPPOSES.get(cause, {}).get(name, ())) == {value} for cause in causes)


_JUDGED: Final = frozenset({"status", "answer", "log", "token-sent", "token-kind", "audience"})
"""What rules judge by themselves, once it is said; the rest refutes and supports by what causes suppose."""


def _judged(known: KnownOfCall, name: str, value: str, _: Mapping[str, float]) -> frozenset[str]:
    then = known.also(name, value)
    seen = next((o for o in observe(then.facts) if o.speaks), None)
    fitting = [
        o
        for o in then.judgements.outcomes
        if _fits(o, seen) and (o.verdict is Verdict.BLOCKS or not refuted_by(o.rule, then.said))
    ]
    return frozenset(o.rule for o in then.left(worded(fitting, then.facts, then.read, then.said), seen))


def _supposed(known: KnownOfCall, name: str, value: str, weights: Mapping[str, float]) -> frozenset[str]:
    said = implied(known.said.also(name, value))
    news = Said(tuple(pair for pair in said.pairs if pair not in known.said.pairs))
    left = [cause for cause in weights if not refuted_by(cause, news)]
    speaking = (cause for cause in left if speaks_for(name, cause))
    shown = next((cause for cause in speaking if shown_by(cause, known.read, said)), None)
    if shown is None:
        return frozenset(left)
    return frozenset(cause for cause in left if cause == shown or shown in more_general(cause))


def weighed(causes: Iterable[Outcome], said: Said) -> dict[str, float]:
    """Return how likely each cause is against the others: how often it occurs, and how well it fits what was said."""
    return {o.rule: weight_of(o.rule) * _fit(o.rule, said) for o in causes}


def _fit(cause: str, said: Said) -> float:
    fit = 1.0
    for name, value in said.pairs:
        fact, row = BY_NAME[name], SUPPOSES.get(cause, {}).get(name)
        ways = row if row is not None else tuple(fact.values)
        fit *= _share(fact, value, ways) if value in ways else 1.0
    return fit


def _share(fact: Sayable, value: str, ways: Collection[str]) -> float:
    """Return how likely it is that this is said of a fact, of which so many values can be true."""
    if fact.usual not in ways or len(ways) == 1:
        return 1 / len(ways)
    return _USUALLY if value == fact.usual else (1 - _USUALLY) / (len(ways) - 1)


def _information(
    fact: Sayable, weights: Mapping[str, float], leaves: Mapping[str, frozenset[str]], *, judged: bool
) -> float:
    """Return how much an answer is expected to tell of the cause, in bits."""
    ways = {cause: [value for value, names in leaves.items() if cause in names] for cause in weights}
    told = {cause: weight for cause, weight in weights.items() if ways[cause]}
    total = sum(told.values())
    if not told or (not judged and total < _MOST_OF_IT * sum(weights.values())):
        return 0.0  # for the rest none of its answers is true: something else is to be asked first
    after = 0.0
    for value in leaves:
        parts = [told[cause] * _share(fact, value, ways[cause]) for cause in told if value in ways[cause]]
        after += sum(parts) / total * _entropy(parts)
    return _entropy(list(told.values())) - after


def _entropy(weights: Sequence[float]) -> float:
    total = sum(weights)
    return -sum(weight / total * log2(weight / total) for weight in weights if weight) if total else 0.0


def _likelier(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-weight_of(name), name)))


def _samples(fact: Sayable, facts: Facts) -> Mapping[str, str]:
    """Return what may be said where anything can: of an audience, the right one and each form that goes wrong."""
    call = value_of(facts.call)
    if fact.name != "audience":
        return {}
    url = call.url if call else "https://orders-123456789012.us-central1.run.app/v1"
    origin = origin_of(url)
    own = origin.replace(host := origin.removeprefix("https://"), host.rpartition("---")[2])
    samples = {own: "scheme and host, as it should be"} if is_run_app(url) else {origin: "the host that is called"}
    return {
        **samples,
        f"{own}/v1": "with a path",
        f"{own}/?q=1": "with a query",
        host: "without https://",
        "https://other-210987654321.us-central1.run.app": "another service's URL",
        "https://tag---" + own.removeprefix("https://"): "a tag's URL",
        GCLOUD_CLIENT: "an OAuth client's id",
        "my-service": "any other word",
    }


def _for_commands(best: Sequence[Ask], known: KnownOfCall) -> Iterator[Ask]:
    """Yield the questions whose answers fill in the other questions' commands."""
    for fact in SAYABLE:
        hole = fact.name.upper()
        if fact.name in _FOR_COMMANDS and any(re.search(rf"\b{hole}\b", ask.command) for ask in best):
            yield Ask(fact.name, fact.question, (), is_open=True, command=filled(fact.command, known))


def filled(command: str, known: KnownOfCall) -> str:
    """Return a command with the names that are known; what is not stands in capitals, for the reader to fill in."""
    call = value_of(known.facts.call)
    names = {name: known.so(name) for name in _FOR_COMMANDS}
    names |= {"url": call.url if call else None, "host": call.host if call else None}
    names["service"] = _service(known.facts)
    return command.format(**{name: shlex.quote(value) if value else name.upper() for name, value in names.items()})


def _service(facts: Facts) -> str | None:
    service, call = value_of(facts.service), value_of(facts.call)
    if service is not None:
        return service.id
    match parse_url(call.url) if call else None:
        case Deterministic(name=name) | Hashed(name=name) | OfFunction(name=name):
            return name or None
        case Custom() | None:
            return None

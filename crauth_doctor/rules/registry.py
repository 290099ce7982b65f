"""How a rule is declared, and how it is asked.

A rule's parameters name the facts that it needs, and their annotations say how it wants them:

- `service: Service`: the value. Asked only when it is known; absent means that the rule does not apply.
- `account: Account | None`: the value, or None when there is none.
- `zones: Fact[tuple[PrivateZone, ...]]`: the fact itself, for what matters only sometimes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Generic, ParamSpec, TypeAlias

from ..deferred import kept
from ..model.answer import CannotTell
from ..model.fact import CODE, STATED, WANTED, Fact, Known, Source, Unknown
from ..model.facts import Facts
from ..model.finding import Basis, Finding, Outcome, Prediction, Stage, Verdict
from ..model.unread import sources_of
from ..say import Say
from .derived_facts import DERIVED

P = ParamSpec("P")
Judgement: TypeAlias = Finding | CannotTell | None

AS_WANTED: Final = "what the files that you gave request is what is in effect"
_ASSUMED: Final = {WANTED: AS_WANTED, CODE: "the code that you gave makes the token of this call"}

NOTHING_KNOWN: Final = "nothing that it needs is known"

SECTIONS: Final = ("What happens", "Confirm", "Fix", "Danger")
"""The paragraphs of every page, in order."""


@dataclass(frozen=True)
class Page:
    """A rule's page, as `explain` prints it.

    Args:
        title: what is wrong, in one line.
        sections: heading and text, in the order of `SECTIONS`.
        see: URL of the documentation that it rests on.
    """

    title: str
    sections: tuple[tuple[str, str], ...]
    see: str


class Want(Enum):
    """What of a fact a rule's parameter wants."""

    VALUE = "its value, without which the rule does not apply"
    OPTIONAL = "its value, or None"
    FACT = "the fact itself"


@dataclass(frozen=True, eq=False)
class Rule(Generic[P]):
    """One cause, and how to tell it.

    Args:
        id: `stage/slug`.
        stage: the stage of the path that it belongs to.
        judge: the function that was declared.
        needs: the names of the facts that it needs.
        wanted: for each of them, what finds it among the facts, and what of it is wanted.
        page: what `explain` prints of it.
        title: what is wrong, in one line.
        way_out: how the cause is mended.
        predicts: what the cause makes the answer look like.
        basis: what it judges by.
        after: the more specific cause behind which this one stands.
    """

    id: str
    stage: Stage
    judge: Callable[P, Judgement]
    needs: tuple[str, ...]
    wanted: tuple[tuple[Callable[[Facts], Fact[object]], Want], ...]
    page: Page
    title: str
    way_out: str
    predicts: Prediction
    basis: Basis
    after: str | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Judgement:
        """Judge plain values, as a table test does."""
        return self.judge(*args, **kwargs)

    def ask(self, facts: Facts) -> Outcome:
        """Judge the facts; whatever goes wrong becomes an outcome, never an exception."""
        read: list[Fact[object]] = []
        given: list[object] = []
        missing: list[Unknown] = []
        judge: Callable[..., Judgement] = self.judge
        try:
            for find, want in self.wanted:
                fact = find(facts)
                read.append(fact)
                if want is Want.FACT:
                    given.append(fact)
                elif isinstance(fact, Known):
                    given.append(fact.value)
                elif isinstance(fact, Unknown):
                    missing.append(fact)
                elif want is Want.VALUE:
                    return self.not_applicable
                else:
                    given.append(None)
            if missing:
                return self._outcome(Verdict.UNKNOWN, read, missing=tuple(dict.fromkeys(missing)))
            judgement = judge(*given)
        except Exception as error:  # noqa: BLE001 - one broken fact or rule must not silence the others
            return self._outcome(Verdict.CRASHED, read, doubt=f"{type(error).__name__}: {error}")
        match judgement:
            case None if all(isinstance(fact, Unknown) for fact in read):
                return self._outcome(Verdict.UNKNOWN, read, doubt=NOTHING_KNOWN)
            case None:
                return self.clear
            case CannotTell(because, unread):
                return self._outcome(Verdict.UNKNOWN, read, doubt=because, missing=unread)
            case Finding():
                return self._outcome(Verdict.BLOCKS, read, finding=_with_wishes(judgement, read))

    @cached_property
    def clear(self) -> Outcome:
        """The outcome where it finds nothing: always the same."""
        return self._outcome(Verdict.CLEAR, ())

    @cached_property
    def not_applicable(self) -> Outcome:
        """The outcome where what it judges is not there: always the same."""
        return self._outcome(Verdict.NOT_APPLICABLE, ())

    def _outcome(
        self,
        verdict: Verdict,
        read: Sequence[Fact[object]],
        *,
        finding: Finding | None = None,
        doubt: str = "",
        missing: tuple[Unknown, ...] = (),
    ) -> Outcome:
        return Outcome(
            rule=self.id,
            stage=self.stage,
            verdict=verdict,
            finding=finding,
            doubt=doubt,
            rests_on=tuple(dict.fromkeys(made for fact in read for made in _made(fact))),
            missing=missing,
            title=self.title,
            predicts=(finding and finding.predicts) or self.predicts,
            basis=self.basis,
            way_out=self.way_out,
        )


@kept
def _made(fact: Fact[object]) -> tuple[Source, ...]:
    return tuple(source for source in sources_of(fact) if source.was_made)


_USUAL: Final[Mapping[Stage, Prediction]] = {
    Stage.MINT: Prediction(frozenset({Stage.TOKEN, Stage.IAM}), frozenset({401, 403})),
    Stage.REACH: Prediction(frozenset({Stage.REACH}), frozenset({404})),
    Stage.INGRESS: Prediction(frozenset({Stage.INGRESS}), frozenset({403, 404})),
    Stage.IAP: Prediction(frozenset({Stage.IAP})),
    Stage.TOKEN: Prediction(frozenset({Stage.TOKEN}), frozenset({401})),
    Stage.IAM: Prediction(frozenset({Stage.IAM}), frozenset({403})),
    Stage.APP: Prediction(frozenset({Stage.APP})),
    Stage.WARNING: Prediction(frozenset()),
}
"""What a call gets that is stopped at a stage. A caller that cannot mint sends no token, an old one or another
identity's, and gets 401 or 403; a bad token gets 401 of the token check; ingress gives 404, in older captures 403.

Source: https://docs.cloud.google.com/run/docs/troubleshooting
"""


_DECLARED: Final[list[Rule[Any]]] = []


def registered() -> tuple[Rule[Any], ...]:
    """Return every rule that was declared, in the order of the path.

    Within a stage they stand as they are declared, but each behind the one that it comes `after`.
    """
    ordered = sorted(_DECLARED, key=lambda one: one.stage)
    for late in [one for one in ordered if one.after is not None]:
        ids = [one.id for one in ordered]
        here, before = ids.index(late.id), ids.index(late.after or "")
        if here < before:
            ordered.insert(before, ordered.pop(here))
    return tuple(ordered)


def rule(
    id: str,
    *,
    see: str,
    predicts: Prediction | None = None,
    basis: Basis = Basis.SETTINGS,
    after: str | None = None,
    more: str = "",
) -> Callable[[Callable[P, Judgement]], Rule[P]]:
    """Declare a rule.

    Args:
        id: `stage/slug`, as in the catalogue; never one that was used before.
        see: URL of the documentation that it rests on.
        predicts: what this cause makes the answer look like, where that is not what is usual for its stage.
        basis: what it judges by, and so what its silence means.
        after: the more specific cause behind which this one stands, where it is declared before it.
        more: what its page says besides of what happens, in lines: a table that others share.

    Raises:
        TypeError: a parameter names no fact, or the docstring is no page.
    """

    def declare(judge: Callable[P, Judgement]) -> Rule[P]:
        needs = tuple(inspect.signature(judge).parameters)
        known = {field.name for field in fields(Facts)} | set(DERIVED)
        if not set(needs) <= known:
            raise TypeError(f"{id}: no fact is named {sorted(set(needs) - known)}")
        stage = Stage[id.partition("/")[0].upper()]
        page = _page(id, judge.__doc__ or "", see, more)
        made = Rule(
            id,
            stage,
            judge,
            needs,
            tuple((DERIVED.get(name) or attrgetter(name), _want(str(judge.__annotations__[name]))) for name in needs),
            page,
            page.title,
            dict(page.sections)["Fix"],
            predicts or _USUAL[stage],
            basis,
            after,
        )
        _DECLARED.append(made)
        return made

    return declare


def _page(id: str, docstring: str, see: str, more: str) -> Page:
    title, *paragraphs = inspect.cleandoc(docstring).split("\n\n")
    sections: list[tuple[str, str]] = []
    for paragraph in paragraphs:
        heading, colon, text = paragraph.partition(":")
        if colon and heading in SECTIONS:
            sections.append((heading, re.sub(r"\s+", " ", text).strip()))
        elif sections:
            sections[-1] = (sections[-1][0], f"{sections[-1][1]}\n{paragraph}")
    if not title.endswith(".") or tuple(heading for heading, _ in sections) != SECTIONS:
        raise TypeError(f"{id}: its docstring must be a title and the paragraphs {', '.join(SECTIONS)}")
    if more:
        sections[0] = (sections[0][0], f"{sections[0][1]}\n{more}")
    return Page(title, tuple(sections), see)


def _with_wishes(finding: Finding, read: Sequence[Fact[object]]) -> Finding:
    """Say so where a finding rests on what a file asks for, a program makes or a person says, which need not be so."""
    sources = [source for fact in read for source in sources_of(fact)]
    reads = {source.read for source in sources}
    taken = [text for one, text in _ASSUMED.items() if one in reads]
    taken += dict.fromkeys(
        Say("what you say: {target}", target=source.target) for source in sources if source.read == STATED
    )
    return replace(finding, assuming=(*finding.assuming, *taken)) if taken else finding


def _want(hint: str) -> Want:
    """Return how a parameter wants its fact, by what stands in the source: to evaluate annotations takes long."""
    if hint.startswith("Fact["):
        return Want.FACT
    return Want.OPTIONAL if hint.endswith("| None") else Want.VALUE

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
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import Any, Final, Generic, ParamSpec, TypeAlias

from ..model.answer import CannotTell
from ..model.fact import CODE, SHOWN_BESIDE, STATED, WANTED, Source, Unknown
from ..model.facts import Facts
from ..model.finding import Basis, Finding, Outcome, Prediction, Stage, Verdict
from ..say import Say
from .given import NAMES, Given, as_fact, once

P = ParamSpec("P")
Judgement: TypeAlias = Finding | CannotTell | None

AS_WANTED: Final = "what the files that you gave request is what is in effect"
AS_CALLER: Final = "the other workload that you gave makes this call"
_ASSUMED: Final = {
    WANTED: AS_WANTED,
    CODE: "the code that you gave makes the token of this call",
    SHOWN_BESIDE: AS_CALLER,
}

NOTHING_KNOWN: Final = "nothing that it needs is known"

SECTIONS: Final = ("What happens", "Confirm", "Fix", "Danger")
"""The paragraphs of every page, in order."""


@dataclass(frozen=True)
class Page:
    """A rule's page, as `explain` prints it."""

    title: str  # what is wrong, in one line
    sections: tuple[tuple[str, str], ...]  # heading and text, in the order of `SECTIONS`
    see: str  # URL of the documentation that it rests on


@dataclass(frozen=True, eq=False)
class Rule(Generic[P]):
    """One cause, and how to tell it."""

    id: str  # `stage/slug`
    stage: Stage
    judge: Callable[P, Judgement]
    needs: tuple[str, ...]
    valued: frozenset[str]  # those of them whose value it is given; of the others it is given the fact
    # takes what its function is called with from what is given
    picked: Callable[[Mapping[str, object]], tuple[object, ...]]
    required: frozenset[str]  # those without whose value it does not apply
    page: Page  # what `explain` prints of it
    title: str
    way_out: str  # how the cause is mended
    predicts: Prediction  # what the cause makes the answer look like
    basis: Basis
    after: str | None = None  # the more specific cause behind which this one stands

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Judgement:
        """Judge plain values, as a table test does."""
        return self.judge(*args, **kwargs)

    def ask(self, facts: Facts) -> Outcome:
        """Judge facts; see `judged`."""
        return self.judged(Given.of(facts))

    def judged(self, given: Given) -> Outcome:
        """Judge what is given; whatever goes wrong becomes an outcome, never an exception."""
        if not self.required.isdisjoint(given.absent):
            return self.not_applicable
        if given.broken and (errors := [given.broken[name] for name in self.needs if name in given.broken]):
            return self._crashed(given, errors[0])
        if not self.valued.isdisjoint(given.unknown):
            asked = [given.unknown[name] for name in self.needs if name in self.valued and name in given.unknown]
            return self._outcome(Verdict.UNKNOWN, given, missing=once(asked))
        judge: Callable[..., Judgement] = self.judge
        try:
            judgement = judge(*self.picked(given.arguments))
        except Exception as error:  # noqa: BLE001 - one broken rule must not silence the others
            return self._crashed(given, error)
        match judgement:
            case None if not self.valued and given.unknown.keys() >= set(self.needs):
                return self._outcome(Verdict.UNKNOWN, given, doubt=NOTHING_KNOWN)
            case None:
                return self.clear
            case CannotTell(because, unread):
                return self._outcome(Verdict.UNKNOWN, given, doubt=because, missing=unread)
            case Finding():
                return self._outcome(Verdict.BLOCKS, given, finding=_with_wishes(judgement, given.sources(self.needs)))

    @cached_property
    def clear(self) -> Outcome:
        """The outcome where it finds nothing: always the same."""
        return self._outcome(Verdict.CLEAR)

    @cached_property
    def not_applicable(self) -> Outcome:
        """The outcome where what it judges is not there: always the same."""
        return self._outcome(Verdict.NOT_APPLICABLE)

    def _crashed(self, given: Given, error: Exception) -> Outcome:
        return self._outcome(Verdict.CRASHED, given, doubt=f"{type(error).__name__}: {error}")

    def _outcome(
        self,
        verdict: Verdict,
        given: Given | None = None,
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
            rests_on=given.sources(self.needs) if given else (),
            missing=missing,
            title=self.title,
            predicts=(finding and finding.predicts) or self.predicts,
            basis=self.basis,
            way_out=self.way_out,
        )


_USUAL: Final[Mapping[Stage, Prediction]] = {
    Stage.MINT: Prediction(
        frozenset({Stage.MINT, Stage.TOKEN, Stage.IAM}), frozenset({401, 403}), at_api=frozenset({401, 403})
    ),
    Stage.REACH: Prediction(frozenset({Stage.REACH}), frozenset({404})),
    Stage.INGRESS: Prediction(frozenset({Stage.INGRESS}), frozenset({404}), older=frozenset({403})),
    Stage.IAP: Prediction(frozenset({Stage.IAP})),
    Stage.TOKEN: Prediction(frozenset({Stage.TOKEN}), frozenset({401})),
    Stage.IAM: Prediction(frozenset({Stage.IAM}), frozenset({403}), at_api=frozenset({403})),
    Stage.APP: Prediction(frozenset({Stage.APP})),
    Stage.WARNING: Prediction(frozenset()),
}
"""What a call gets that is stopped at a stage. A caller that cannot mint is told so, or sends no token, an old one or
another identity's, and gets 401 or 403; a bad token gets 401 of the token check; ingress gives 404, in older captures
403. One of Google's APIs answers 401 to a request without a token, or with one that it does not take.

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
        if not NAMES.issuperset(needs):
            raise TypeError(f"{id}: no fact is named {sorted({*needs} - NAMES)}")
        # by what stands in the source, for to evaluate annotations takes long
        hints = {name: str(judge.__annotations__[name]) for name in needs}
        valued = frozenset(name for name, hint in hints.items() if not hint.startswith("Fact["))
        stage = Stage[id.partition("/")[0].upper()]
        page = _page(id, judge.__doc__ or "", see, more)
        made = Rule(
            id,
            stage,
            judge,
            needs,
            valued,
            _picker([name if name in valued else as_fact(name) for name in needs]),
            frozenset(name for name in valued if not hints[name].endswith("| None")),
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


def _picker(keys: Sequence[str]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    """Return what takes these from a mapping, in their order."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda mapping: tuple([mapping[key] for key in keys])


def _with_wishes(finding: Finding, sources: Sequence[Source]) -> Finding:
    """Say so where a finding rests on what a file asks for, a program makes or a person says, which need not be so."""
    reads = {source.read for source in sources}
    taken = [text for one, text in _ASSUMED.items() if one in reads]
    taken += dict.fromkeys(
        Say("what you say: {target}", target=source.target) for source in sources if source.read == STATED
    )
    return replace(finding, assuming=(*finding.assuming, *taken)) if taken else finding

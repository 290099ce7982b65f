"""THE DIFFERENTIAL. Each cause is entailed, open or refuted, and how sure the verdict is follows from that.

- proven: one cause is entailed by what was read, a whole answer of this very call is what it predicts, and every rival
  that predicts the same is refuted.
- expected: one is entailed, nothing before it is unread, and no answer tells it from its rivals.
- likely: it is the one that is left, or it rests on an assumption, or something before it could not be read.
- undecided: several are left. unexplained: none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..deferred import dataclass, replace
from ..model.change import Advise
from ..model.fact import STATED, Obstacle, Unknown
from ..model.finding import (
    PATH,
    Basis,
    Conclusion,
    Diagnosis,
    Finding,
    Observation,
    Outcome,
    Stage,
    Step,
    Sureness,
    Verdict,
    Witness,
    blocking_of,
)
from ..rules.registry import NOTHING_KNOWN
from ..say import Say
from .general import are_rivals, more_general
from .priors import likelier_first

_WORST_FIRST = (Verdict.BLOCKS, Verdict.CRASHED, Verdict.UNKNOWN, Verdict.CLEAR)
_DOUBT = frozenset({Verdict.CRASHED, Verdict.UNKNOWN})
_WEIGHT = {Stage.INGRESS: 3, Stage.IAM: 3}
"""Most calls are stopped at these two stages, so what is unread there is asked for first."""
FEW = 2
"""Where an answer can come from more stages than these, it does not tell who wrote it."""
_UNSEEN = Witness(Sureness.NOT_SHOWN)


@dataclass(frozen=True)
class _Named:
    """The cause that is named, and how sure it is; the causes that are left where none is."""

    conclusion: Conclusion
    cause: Outcome | None = None
    left: tuple[Outcome, ...] = ()


def conclude(
    outcomes: Iterable[Outcome],
    observations: Sequence[Observation],
    witnesses: Mapping[Stage, Witness],
    *,
    unread: tuple[Unknown, ...] = (),
    unjudged: tuple[str, ...] = (),
) -> Diagnosis:
    """Draw the diagnosis.

    Args:
        outcomes: of every rule, in the order of the path.
        observations: the calls that were seen, the caller's own first.
        witnesses: what shows that the call gets past each stage.
        unread: every read that failed.
        unjudged: what the user gave or said of a failing call that these facts do not answer, a sentence each.
    """
    asked = tuple(outcomes)
    speaking = [o for o in observations if o.speaks]
    seen = speaking[0] if speaking else None
    hiding, blocking = _hiding(asked), blocking_of(asked)
    steps = tuple(_steps(asked, seen, witnesses, hiding))
    named = _named(asked, [o for o in blocking if o.stage is not Stage.WARNING], speaking, steps, hiding)
    if named.conclusion is Conclusion.CLEAR and unjudged:
        named = replace(named, conclusion=Conclusion.UNDECIDED)
    return Diagnosis(
        steps,
        named.conclusion,
        named.cause,
        tuple(observations),
        tuple([o for o in blocking if o.stage is Stage.WARNING]),
        _unread(steps, unread),
        _explanations(named.conclusion, seen, steps),
        likelier_first(named.left),
        _assumed(steps, witnesses) if named.conclusion is Conclusion.CLEAR else (),
        unjudged,
    )


def _named(
    asked: Sequence[Outcome],
    blocking: Sequence[Outcome],
    seen: Sequence[Observation],
    steps: Sequence[Step],
    hiding: frozenset[Stage],
) -> _Named:
    first = seen[0] if seen else None
    fitting = [o for o in blocking if first is None or not _speaks_of(first, o) or o.predicts.fits(first)]
    entailed = next((o for o in fitting if o.entailed), None)
    if entailed is not None:
        return _Named(_sureness(entailed, asked, seen, steps, hiding), entailed)
    supposed = [o for o in fitting if first is None or o.predicts.names(first)]
    # an answer from before a stage says nothing of what would have stopped the call there
    earliest = min((o.stage for o in supposed), default=Stage.MINT)
    refuted = [o for o in blocking if o.entailed and o not in fitting and o.stage < earliest]
    if refuted:
        return _Named(Conclusion.UNDECIDED, None, (*refuted, *supposed))
    if supposed:
        return _supposed(supposed)
    if first is None:
        return _Named(*_unstopped(steps, asked))
    if first.passed:
        return _passed(first, blocking, steps, asked)
    return _by_elimination(first, asked, blocking)


def _sureness(
    cause: Outcome,
    asked: Sequence[Outcome],
    seen: Sequence[Observation],
    steps: Sequence[Step],
    hiding: frozenset[Stage],
) -> Conclusion:
    """Say how sure an entailed cause is: some call must show it, and none may gainsay it."""
    if cause.basis is not Basis.INTENT and any(_shows(each, cause, asked) for each in seen):
        return Conclusion.PROVEN
    earlier = [step for step in steps if step.stage < cause.stage and not step.passed]
    is_doubted = any(step.doubt or step.stage in hiding for step in earlier)
    return Conclusion.LIKELY if is_doubted else Conclusion.EXPECTED


def _shows(seen: Observation, cause: Outcome, asked: Sequence[Outcome]) -> bool:
    if not (seen.whole and _speaks_of(seen, cause) and cause.predicts.fits(seen)):
        return False
    if seen.passed and cause.stage is not Stage.APP:
        return False  # what was served was not stopped
    return not any(
        o.open_but_for_words(seen)
        and are_rivals(o.rule, cause.rule)
        and not _later(o, cause)
        and not is_silent_history(o)
        for o in asked
    )


def is_silent_history(outcome: Outcome) -> bool:
    """Whether it is a special case of a plainer cause, of which nothing was seen: a question, and no rival."""
    return outcome.basis in {Basis.HISTORY, Basis.INTENT} and outcome.verdict is Verdict.CLEAR


def _later(other: Outcome, cause: Outcome) -> bool:
    """Whether the other one blocks too, behind the cause: both are true, and the first on the path is named."""
    return other.entailed and cause.entailed and other.stage >= cause.stage


def _supposed(fitting: Sequence[Outcome]) -> _Named:
    """Name the one that rests on an assumption; where several do that exclude each other, none."""
    first = fitting[0]
    rivals = [o for o in fitting if are_rivals(o.rule, first.rule)]
    if not rivals:
        return _Named(Conclusion.LIKELY, first)
    return _Named(Conclusion.UNDECIDED, None, tuple(fitting))


def _unstopped(steps: Sequence[Step], asked: Sequence[Outcome]) -> tuple[Conclusion, None, tuple[Outcome, ...]]:
    """No call was seen, and nothing is known to block it."""
    judged = all(step.stage is Stage.APP or _is_passed(step) for step in steps)
    if judged:
        return Conclusion.CLEAR, None, ()
    left = (o for o in asked if o.verdict in _DOUBT and o.stage is not Stage.WARNING and not o.said_not)
    return Conclusion.UNDECIDED, None, tuple(left)


def _is_passed(step: Step) -> bool:
    return step.passed or bool(step.assuming) or step.verdict in {Verdict.CLEAR, Verdict.NOT_APPLICABLE}


def _passed(seen: Observation, blocking: Sequence[Outcome], steps: Sequence[Step], asked: Sequence[Outcome]) -> _Named:
    if blocking:
        return _Named(Conclusion.CONTRADICTED, next((o for o in blocking if o.entailed), blocking[0]))
    if Stage.APP not in seen.covers:
        return _Named(*_unstopped(steps, asked))
    unknown = [step for step in steps if step.stage not in seen.covers and not _is_passed(step)]
    return _Named(*_unstopped(steps, asked)) if unknown else _Named(Conclusion.CLEAR)


def _by_elimination(seen: Observation, asked: Sequence[Outcome], blocking: Sequence[Outcome]) -> _Named:
    """Name the one cause that is left of those that such an answer can come from."""
    left = [o for o in asked if o.stage is not Stage.WARNING and o.open_to(seen)]
    if not left:
        past = [o for o in blocking if o.entailed and min(seen.stages) > max(o.predicts.stages)]
        return _Named(Conclusion.CONTRADICTED, past[0]) if past else _Named(Conclusion.UNEXPLAINED)
    last = the_one_left(left, seen, asked)
    if last is not None:
        return _Named(Conclusion.LIKELY, last)
    silent = all(map(is_silent_history, _most_general(left)))
    return _Named(Conclusion.UNEXPLAINED if silent else Conclusion.UNDECIDED, None, tuple(left))


def the_one_left(left: Sequence[Outcome], seen: Observation, asked: Sequence[Outcome]) -> Outcome | None:
    """Return the one cause that is left, worded as such, with its special cases aside; None where there are several.

    Args:
        left: the causes that nothing refutes.
        seen: the answer that they are held against.
        asked: every outcome.
    """
    named = [o for o in _most_general(left) if not is_silent_history(o)]
    return _left_over(named[0], seen, asked) if len(named) == 1 and len(seen.stages) <= FEW else None


def _most_general(left: Sequence[Outcome]) -> list[Outcome]:
    return [o for o in left if not any(other.rule in more_general(o.rule) for other in left)]


_LEFT = "nothing shows this cause itself; it is the one that is left"


def _left_over(outcome: Outcome, seen: Observation, asked: Sequence[Outcome]) -> Outcome:
    """Word a cause that nothing shows, and nothing else explains."""
    title = outcome.title.removesuffix(".")
    words = dict.fromkeys(word for o in asked if (word := o.said_not) and o.predicts.fits(seen))
    by = "what was read, and what you say" if words else "what was read"
    said = dict.fromkeys((*outcome.said_so, *words))
    finding = Finding(
        f"{title[0].lower()}{title[1:]}",
        (seen.summary, Say("every other cause of such an answer is ruled out by {by}", by=by)),
        (Advise("what-is-left", outcome.way_out),),
        (*said, _LEFT),
    )
    return replace(outcome, verdict=Verdict.BLOCKS, finding=finding)


def is_left_over(outcome: Outcome) -> bool:
    """Whether a cause is named only because it is the one that is left."""
    return outcome.finding is not None and _LEFT in outcome.finding.assuming


def _speaks_of(seen: Observation, outcome: Outcome) -> bool:
    """Tell whether this call can bear a finding out, or contradict it.

    That this tool got a token for the caller does not show that the caller gets one.
    """
    if outcome.stage is Stage.MINT and not seen.own:
        return bool(outcome.predicts.stages & seen.stages & seen.covers) and not seen.passed
    return bool(outcome.predicts.stages & seen.covers)


def _hiding(outcomes: Iterable[Outcome]) -> frozenset[Stage]:
    """Return the stages of which something could not be judged."""
    return frozenset([o.stage for o in outcomes if o.verdict in _DOUBT and _hides_something(o)])


def _hides_something(outcome: Outcome) -> bool:
    """What was never asked for is no obstacle; a caller's own token is seldom seen, and hides nothing that was read."""
    if outcome.verdict is Verdict.CRASHED:
        return True
    if not outcome.missing:
        return bool(outcome.doubt)
    return any(unread.obstacle is not Obstacle.NOT_ASKED for unread in outcome.missing)


def _steps(
    asked: tuple[Outcome, ...],
    seen: Observation | None,
    witnesses: Mapping[Stage, Witness],
    hiding: frozenset[Stage],
) -> Iterable[Step]:
    reached = True
    by_stage: dict[Stage, list[Outcome]] = {stage: [] for stage in Stage}
    for outcome in asked:
        by_stage[outcome.stage].append(outcome)
    for stage in PATH:
        here = tuple(by_stage[stage])
        said, hides = {o.verdict for o in here}, stage in hiding
        verdict = next((v for v in _WORST_FIRST if v in said), Verdict.NOT_APPLICABLE)
        witness = witnesses.get(stage, _UNSEEN)
        passed = _got_past(stage, seen) and seen is not None and seen.source.read != STATED
        if verdict is not Verdict.BLOCKS:
            verdict = _witnessed(stage, verdict, witness, hides=hides, passed=passed)
        is_assumed = verdict is Verdict.UNKNOWN and witness.sureness is Sureness.ASSUMED
        assuming = witness.assuming if is_assumed and not hides else ""
        yield Step(stage, verdict, reached, here, passed, assuming, witness.doubt)
        reached = reached and verdict is not Verdict.BLOCKS


def _witnessed(stage: Stage, verdict: Verdict, witness: Witness, *, hides: bool, passed: bool) -> Verdict:
    """No stage is passed because no rule said anything: a read fact implies it, or an answer came from behind it."""
    if stage is Stage.APP:
        return Verdict.CLEAR if passed else Verdict.NOT_APPLICABLE
    if witness.sureness is Sureness.NEEDLESS:
        return Verdict.NOT_APPLICABLE
    if passed:
        return Verdict.CLEAR
    if verdict is Verdict.CRASHED or hides:
        return verdict
    return Verdict.CLEAR if witness.sureness is Sureness.SHOWN else Verdict.UNKNOWN


def _got_past(stage: Stage, seen: Observation | None) -> bool:
    """Tell whether a call was answered behind this stage; one that could not mint is refused at the token check."""
    if seen is None or stage not in seen.covers:
        return False
    if stage is Stage.APP:
        return seen.passed
    return (Stage.TOKEN if stage is Stage.MINT else stage) < min(seen.stages)


def _assumed(steps: Sequence[Step], witnesses: Mapping[Stage, Witness]) -> tuple[str, ...]:
    """List what a clear verdict takes for granted; a call of this tool's has an audience of its own."""
    return tuple(
        dict.fromkeys(
            witnesses[step.stage].assuming
            for step in steps
            if step.stage in witnesses and witnesses[step.stage].assuming and step.verdict is not Verdict.NOT_APPLICABLE
        )
    )


def _unread(steps: Sequence[Step], unread_at_all: tuple[Unknown, ...]) -> tuple[Unknown, ...]:
    """List what could not be read, each once, what hides most first; what was never asked is no obstacle."""
    hidden: dict[Unknown, float] = dict.fromkeys(unread_at_all, 0)
    for step in steps:
        for position, outcome in enumerate(step.outcomes):
            for unread in outcome.missing:
                if unread.obstacle is not Obstacle.NOT_ASKED:
                    # the last rule of a stage asks its plainest question
                    weight = _WEIGHT.get(step.stage, 1) + position / len(step.outcomes)
                    hidden[unread] = hidden.get(unread, 0) + weight
    return tuple(sorted(hidden, key=lambda unread: -hidden[unread]))


def _explanations(conclusion: Conclusion, seen: Observation | None, steps: Sequence[Step]) -> tuple[str, ...]:
    """List what could explain an answer that the configuration does not, the likeliest first.

    Where no refusal was seen: what stays open of what was read, whatever else may be read.
    """
    if (seen is None or seen.passed) and conclusion is Conclusion.UNDECIDED:
        left = [step for step in steps if step.verdict is Verdict.UNKNOWN]
        unread = (o for step in left for o in step.outcomes if o.verdict is Verdict.UNKNOWN and not o.missing)
        said = (o.doubt for o in unread if not (o.said_not or o.said_so))  # what was said is no doubt of its own
        doubts = (*said, *(step.doubt for step in left))
        return tuple(dict.fromkeys(doubt for doubt in doubts if doubt and doubt != NOTHING_KNOWN))
    if seen is None or conclusion not in {Conclusion.UNEXPLAINED, Conclusion.CONTRADICTED}:
        return ()
    doubts = tuple(
        dict.fromkeys(
            outcome.doubt
            for step in steps
            if step.stage in seen.stages
            for outcome in step.outcomes
            if outcome.verdict in _DOUBT and outcome.doubt
        )
    )
    if len(seen.stages) > FEW:
        return (*doubts, "the answer does not show who wrote it: its headers and body would (curl -i)")
    return (*doubts, *dict.fromkeys(text for stage in sorted(seen.stages) for text in _COMMON.get(stage, ())))


_COMMON: dict[Stage, tuple[str, ...]] = {
    Stage.REACH: ("the URL belongs to another service, or to one that was deleted",),
    Stage.INGRESS: ("VPC Service Controls refused it, which looks the same with internal ingress",),
    Stage.TOKEN: (
        "the token that the caller really sends differs from what is known here, in its audience, age or header",
        "a proxy in between removed or replaced the header",
    ),
    Stage.IAM: (
        "a policy was changed in the last few minutes: changes take two minutes, sometimes seven or more",
        "a deny policy that could not be read",
        "VPC Service Controls refused it, which looks the same when ingress is all",
    ),
    Stage.IAP: ("IAP's own policy does not let this caller in",),
    Stage.APP: ("the application behaves differently for this path or method",),
}

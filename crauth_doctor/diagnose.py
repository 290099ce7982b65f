"""THE PATH. Walk the request's path, and hold what the configuration says against the stage that answered.

The first stage that blocks is the cause, unless a call of the caller's was seen to be stopped elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .model.fact import Obstacle, Unknown
from .model.finding import PATH, Conclusion, Diagnosis, Observation, Outcome, Stage, Step, Verdict

_WORST_FIRST = (Verdict.BLOCKS, Verdict.CRASHED, Verdict.UNKNOWN, Verdict.CLEAR)
_DOUBT = (Verdict.CRASHED, Verdict.UNKNOWN)
_WEIGHT = {Stage.INGRESS: 3, Stage.IAM: 3}
"""Most calls are stopped at these two stages, so what is unread there is asked for first."""

_FEW = 2  # an answer that two stages can have written still proves one of them, when the other was read and is clear


def diagnose(outcomes: Iterable[Outcome], observations: Sequence[Observation]) -> Diagnosis:
    """Draw the diagnosis from every rule's outcome and every call's answer, the deciding call first."""
    asked = tuple(outcomes)
    deciding = _deciding(observations)
    steps = _steps(asked, deciding)
    cause = _cause(steps, deciding)
    conclusion = conclude(cause, deciding, steps)
    if conclusion is Conclusion.UNEXPLAINED:
        cause = None
    return Diagnosis(
        steps,
        conclusion,
        cause,
        tuple(observations),
        tuple(o for o in asked if o.stage is Stage.WARNING and o.verdict is Verdict.BLOCKS),
        _unread(steps),
        _explanations(conclusion, deciding, steps),
    )


def conclude(cause: Outcome | None, seen: Observation | None, steps: Sequence[Step]) -> Conclusion:
    """Say how sure it is: the blocking stage, what was unread before it, and the stage that answered."""
    if cause is None:
        return _without_cause(seen, doubt=_doubt(steps, None))
    doubt = _doubt(steps, cause.stage)
    assumed = cause.finding is not None and bool(cause.finding.assuming)
    shown = _answers_of(cause)
    if seen is None or not _speaks_of(seen, cause):
        return Conclusion.LIKELY if doubt or assumed else Conclusion.EXPECTED
    if shown & seen.stages:
        sure = len(seen.stages) == 1 or (len(seen.stages) <= _FEW and not doubt)
        return Conclusion.PROVEN if sure and not assumed else Conclusion.LIKELY
    return Conclusion.CONTRADICTED if min(seen.stages) > max(shown) else Conclusion.UNEXPLAINED


def _without_cause(seen: Observation | None, *, doubt: bool) -> Conclusion:
    if seen is None:
        return Conclusion.UNDECIDED if doubt else Conclusion.CLEAR
    if seen.passed and Stage.APP in seen.covers:
        return Conclusion.CLEAR
    return Conclusion.UNEXPLAINED


def _deciding(observations: Sequence[Observation]) -> Observation | None:
    """Return the first call whose answer speaks for the caller's."""
    return next((o for o in observations if o.stages & o.covers), None)


def _answers_of(outcome: Outcome) -> frozenset[Stage]:
    """Return the stages whose answer such a call gets: as a rule its own."""
    return outcome.answered_by or frozenset({outcome.stage})


def _speaks_of(seen: Observation, outcome: Outcome) -> bool:
    """Tell whether this call can bear a finding out, or contradict it.

    That this tool got a token for the caller does not show that the caller gets one.
    """
    shown = _answers_of(outcome)
    if outcome.stage is Stage.MINT and Stage.MINT not in seen.covers:
        return bool(shown & seen.stages & seen.covers)
    return bool(shown & seen.covers)


def _cause(steps: Sequence[Step], seen: Observation | None) -> Outcome | None:
    """Return the first that blocks; where a call was seen to be stopped, the first that its answer fits."""
    blocking = [o for step in steps for o in step.outcomes if o.verdict is Verdict.BLOCKS]
    if seen is not None:
        fitting = [o for o in blocking if _answers_of(o) & seen.stages or not _speaks_of(seen, o)]
        if fitting:
            return fitting[0]
    return blocking[0] if blocking else None


def _doubt(steps: Sequence[Step], before: Stage | None) -> bool:
    """Tell whether something before this stage (anywhere, for None) could not be judged, nor was seen to be passed."""
    earlier = [step for step in steps if (before is None or step.stage < before) and not step.passed]
    return any(outcome.verdict in _DOUBT for step in earlier for outcome in step.outcomes)


def _steps(outcomes: tuple[Outcome, ...], seen: Observation | None) -> tuple[Step, ...]:
    steps: list[Step] = []
    reached = True
    for stage in PATH:
        here = tuple(o for o in outcomes if o.stage is stage)
        verdict = next((v for v in _WORST_FIRST if any(o.verdict is v for o in here)), Verdict.NOT_APPLICABLE)
        if stage is Stage.APP and verdict is Verdict.CLEAR and not (seen is not None and seen.passed):
            verdict = Verdict.NOT_APPLICABLE  # what the application says is known once it was asked
        steps.append(Step(stage, verdict, reached, here, _passed(stage, seen)))
        reached = reached and verdict is not Verdict.BLOCKS
    return tuple(steps)


def _passed(stage: Stage, seen: Observation | None) -> bool:
    """Tell whether a call was answered behind this stage; one that could not mint is refused at the token check."""
    if seen is None or stage not in seen.covers:
        return False
    return (Stage.TOKEN if stage is Stage.MINT else stage) < min(seen.stages)


def _unread(steps: Sequence[Step]) -> tuple[Unknown, ...]:
    """List what could not be read, each once, what hides most first; what was never asked is no obstacle."""
    hidden: dict[Unknown, float] = {}
    for step in steps:
        for position, outcome in enumerate(step.outcomes):
            # the last rule of a stage asks its plainest question
            weight = _WEIGHT.get(step.stage, 1) + position / len(step.outcomes)
            for unread in outcome.missing:
                if unread.obstacle is not Obstacle.NOT_ASKED:
                    hidden[unread] = hidden.get(unread, 0) + weight
    return tuple(sorted(hidden, key=lambda unread: -hidden[unread]))


def _explanations(conclusion: Conclusion, seen: Observation | None, steps: Sequence[Step]) -> tuple[str, ...]:
    """List what could explain an answer that the configuration does not, the likeliest first."""
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
    if len(seen.stages) > _FEW:
        return (*doubts, "the answer does not tell who wrote it: its headers and body would (curl -i)")
    return (*doubts, *dict.fromkeys(text for stage in sorted(seen.stages) for text in _COMMON.get(stage, ())))


_COMMON: dict[Stage, tuple[str, ...]] = {
    Stage.REACH: ("the URL leads to another service, or to one that was deleted",),
    Stage.INGRESS: ("VPC Service Controls refused it, which looks the same with internal ingress",),
    Stage.TOKEN: (
        "the token that the caller really sends differs from what is known here: its audience, its age, its header",
        "a proxy in between removed or replaced the header",
    ),
    Stage.IAM: (
        "a policy was changed within the last minutes: changes take two minutes, sometimes seven or more",
        "a deny policy that could not be read",
        "VPC Service Controls refused it, which looks the same with ingress all",
    ),
    Stage.IAP: ("IAP's own policy does not let this caller in",),
    Stage.APP: ("the application behaves differently for this path or method",),
}

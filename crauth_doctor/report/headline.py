"""The verdict in words, the same in every format."""

from __future__ import annotations

from typing import Final

from ..deferred import dataclass
from ..model.finding import NO_ANSWER, Conclusion
from ..redaction import clean
from .document import Report

_COUNTS: Final = {2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class Headline:
    """The main line of a report.

    Args:
        word: the verdict, in capitals: `BLOCKED at iam`.
        sentence: what it is about.
        condition: what a clear verdict takes for granted, in a clause that begins with "if"; empty where nothing is.
        lists_causes: whether the causes that are left belong below it.
    """

    word: str
    sentence: str
    condition: str = ""
    lists_causes: bool = False

    def __str__(self) -> str:
        return f"{self.word}{self.tail}"

    @property
    def tail(self) -> str:
        """What follows the word."""
        return f", {self.condition}: {self.sentence}" if self.condition else f": {self.sentence}"


def headline(document: Report) -> Headline:
    """Return the verdict in words."""
    diagnosis = document.diagnosis
    match diagnosis.conclusion:
        case Conclusion.PROVEN | Conclusion.EXPECTED:
            return _blocked(document, "BLOCKED")
        case Conclusion.LIKELY:
            return _blocked(document, "PROBABLY BLOCKED")
        case Conclusion.CONTRADICTED:
            return _blocked(document, "CONTRADICTED")
        case Conclusion.CLEAR:
            condition = f"if {' and '.join(map(clean, diagnosis.assuming))}" if diagnosis.assuming else ""
            return Headline("CLEAR", f"nothing blocks {question(document)}{_got(document)}.", condition)
        case Conclusion.UNEXPLAINED:
            return Headline(
                "UNEXPLAINED", f"{question(document)} was refused, and nothing this tool could read explains it."
            )
        case Conclusion.UNDECIDED:
            return _undecided(document)


def _blocked(document: Report, word: str) -> Headline:
    cause = document.diagnosis.cause
    if cause is None:  # a blocking conclusion always has a cause; say what there is, should it not
        return Headline(word, f"{question(document)}.")
    return Headline(f"{word} at {cause.stage.slug}", clean(cause.finding.title if cause.finding else cause.title))


def _undecided(document: Report) -> Headline:
    diagnosis = document.diagnosis
    word, asked = "NOT DECIDED", question(document)
    if diagnosis.unjudged:
        return Headline(word, clean(" ".join(diagnosis.unjudged)))
    refusal = next((seen for seen in diagnosis.observations if seen.speaks and not seen.passed), None)
    if refusal is None:
        return Headline(word, f"nothing seen blocks {asked}, but not everything could be seen.")
    ended = "got no answer" if refusal.status == NO_ANSWER else "was refused"
    count = len(diagnosis.open)
    if count > 1:
        return Headline(word, f"{asked} {ended}, and {_COUNTS.get(count, count)} causes are left.", lists_causes=True)
    return Headline(word, f"{asked} {ended}, and what was given does not say why.")


def question(document: Report) -> str:
    """Return the call and its caller, as a part of a sentence."""
    target, caller = document.target, document.caller
    call = "the call"
    if target.url:
        call = f"{clean(target.method)} {clean(target.url)}"
    elif target.service:
        call = f"{clean(target.method)} {clean(target.path)} on {clean(target.name)}"
    return f"{call} for {clean(caller.name)}" if caller.name else call


def _got(document: Report) -> str:
    answered = document.calls.with_token if document.calls else None
    return f"; the test call got {answered.status}" if answered and call_speaks(document) else ""


def call_speaks(document: Report) -> bool:
    """Whether some call speaks for the caller's own."""
    return any(seen.speaks for seen in document.diagnosis.observations)

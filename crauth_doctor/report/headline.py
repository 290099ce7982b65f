"""The verdict in words, the same in every format."""

from __future__ import annotations

from typing import Final

from ..deferred import dataclass
from ..model.fact import STATED
from ..model.finding import NO_ANSWER, Conclusion, Stage
from ..redaction import clean
from ..say import Say, listed
from .document import Report, cleaned

_COUNTS: Final = {2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class Headline:
    """The main line of a report."""

    word: str  # the verdict, in capitals: `BLOCKED at iam`
    sentence: str  # what it is about
    # what a clear verdict takes for granted, in a clause that begins with "if"; empty where nothing is
    condition: str = ""
    lists_causes: bool = False  # whether the causes that are left belong below it

    def __str__(self) -> str:
        return f"{self.word}{self.tail}"

    @property
    def tail(self) -> Say:
        """What follows the word."""
        condition = Say(", {condition}", condition=self.condition) if self.condition else ""
        return Say("{condition}: {sentence}", condition=condition, sentence=self.sentence)


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
            assumed = listed(map(cleaned, diagnosis.assuming), " and ")
            condition = Say("if {assumed}", assumed=assumed) if assumed else ""
            sentence = Say("nothing blocks {call}{got}.", call=question(document), got=_got(document))
            return Headline("CLEAR", sentence, condition)
        case Conclusion.UNEXPLAINED:
            unexplained = "{call} was refused, and nothing this tool could read explains it."
            return Headline("UNEXPLAINED", Say(unexplained, call=question(document)))
        case Conclusion.UNDECIDED:
            return _undecided(document)


def _blocked(document: Report, word: str) -> Headline:
    cause = document.diagnosis.cause
    if cause is None:  # a blocking conclusion always has a cause; say what there is, should it not
        return Headline(word, Say("{call}.", call=question(document)))
    return Headline(f"{word} at {cause.stage.slug}", cleaned(cause.finding.title if cause.finding else cause.title))


def _undecided(document: Report) -> Headline:
    diagnosis = document.diagnosis
    word, asked = "NOT DECIDED", question(document)
    refusal = next((seen for seen in diagnosis.observations if seen.speaks and not seen.passed), None)
    if diagnosis.unjudged and (refusal is None or refusal.source.read != STATED):
        return Headline(word, listed(map(cleaned, diagnosis.unjudged), " "))
    if refusal is None:
        return Headline(word, Say("nothing found so far blocks {call}, but not everything could be read.", call=asked))
    ended = Say("got no answer" if refusal.status == NO_ANSWER else "was refused")
    if refusal.stages == {Stage.MINT}:
        ended = Say("got no token")
    count = len(diagnosis.open)
    if count > 1:
        left = Say(f"{_COUNTS.get(count, count)}")
        said = Say("{call} {ended}, and {left} causes are left.", call=asked, ended=ended, left=left)
        return Headline(word, said, lists_causes=True)
    return Headline(word, Say("{call} {ended}, but it is not clear why.", call=asked, ended=ended))


def question(document: Report) -> Say:
    """Return the call and its caller, as a part of a sentence."""
    target, caller = document.target, document.caller
    call = Say("the call")
    method = Say(clean(target.method).replace("{", "").replace("}", ""))
    if target.url:
        call = Say("{method} {url}", method=method, url=clean(target.url))
    elif target.service:
        call = Say("{method} {path} on {name}", method=method, path=clean(target.path), name=clean(target.name))
    return Say("{call} for {caller}", call=call, caller=clean(caller.name)) if caller.name else call


def _got(document: Report) -> str:
    if not call_speaks(document):
        return Say("; no test call was made, and service perimeters are not read") if document.calls is None else ""
    answered = document.calls.with_token if document.calls else None
    return Say("; the test call got {status}", status=answered.status) if answered else ""


def call_speaks(document: Report) -> bool:
    """Whether some call speaks for the caller's own."""
    return any(seen.speaks for seen in document.diagnosis.observations)

"""The one document that every format renders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from ..deferred import dataclass, regex
from ..fixes.names import in_words
from ..model.address import Custom, Deterministic, Hashed, OfFunction, parse_url
from ..model.evidence import Piece
from ..model.exported import ServiceSettings
from ..model.fact import CODE, SHOWN_BESIDE, STATED, WANTED, Obstacle, ReadTiming, Source, Unknown
from ..model.finding import Conclusion, Diagnosis, Finding, Observation, Outcome, Verdict
from ..model.http import Response, TestCalls
from ..model.token import Token
from ..model.unread import AccessRequest
from ..redaction import clean
from ..say import Say, capitalized, with_full_stop
from .details import NO_DETAILS, ReportDetails
from .status import ExitStatus, status_of

OBSTACLES: Final = {
    Obstacle.FORBIDDEN: "not permitted",
    Obstacle.API_DISABLED: "the API is disabled",
    Obstacle.NO_CREDENTIALS: "there are no credentials for it",
    Obstacle.UNREACHABLE: "could not be reached",
    Obstacle.TIMED_OUT: "took too long",
    Obstacle.NOT_UNDERSTOOD: "the answer was not understood",
    Obstacle.NOT_TOLD: "no answer",
    Obstacle.NOT_ASKED: "was not asked",
    Obstacle.NOT_IN_DOCUMENT: "not in the document",
}
"""Why something could not be seen, after the name of the read."""
SANDBOX: Final = "SANDBOX: a pretend cloud, not Google."
MOST_OPEN: Final = 8
"""So many of the causes that are left are shown at once, the likelier first."""
MOST_LIKELY: Final = 3
"""So many of the causes that are left are called the likelier ones."""


@dataclass(frozen=True)
class ReportTarget:
    """What is called."""

    service: str | None  # full resource name; None when no service was found
    url: str  # the URL called, whole; empty when it is not known
    method: str = "GET"  # in upper case
    path: str = "/"

    @property
    def name(self) -> str:
        """The service's short name, or what else names it."""
        return self.service.rsplit("/", 1)[-1] if self.service else self.url


@dataclass(frozen=True)
class ReportCaller:
    """Who calls."""

    asked: str  # the user's own words; empty when nobody said
    member: str | None  # as IAM writes it; None when it is not known, or has no Google identity
    kind: str

    @property
    def words(self) -> str:
        """The user's own words, or a resource's short name."""
        short = self.asked.rsplit("/", 1)[-1] if self.asked.startswith("//") else self.asked
        return "" if short == "-" else short

    @property
    def name(self) -> str:
        """The caller as people say it."""
        if self.member is None:
            return self.words
        return self.member.partition(":")[2] if "@" in self.member else self.member


@dataclass(frozen=True)
class CallAnswer:
    """The answer to one authenticated call, as `call` shows it."""

    url: str  # what was called, with GET
    response: Response  # what came back
    token: Token | None  # the claims that the call's token made; None when it carried none


@dataclass(frozen=True)
class Pasted:
    """What became of what the user gave."""

    pieces: tuple[Piece, ...]  # what was recognised
    left: int  # how many lines were not
    cut: tuple[str, ...] = ()  # what was left out because there was too much, in a sentence each


@dataclass(frozen=True)
class Report:
    """A diagnosis with its question."""

    target: ReportTarget
    caller: ReportCaller
    diagnosis: Diagnosis
    sandbox: bool = False  # whether it was made in a pretend cloud
    calls: TestCalls | None = None  # what the tool's own test calls got; None when it made none
    answer: CallAnswer | None = None  # the one call that `call` made
    # the audiences that the service takes, the one to ask for first, where the caller's own cannot be seen from here
    audiences: tuple[str, ...] = ()
    # what was recognised in what the user gave, and how many lines were not; None when nothing was given
    pasted: Pasted | None = None
    requests: tuple[AccessRequest, ...] = ()  # what to ask an administrator for, so that what is missing can be read
    checked_at: int | None = None  # when it was judged, seconds since 1970; None where nothing tells
    details: ReportDetails = NO_DETAILS  # what a page shows besides the verdict
    # what the settings say of each service, where no call that fails is shown
    configuration: tuple[ServiceSettings, ...] = ()
    timings: tuple[ReadTiming, ...] | None = None  # how long each read took; None where nobody asked

    def sentence(self, clause: str) -> str:
        """Return a clause as a whole sentence, fit to be shown; the names of the call keep their spelling."""
        return whole(cleaned(clause), self.target.name, self.caller.asked, self.caller.name)

    @property
    def exit(self) -> ExitStatus:
        """What the process ends with."""
        return status_of(self.diagnosis.conclusion)

    @property
    def next_check(self) -> str:
        """The command that looks at the service itself, filled in as far as the URL that was called tells."""
        name, project, region = self.named_by_url
        where = f"{name or 'SERVICE'} --project {project or 'PROJECT'} --region {region or 'REGION'}"
        return f"crauth-doctor check {where} --caller WHO"

    @property
    def named_by_url(self) -> tuple[str, str, str]:
        """Service, project and region, as far as the URL that was called tells them; empty is not told."""
        match parse_url(self.target.url):
            case Deterministic(name=name, number=project, region=region):
                return name, project, region
            case OfFunction(region=region, project=project, name=name):
                return name, project, region
            case Hashed(name=name):
                return name, "", ""
            case Custom() | None:
                return "", "", ""

    @property
    def telling(self) -> list[Observation]:
        """What was seen, without the tool's own calls that speak for nobody; what is said of test calls has those."""
        observations = self.diagnosis.observations
        deciding = next((seen for seen in observations if seen.speaks), None)
        return [seen for seen in observations if seen is deciding or seen.source.read != "call"]

    def evidence(self, *, short: bool = False) -> list[str]:
        """Return what shows the cause and what was seen, each said once; a call that passed shows no cause.

        Args:
            short: whether the traits that tell who answered are left out.
        """
        cause = self.diagnosis.cause
        finding = cause.finding if cause else None
        is_named = finding is not None and self.diagnosis.conclusion is not Conclusion.CONTRADICTED
        telling = [seen for seen in self.telling if not (is_named and seen.passed)]
        seen = [(each.brief or each.summary) if short else each.summary for each in telling]
        shown = [text for text in (finding.because if finding else ()) if not _is_repeated(text, seen)]
        return list(dict.fromkeys((*shown, *seen)))

    @property
    def behind(self) -> tuple[tuple[Outcome, Finding], ...]:
        """What blocks too, besides the cause."""
        outcomes = (o for step in self.diagnosis.steps for o in step.outcomes)
        return tuple(
            (o, o.finding) for o in outcomes if o.verdict is Verdict.BLOCKS and o.finding and o != self.diagnosis.cause
        )

    @property
    def elsewhere(self) -> tuple[tuple[Outcome, Finding], ...]:
        """What blocks too and does not come from the cause: it has to be mended by itself."""
        return tuple((o, finding) for o, finding in self.behind if o in self.diagnosis.also)

    @property
    def fix_steps(self) -> dict[str, int | None]:
        """In which step the fix of each finding comes, by its id: the cause's first; None where nothing is blocked."""
        cause = self.diagnosis.cause
        steps: dict[str, int | None] = {outcome.rule: None for outcome, _ in self.findings}
        steps |= {outcome.rule: 1 for outcome, _ in self.behind}
        steps |= {outcome.rule: step for step, (outcome, _) in enumerate(self.elsewhere, 2 if cause else 1)}
        return steps | ({cause.rule: 1} if cause else {})

    def hidden(self, unread: Iterable[Unknown]) -> dict[Unknown, tuple[str, ...]]:
        """Return the ids of the causes that cannot be judged without each unread thing, the likeliest first."""
        outcomes = [o for step in self.diagnosis.steps for o in reversed(step.outcomes) if o.verdict is Verdict.UNKNOWN]
        return {unknown: tuple(o.rule for o in outcomes if unknown in o.missing) for unknown in unread}

    @property
    def unseen(self) -> tuple[tuple[Unknown, tuple[str, ...]], ...]:
        """What could not be read, each read once, with the ids of the causes that it hides.

        A read of what has no name is left out: nobody can do anything about it.
        """
        told = [u for u in self.diagnosis.unread if u.source.read != "nothing" and not u.source.target.endswith("/-")]
        each: dict[tuple[Source, Obstacle], Unknown] = {}
        hides: dict[tuple[Source, Obstacle], dict[str, None]] = {}
        for unknown, ids in self.hidden(told).items():
            key = (unknown.source, unknown.obstacle)
            each.setdefault(key, unknown)
            hides.setdefault(key, {}).update(dict.fromkeys(ids))
        return tuple((unknown, tuple(hides[key])) for key, unknown in each.items())

    @property
    def findings(self) -> tuple[tuple[Outcome, Finding], ...]:
        """All that was found: the cause, what blocks too, then what stops nothing."""
        cause = self.diagnosis.cause
        first = ((cause, cause.finding),) if cause and cause.finding else ()
        return (*first, *self.behind, *((o, o.finding) for o in self.diagnosis.warnings if o.finding))


def _is_repeated(text: str, seen: Iterable[str]) -> bool:
    """Whether an observation ends with what a reason says: with all of it, or with what follows its colon."""
    said = tuple(f": {part}" for part in (text, text.partition(": ")[2]) if part)
    return any(each.endswith(said) for each in seen)


def time_of(seconds: int | None) -> str | None:
    """Return a moment as RFC 3339 writes it, in UTC; a number that is none as it stands."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


_PLAIN_WORD: Final = regex(r"[a-z]+(?:'[a-z]+)?,?")
_SPELT_SO: Final = frozenset({"gcloud", "curl", "kubectl"})


def cleaned(text: str) -> str:
    """Return a text fit to be shown, with the names in it where it is so already."""
    shown = clean(text)
    return text if shown == text else shown


def whole(text: str, *names: str) -> str:
    """Return a text as a whole sentence: a capital first, unless a name stands there, and a full stop at the end.

    `names` keep their spelling at the beginning of a sentence: the service's, the caller's.
    """
    first = text.partition(" ")[0]
    if _PLAIN_WORD.fullmatch(first) and first not in _SPELT_SO and first not in names:
        text = capitalized(text)
    return with_full_stop(text)


def each_once(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return the sources without repetitions, in their order."""
    return tuple(dict.fromkeys(sources))


_IN_INPUT: Final = frozenset({"evidence", WANTED, CODE, SHOWN_BESIDE})


def source_in_words(source: Source) -> Say:
    """Return a read and its target, fit to be shown."""
    target = clean(in_words(source.target))
    if source.read in _IN_INPUT:
        return Say("your input ({target})", target=Say("{target}", target=target))
    if source.read == STATED:
        return Say("what you say ({target})", target=target)
    return Say("{read} of {target}", read=clean(source.read), target=target)


def unread_shortly(unknown: Unknown) -> str:
    """Return what could not be read, why, and what it takes."""
    needs = f" Requires {clean(unknown.permission)}." if unknown.permission else ""
    return f"{source_in_words(unknown.source)}: {OBSTACLES[unknown.obstacle]}.{needs}"


def unread_as_json(unknown: Unknown) -> dict[str, str | None]:
    """Return the same for machines."""
    return {
        "read": clean(unknown.source.read),
        "target": clean(unknown.source.target),
        "obstacle": unknown.obstacle.value,
        "permission": clean(unknown.permission) if unknown.permission is not None else None,
    }


def unread_in_words(unknown: Unknown) -> Say:
    """Return what could not be read and why, in a sentence or two."""
    name, detail = capitalized(source_in_words(unknown.source)), clean(unknown.detail, limit=200)
    if detail and unknown.obstacle in {Obstacle.NOT_TOLD, Obstacle.NOT_UNDERSTOOD}:
        return Say("{name}: {detail}", name=name, detail=Say("{detail}", detail=with_full_stop(detail)))
    more = Say(" {detail}", detail=Say("{detail}", detail=whole(detail))) if detail and not unknown.permission else ""
    if unknown.permission and unknown.permission != unknown.source.read:
        more = Say(" Requires {permission}.", permission=clean(unknown.permission))
    return Say("{name}: {why}.{more}", name=name, why=Say(OBSTACLES[unknown.obstacle]), more=more)

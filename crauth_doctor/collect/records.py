"""What Cloud Logging kept of the caller's own calls, and of what was done to the service.

Asked last, and only where the settings do not explain what the calls saw, or nothing lets the caller in, or the user
says that the caller's own call fails. Of each entry only the fields that decide are kept: the rest may hold anything.
Documentation: https://docs.cloud.google.com/run/docs/logging, https://docs.cloud.google.com/logging/docs/audit
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ..deferred import dataclass
from ..gcp.door import Door
from ..gcp.products import logs
from ..google_json.json_access import Json
from ..model.caller import CallerKind
from ..model.caller_kinds import declared
from ..model.evidence import Evidence, LogEntry
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.facts import NOT_ASKED
from ..model.http import Call, Response
from ..model.run import Service
from . import entries
from .callers.kind import ResolvedCaller
from .entries import Entry
from .parallel import Future, ReaderPool

READ: Final = "logging.logEntries.list"
NOT_NEEDED: Final = Absent(Source(READ, "not needed: the settings explain what the calls saw"))

_NOT_FOUND: Final = 404
_FAILS: Final = 400
_ANY_PATH: Final = "/"
_DAY: Final = timedelta(days=1)
_LONG: Final = timedelta(days=30)


@dataclass(frozen=True)
class Records:
    """What the logs told."""

    # when the service's policy was last written, or its project's for this caller, seconds since 1970; absent when not
    # within a month
    written: Fact[int]
    logged: Fact[int]  # how many entries decide something
    evidence: Evidence | None = None  # these, and what they tell was done; None where there are none
    refused: Fact[tuple[LogEntry, ...]] = NOT_ASKED  # calls that were refused since the last change, whoever made them


UNASKED: Final = Records(NOT_NEEDED, NOT_NEEDED, refused=NOT_NEEDED)


@dataclass(frozen=True)
class Answers:
    """The tool's own calls, which tell whether the settings explain what happens."""

    without: Future[Fact[Response]]  # the answer to a call without a token
    good: Future[Fact[Response]]  # the answer to a call as the caller
    is_open: bool  # whether everybody is let in
    is_granted: bool  # whether the caller is
    says_it_fails: bool = False  # whether the user says that the caller's own call fails

    def surprise(self) -> bool:
        """Tell whether the logs may know more than the settings."""
        if self.says_it_fails or not (self.is_open or self.is_granted):
            return True
        without = value_of(self.without.get())
        if without is not None and without.status == _NOT_FOUND:
            return True
        return not self.passed()

    def passed(self) -> bool:
        """Tell whether such a call is known to be served now."""
        good = value_of(self.good.get()) or (value_of(self.without.get()) if self.is_open else None)
        return good is not None and good.status < _FAILS


def start(
    google: Door,
    pool: ReaderPool,
    service: Service,
    resolved: ResolvedCaller,
    answers: Answers,
    call: Callable[[], Fact[Call]],
) -> Future[Records]:
    """Read the logs, once the calls show that they may know more."""
    source = Source(READ, f"//logging.googleapis.com/projects/{service.project}")
    reader = _Reader(google, service, resolved, answers, call, source)
    return pool.start("logs", source, reader.read, lambda unknown: Records(unknown, unknown, refused=unknown))


@dataclass(frozen=True)
class _Reader:
    google: Door
    service: Service
    resolved: ResolvedCaller
    answers: Answers
    call: Callable[[], Fact[Call]]
    source: Source

    def read(self) -> Records:
        """Read what was done to the service and to its project's policy, and which calls failed since."""
        if not self.answers.surprise():
            return UNASKED
        pool = ReaderPool(self.google.deadline, lambda _: None)
        project = self.service.project
        done = pool.read("what was done", self.source, self._list(project, self._done_filter()))
        seen = pool.read("calls", self.source, self._list(project, self._calls_filter()))
        return self._records(done.get(), seen.get())

    def _list(self, project: str, wanted: str) -> Callable[[], Fact[tuple[Json, ...]]]:
        return lambda: logs.entries(self.google, project, wanted)

    def _records(self, done: Fact[tuple[Json, ...]], seen: Fact[tuple[Json, ...]]) -> Records:
        if not isinstance(done, Known) or not isinstance(seen, Known):
            unread = next(fact for fact in (done, seen) if not isinstance(fact, Known))
            return Records(_unread(unread), _unread(unread), refused=_unread(unread))
        principal = value_of(self.resolved.principal)
        audit = entries.audited(done.value, self.service, principal.member if principal else None)
        changed = max((one.at for one in audit.written), default=None)
        caller = value_of(self.resolved.caller)
        is_operator = caller is not None and caller.kind is CallerKind.OPERATOR
        refused = entries.perimeter(seen.value, self.service, own=is_operator)
        call = value_of(self.call())
        path = call.path if call is not None else None
        requests, anybodys = self._requests(seen.value, self._since(changed), path)
        kept: list[Entry] = sorted((*audit.kept, *refused, *requests), key=lambda one: one.at)
        written: Fact[int] = Absent(done.source) if changed is None else Known(changed, done.source)
        refusals: Fact[tuple[LogEntry, ...]] = Known(anybodys, seen.source) if self._asks_for_anybody() else NOT_NEEDED
        return Records(written, Known(len(kept), seen.source), _evidence(kept), refusals)

    def _requests(
        self, raw: tuple[Json, ...], since: int, path: str | None
    ) -> tuple[tuple[Entry, ...], tuple[LogEntry, ...]]:
        """The calls that are the caller's, and those that may be anybody's.

        A call of anybody's is the caller's where it goes to the very path that the caller is said to call.
        """
        if self.answers.passed() and not self.answers.says_it_fails:
            return (), ()
        if self._agents():
            return entries.failing(raw, since, path), ()
        if not self._asks_for_anybody():
            return (), ()
        fits = path is not None and path != _ANY_PATH
        return entries.failing(raw, since, path) if fits else (), entries.refused(raw, since)

    def _agents(self) -> tuple[str, ...]:
        """What a product names itself that calls for its users. An entry of any other agent may be anybody's."""
        caller = value_of(self.resolved.caller)
        kind = declared(caller.kind) if caller is not None else None
        return kind.user_agents if kind is not None and kind.is_sent else ()

    def _asks_for_anybody(self) -> bool:
        """Tell whether calls of anybody's are looked at: only for a call that is said to fail, of no known agent."""
        return self.answers.says_it_fails and not self._agents()

    def _since(self, changed: int | None) -> int:
        """Calls before the last change tell of settings that are gone."""
        return max(changed or 0, entries.seconds(self.service.updated) or 0)

    def _calls_filter(self) -> str:
        name = f"projects/{self.service.project}/logs"
        perimeter = (
            f'(logName="{name}/cloudaudit.googleapis.com%2Fpolicy" AND resource.type="audited_resource" '
            'AND resource.labels.method="run.googleapis.com/HttpIngress")'
        )
        either = " OR ".join(f'httpRequest.userAgent:"{agent}"' for agent in self._agents())
        if self._asks_for_anybody():
            either = " OR ".join(f"httpRequest.status={status}" for status in entries.REFUSALS)
        requests = (
            f'(logName="{name}/run.googleapis.com%2Frequests" AND resource.labels.service_name="{self.service.id}" '
            f'AND resource.labels.location="{self.service.region}" AND ({either}))'
        )
        which = f"({perimeter} OR {requests})" if either else perimeter
        return f'timestamp>="{self._ago(_DAY)}" AND {which}'

    def _done_filter(self) -> str:
        service = self.service
        resources = (service.name, f"namespaces/{service.project}/services/{service.id}")
        either = " OR ".join(f'protoPayload.resourceName="{one}"' for one in resources)
        project = (
            f'(protoPayload.resourceName="projects/{service.project}" AND protoPayload.methodName:"{entries.WRITES}")'
        )
        log = f"projects/{service.project}/logs/cloudaudit.googleapis.com%2Factivity"
        return f'timestamp>="{self._ago(_LONG)}" AND logName="{log}" AND ({either} OR {project})'

    def _ago(self, span: timedelta) -> str:
        return f"{datetime.fromtimestamp(self.google.now().value, UTC) - span:%Y-%m-%dT%H:%M:%SZ}"


def _evidence(kept: list[Entry]) -> Evidence | None:
    if not kept:
        return None
    logs, done = tuple(one.log for one in kept), tuple(event for one in kept for event in one.done)
    return Evidence(logs=logs, events=done, latest=max(one.at for one in kept))


def _unread(fact: Fact[tuple[Json, ...]]) -> Unknown:
    if isinstance(fact, Unknown):
        return fact
    return Unknown(fact.source, Obstacle.NOT_UNDERSTOOD, "the project was not found")

"""A contract held against what is true: who may call what, who may not, and how the services are set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ...collect.doors.wrapped import SharedDoor
from ...collect.readings import Access, read_access, read_service_and_caller
from ...deferred import dataclass
from ...gcp.products import accounts
from ...iam.members import is_account_of_user, is_service_agent
from ...model.fact import Absent, Fact, Known, NotThere, Unknown
from ...model.holder import Holders
from ...model.iam import Account, Principal
from ...model.run import Service
from ...report.contract import ClauseResult, ContractDraft, ContractResults
from ...report.status import ExitStatus
from ..context import CallRequest, Context, MisuseError, WorkflowError
from ..diagnose import diagnosed, door_of, existing, question_of, reading
from ..who import holders_in
from . import clauses
from .clauses import Judgement
from .contract import Contract, Expectation, Wanted
from .pairs import in_place

if TYPE_CHECKING:
    from ...gcp.door import Door


def expect(context: Context, contract: Contract, request: CallRequest, *, tolerated: bool = False) -> ContractResults:
    """Hold a contract against what is true. Nothing is changed.

    `request` says how to connect and whether test calls may be sent; `tolerated`: what cannot be told is let pass.

    Raises:
        MisuseError: a name of the contract fits nothing that could be looked up, or several things.
        WorkflowError: there is no way to Google.
    """
    door = SharedDoor(door_of(context, request))
    found = [
        ClauseResult(
            one.id, clause, one.service.value, wanted.value, wanted.line,
            judged.verdict, judged.because, judged.cause, judged.missing,
        )
        for one in contract.expectations
        for clause, wanted, judged in _judged(_Held(context, contract, one, request, door))
    ]  # fmt: skip
    return ContractResults(contract.file, tuple(found), door.sandbox is not None, tolerated)


@dataclass(frozen=True)
class _Held:
    """One expectation, and what it is held against."""

    context: Context
    contract: Contract
    expected: Expectation
    base: CallRequest
    door: Door

    @contextmanager
    def naming(self, wanted: Wanted) -> Iterator[Door]:
        """Look up a name; what is wrong with it is told with its line.

        Raises:
            MisuseError: it fits nothing, or several things.
        """
        try:
            yield self.door.within(self.base.seconds)
        except WorkflowError as error:
            if error.status != ExitStatus.USAGE:
                raise
            raise MisuseError(f"{self.contract.file}, line {wanted.line}: {error}") from None

    def access(self) -> Access:
        """Read who may invoke the service."""
        name = self.expected.service
        with self.naming(name) as door, reading(self.context) as tell:
            request = in_place(replace(self.base, service=self.contract.named(name.value)))
            return read_access(question_of(self.context, request), door, tell)

    def call_of(self, caller: Wanted, service: Service) -> CallRequest:
        """Return the call of one caller."""
        audience = self.expected.audience
        return in_place(
            replace(
                self.base,
                service=service.name,
                caller=self.contract.named(caller.value),
                audience=audience.value if audience else None,
            )
        )

    def principal(self, caller: Wanted, service: Service) -> Fact[Principal]:
        """Read whom a caller calls as."""
        with self.naming(caller) as door, reading(self.context) as tell:
            question = question_of(self.context, self.call_of(caller, service))
            return read_service_and_caller(question, door, tell).principal

    def account(self, principal: Principal) -> Fact[Account] | None:
        """Read a principal's service account; None where it has none, or one in a project of Google's own."""
        if not is_account_of_user(principal.member) or principal.email is None:
            return None
        return accounts.account(self.door.within(self.base.seconds), principal.email)

    def call(self, caller: Wanted, service: Service) -> Judgement:
        """Judge a caller's call."""
        with self.naming(caller) as door:
            return clauses.of_call(diagnosed(self.context, self.call_of(caller, service), door, None))


def _judged(held: _Held) -> Iterator[tuple[str, Wanted, Judgement]]:
    """Yield each clause, what it wants, and how it stands."""
    access = held.access()
    match access.service:
        case Known(service):
            yield from _of_service(held, access, service)
            return
        case Absent():
            name = access.service.source.target.removeprefix("//run.googleapis.com/")
            judged = clauses.broken(f"there is no service {name}", "reach/no-such-service")
        case Unknown():
            judged = clauses.unsure("the service could not be read", (access.service,))
    for clause, wanted in _clauses(held.expected):
        yield clause, wanted, judged


def _clauses(expected: Expectation) -> Iterator[tuple[str, Wanted]]:
    """Yield the clauses of an expectation with what each wants."""
    for clause, callers in (("may", expected.may), ("may iam", expected.may_by_iam), ("may-not", expected.may_not)):
        for caller in callers:
            yield clause, caller
    if expected.only:
        yield "only", Wanted("", expected.only.line)
    if expected.never_public:
        yield "public", Wanted("never", expected.never_public)
    if expected.audience:
        yield "audience", expected.audience
    if expected.ingress:
        yield "ingress", Wanted(" or ".join(one.value for one in expected.ingress), expected.ingress[0].line)
    if expected.runs_as:
        yield "runs-as", expected.runs_as
    if expected.runs_not_as:
        yield "runs-as not", expected.runs_not_as


def _of_service(held: _Held, access: Access, service: Service) -> Iterator[tuple[str, Wanted, Judgement]]:
    holders = holders_in(access, service, None)
    for clause, wanted in _clauses(held.expected):
        yield clause, wanted, _of_clause(clause, wanted, held, access, service, holders)


def _of_clause(
    clause: str, wanted: Wanted, held: _Held, access: Access, service: Service, holders: Holders
) -> Judgement:
    expected, groups = held.expected, held.contract.groups
    match clause:
        case "may" | "may iam" | "may-not":
            principal = held.principal(wanted, service)
            account = held.account(principal.value) if isinstance(principal, Known) else None
            if isinstance(principal, NotThere) or isinstance(account, Absent):
                return clauses.broken(f"{wanted.value} does not exist")
            if clause == "may":
                return held.call(wanted, service)
            if clause == "may-not" and service.iap_enabled:
                return clauses.refused_by_iap(held.call(wanted, service))
            answer = clauses.right(access, service, principal, groups)
            return clauses.of_right(answer, account) if clause == "may iam" else clauses.of_no_right(answer, holders)
        case "only":
            assert expected.only is not None
            callers = {one.value: held.principal(one, service) for one in (*expected.may, *expected.may_by_iam)}
            return clauses.of_only(expected.only, holders, service, callers, groups)
        case "public":
            strange = next((one for one in expected.exceptions if not _is_meant(held, one.service, service)), None)
            if strange is not None:
                return clauses.broken(f"line {strange.line} excepts {strange.service}, which is another service")
            return clauses.of_public(access, holders, service, expected.exceptions)
        case "audience":
            return clauses.of_audience(wanted, service)
        case "ingress":
            return clauses.of_ingress(expected.ingress, access)
        case _:
            return clauses.of_account(wanted, service, negated=clause == "runs-as not")


def _is_meant(held: _Held, name: str, service: Service) -> bool:
    """Whether an exception's name is that of the expectation's service."""
    same = name == held.expected.service.value
    return same or in_place(CallRequest(held.contract.named(name))).service in {service.id, service.name}


def drafted(context: Context, requests: Sequence[CallRequest]) -> tuple[ContractDraft, ...]:
    """Read of several services what a contract could say of each.

    The connection is made as the first request says.

    Raises:
        WorkflowError: a service could not be read, or there is no way to Google.
    """
    door = SharedDoor(door_of(context, requests[0]))
    return tuple(_draft(context, in_place(one), door.within(one.seconds)) for one in requests)


def _draft(context: Context, request: CallRequest, door: Door) -> ContractDraft:
    with reading(context) as tell:
        access = read_access(question_of(context, request), door, tell)
    service = existing(access.service)
    return ContractDraft(service, holders_in(access, service, None), is_service_agent)

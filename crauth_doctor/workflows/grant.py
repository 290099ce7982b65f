"""One member's role on one service, given: safely, and verified."""

from __future__ import annotations

from dataclasses import replace

from ..apply.consent import Named
from ..apply.executor import Plan
from ..collect.plan import BindingToWrite
from ..collect.readings import GrantFacts, read_preflight
from ..deferred import dataclass
from ..fixes import words
from ..gcp.clock import Clock
from ..gcp.google import Google
from ..iam.allow import short
from ..model.change import GrantRole
from ..model.fact import Known, value_of
from ..model.iam import INVOKER, SERVICES_INVOKER, Condition, DenyRule
from ..report.change import ChangeOutcome, ChangeReport
from ..report.status import ExitStatus
from .change_session import ChangeSession, Consent, request_to_administrator
from .context import CallRequest, Context, Tell, WorkflowError
from .diagnose import gather, open_connection
from .grant_preflight import Preflight, account_trouble, denials, doubtful, held_already, other_notes, understood
from .members import look_alike, until
from .wait_for_effect import Verifier


@dataclass(frozen=True)
class GrantRequest:
    """What is to be granted."""

    call: CallRequest  # the service, and as its caller who is to call it
    least: bool = False  # whether by roles/run.servicesInvoker, which cannot run jobs
    expires: str | None = None  # for how long: `30m`, `2h`, `7d`; None for always
    prefix: str | None = None  # for paths that begin so only; None for all
    whole_project: bool = False  # whether on the project, rather than on the one service
    anyway: bool = False  # whether even where the member may call already
    wait: bool = True  # whether to verify by a real call
    runs: str | None = None  # the caller that is said to run as the member, to be checked

    @property
    def role(self) -> str:
        """The role, `roles/…`."""
        return SERVICES_INVOKER if self.least else INVOKER


def grant(context: Context, request: GrantRequest, consent: Consent) -> ChangeReport:
    """Let one member call a service: preflight, plan, consent, write, read back, verify.

    Raises:
        WorkflowError: what has to be known for certain could not be read, or the request cannot be meant.
    """
    google = open_connection(context, request.call)
    condition = _condition(google, request.expires, request.prefix)
    session = ChangeSession(context, google, consent)
    session.tell(f"Reading {request.call.service} and its policies, for {request.call.caller}.")
    preflight = understood(gather(context, request.call, google))
    change = _change(preflight, request, condition)
    draft = session.draft(change, f"{preflight.name} would get {request.role} on {short(change.resource)}.")
    if not _is_so_already(preflight, request, draft):
        _Granting(context, request, preflight, session, draft).carry_out(change)
    return draft


def grant_in_sandbox(context: Context, request: CallRequest, change: GrantRole, tell: Tell) -> None:
    """Make a grant that a check of a sandbox offered. Nobody is asked.

    Raises:
        WorkflowError: there is no sandbox.
    """
    google = open_connection(context, request)
    if google.sandbox is None:
        raise WorkflowError("The demo changes nothing but a sandbox.")
    tell(words.sentence(change))
    session = ChangeSession(context, google, Consent(yes=True))
    draft = session.draft(change, words.sentence(change))
    plan = session.plan(draft, Named(change.member, change.resource))
    if plan is not None:
        session.carry_out(draft, plan)


def _condition(google: Google, expires: str | None, path: str | None) -> Condition | None:
    """Return a condition of what Cloud Run evaluates: request.time and request.path.

    Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
    """
    parts, titles = [], []
    if expires is not None:
        moment = until(expires, Clock(google).now()).isoformat().replace("+00:00", "Z")
        parts.append(f'request.time < timestamp("{moment}")')
        titles.append(f"until {moment}")
    if path is not None:
        parts.append(f'request.path.startsWith("{path}")')
        titles.append(f"paths {path}")
    if not parts:
        return None
    return Condition(" && ".join(parts), f"crauth-doctor: {', '.join(titles)}"[:100])


def _change(preflight: Preflight, request: GrantRequest, condition: Condition | None) -> GrantRole:
    chain = preflight.policies.chain
    at = chain[1] if request.whole_project and len(chain) > 1 else chain[0]
    return GrantRole(at.resource, request.role, preflight.principal.member, condition)


def _is_so_already(preflight: Preflight, request: GrantRequest, draft: ChangeReport) -> bool:
    there = held_already(preflight)
    if there is None or request.anyway:
        return False
    draft.outcome = ChangeOutcome.NOTHING_TO_DO
    on = "directly" if there.resource == preflight.policies.chain[0].resource else "by inheritance"
    draft.said = f"{preflight.name} may call {preflight.service.id} already, {on}: {there}."
    draft.notes.append("Pass --anyway for a grant of its own.")
    return True


@dataclass(frozen=True)
class _Granting:
    """A grant that is to be made."""

    context: Context
    request: GrantRequest
    preflight: Preflight
    session: ChangeSession
    draft: ChangeReport

    def carry_out(self, change: GrantRole) -> None:
        """Look what would stop it, plan, ask, write, verify."""
        preflight, session, draft = self.preflight, self.session, self.draft
        google, seconds = session.google, self.request.call.seconds
        session.tell("Checking the member, the organization's policies, and what you may do.")
        permission = session.executor.permission(change)
        binding = BindingToWrite(change.resource, permission, preflight.principal)
        read = read_preflight(google, preflight.facts, preflight.policies, binding, seconds)
        if not self._may_be_made(change, permission, read):
            return
        found = denials(read, preflight)
        draft.notes += found.notes
        plan = self._plan(Named(preflight.principal.member, preflight.policies.chain[0].resource))
        if plan is None:
            return
        for note in draft.notes:
            session.tell(f"Note: {note}")
        made = session.carry_out(draft, plan)
        if made is None:
            return
        what = f"{self.request.role} on {short(change.resource)}"
        if draft.outcome is not ChangeOutcome.DONE:
            draft.said = f"The grant was {what} for {preflight.name}."
            return
        draft.said = f"{preflight.name} has {what}."
        if made.interrupted:
            draft.shown = "Not verified: interrupted."
        elif not self.request.wait:
            draft.shown = (
                "Not verified (--no-wait): it usually takes effect in two minutes, sometimes in seven or more."
            )
        else:
            self._verify(found.certain)

    def _verify(self, forbidding: DenyRule | None) -> None:
        session, draft = self.session, self.draft
        path = self.request.call.path or "/"
        try:
            Verifier(session.google, session.tell, self.preflight, path, forbidding).verify(draft)
        except KeyboardInterrupt:
            draft.status = ExitStatus.INTERRUPTED
            draft.shown = "Not verified: interrupted while waiting. The grant stays."

    def _may_be_made(self, change: GrantRole, permission: str, read: GrantFacts) -> bool:
        """Find out what would stop the grant, before anybody is asked."""
        preflight, draft = self.preflight, self.draft
        trouble, notes = account_trouble(preflight)
        trouble = trouble or self._runs_as_another()
        if trouble:
            draft.outcome, draft.status, draft.said = ChangeOutcome.BLOCKED, ExitStatus.BLOCKED, trouble
            return False
        strange = look_alike(preflight.principal.member)
        draft.notes += [*([strange] if strange else []), *notes, *doubtful(preflight), *other_notes(read, preflight)]
        if self.request.least:
            draft.notes.append(
                "roles/run.servicesInvoker lets it call services; roles/run.invoker would let it run jobs as well, "
                "which matters where a role is bound above one service."
            )
        if value_of(read.may_write) is not False:
            return True  # where it cannot be asked, the write itself tells
        draft.outcome, draft.status = ChangeOutcome.BLOCKED, ExitStatus.BLOCKED
        draft.said = f"You may not make this grant: {permission} on {short(change.resource)} is missing."
        draft.message = request_to_administrator(change, permission, change.resource)
        return False

    def _runs_as_another(self) -> str | None:
        """Return that the caller runs as another account than the one that is to be granted."""
        runs, member = self.request.runs, self.preflight.principal.member
        if runs is None:
            return None
        facts = gather(self.context, replace(self.request.call, caller=runs), self.session.google)
        if not isinstance(facts.principal, Known):
            return f"Which account {runs} calls as could not be found out; leave out --caller to grant anyway."
        found = facts.principal.value.member
        if found.lower() == member.lower():
            return None
        return f"{runs} calls as {found}, not as {member}: the grant would not help it."

    def _plan(self, named: Named) -> Plan | None:
        plan = self.session.plan(self.draft, named)
        if plan is not None and plan.nothing_to_do:
            self.draft.outcome = ChangeOutcome.NOTHING_TO_DO
            self.draft.said = "This very binding already exists."
            return None
        return plan

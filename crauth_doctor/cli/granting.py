"""The steps of a grant, after its options are understood."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..apply import Named, Plan, StoppedError
from ..gcp.connection import Google
from ..iam.allow import short
from ..model.change import GrantRole
from ..model.fact import Known
from ..model.iam import SERVICES_INVOKER, Condition
from ..report.status import ExitStatus
from .app import App
from .changing import Consent, Desk, request_to_administrator
from .members import look_alike
from .options import Asked
from .session import gather
from .standing import (
    Scene,
    account_trouble,
    denial_sentence,
    denials,
    doubtful,
    held_already,
    may_write,
    other_notes,
    understood,
)
from .story import Outcome, Story, publish
from .verify import Verifier


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be granted.

    Args:
        role: `roles/…`.
        condition: under which it holds.
        whole_project: whether on the project, rather than on the one service.
        anyway: whether even where the member may call already.
        wait: whether to verify by a real call.
        runs: the caller that is said to run as the member, to be checked.
    """

    role: str
    condition: Condition | None = None
    whole_project: bool = False
    anyway: bool = False
    wait: bool = True
    runs: str | None = None


def grant(app: App, google: Google, asked: Asked, wish: Wish, consent: Consent) -> int:
    """Grant, step by step, and tell how it ended."""
    desk = Desk(app, google, consent)
    desk.tell(f"Reading {asked.service} and its policies, for {asked.caller}.")
    scene = understood(gather(app, asked, google))
    change = _change(scene, wish)
    said = f"{scene.name} would be given {wish.role} on {short(change.resource)}."
    story = Story(change, Outcome.PLANNED, said, sandbox=google.sandbox is not None)
    if not _is_so_already(scene, wish, story):
        _go_on(_Step(app, google, asked, wish, scene, desk, story), change)
    return publish(app, story)


@dataclass(frozen=True, slots=True)
class _Step:
    """What the later steps need."""

    app: App
    google: Google
    asked: Asked
    wish: Wish
    scene: Scene
    desk: Desk
    story: Story


def _go_on(step: _Step, change: GrantRole) -> None:
    """Preflight, plan, consent, write, verify."""
    scene, desk, story, google = step.scene, step.desk, step.story, step.google
    desk.tell("Checking the member, the organization's policies, and what you may do.")
    if not _preflight(step, change):
        return
    forbidding = list(denials(google.within(step.asked.seconds), scene))
    story.notes += [denial_sentence(rule, certain=certain) for rule, certain in forbidding]
    plan = _plan(desk, change, story, Named(scene.principal.member, scene.policies.chain[0].resource))
    if plan is None:
        return
    for note in story.notes:
        desk.tell(f"Note: {note}")
    made = desk.carry_out(story, plan)
    if made is None:
        return
    if story.outcome is not Outcome.DONE:
        story.said = f"{scene.name} was to have {step.wish.role} on {short(change.resource)}."
        return
    story.said = f"{scene.name} has {step.wish.role} on {short(change.resource)}."
    if made.interrupted:
        story.shown = "Not verified: interrupted."
        return
    if not step.wish.wait:
        story.shown = (
            "Not verified (--no-wait): it takes two minutes as a rule to have effect, sometimes seven or more."
        )
        return
    certain = next((rule for rule, sure in forbidding if sure), None)
    try:
        Verifier(google, desk.tell, scene, step.asked.path or "/", certain).verify(story)
    except KeyboardInterrupt:
        story.status = ExitStatus.INTERRUPTED
        story.shown = "Not verified: interrupted while waiting. The grant stands."


def _change(scene: Scene, wish: Wish) -> GrantRole:
    resource = scene.policies.chain[0].resource
    if wish.whole_project and len(scene.policies.chain) > 1:
        resource = scene.policies.chain[1].resource
    return GrantRole(resource, wish.role, scene.principal.member, wish.condition)


def _is_so_already(scene: Scene, wish: Wish, story: Story) -> bool:
    there = held_already(scene)
    if there is None or wish.anyway:
        return False
    story.outcome = Outcome.NOTHING_TO_DO
    on = "directly" if there.resource == scene.policies.chain[0].resource else "by inheritance"
    story.said = f"{scene.name} may call {scene.service.id} already, {on}: {there}."
    story.notes.append("Pass --anyway for a grant of its own.")
    return True


def _preflight(step: _Step, change: GrantRole) -> bool:
    """Find out what would stop the grant, before anybody is asked."""
    scene, story, wish, google = step.scene, step.story, step.wish, step.google.within(step.asked.seconds)
    trouble, notes = account_trouble(scene)
    trouble = trouble or _runs_as_another(step)
    if trouble:
        story.outcome, story.status, story.said = Outcome.BLOCKED, ExitStatus.BLOCKED, trouble
        return False
    strange = look_alike(scene.principal.member)
    story.notes += [*([strange] if strange else []), *notes, *doubtful(scene), *other_notes(google, scene)]
    if wish.role == SERVICES_INVOKER:
        story.notes.append(
            "roles/run.servicesInvoker lets it call services; roles/run.invoker would let it run jobs as well, which "
            "matters where a role is bound above one service."
        )
    permission = step.desk.executor.permission(change)
    if may_write(google, change.resource, permission):
        return True
    story.outcome, story.status = Outcome.BLOCKED, ExitStatus.BLOCKED
    story.said = f"You may not make this grant: {permission} on {short(change.resource)} is missing."
    story.message = request_to_administrator(change, permission, change.resource)
    return False


def _runs_as_another(step: _Step) -> str | None:
    """Say that the caller runs as another account than the one that is to be granted."""
    if step.wish.runs is None:
        return None
    facts = gather(step.app, replace(step.asked, caller=step.wish.runs), step.google)
    if not isinstance(facts.principal, Known):
        return f"Whom {step.wish.runs} calls as could not be found out; leave --caller out to grant without knowing."
    member = facts.principal.value.member
    if member.lower() == step.scene.principal.member.lower():
        return None
    return f"{step.wish.runs} calls as {member}, not as {step.scene.principal.member}: the grant would not help it."


def _plan(desk: Desk, change: GrantRole, story: Story, named: Named) -> Plan | None:
    try:
        plan = desk.executor.plan(change, named)
    except StoppedError as stopped:
        desk.blocked(story, None, stopped)
        return None
    if plan.nothing_to_do:
        story.outcome, story.said = Outcome.NOTHING_TO_DO, "This very binding is there already."
        return None
    return plan

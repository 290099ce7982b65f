"""The steps of a revocation, after its options are understood."""

from __future__ import annotations

from dataclasses import replace

from ..apply import StoppedError
from ..gcp.connection import Google
from ..iam.allow import short
from ..iam.members import same_member
from ..model.change import RevokeRole
from ..model.fact import Known, value_of
from ..model.iam import EVERYBODY, INVOKE, Binding, Principal
from ..report.status import ExitStatus
from .app import App
from .changing import Consent, Desk
from .options import Asked
from .session import gather
from .standing import Scene, held_elsewhere, understood
from .story import Outcome, Story, publish_all


def revoke(app: App, google: Google, asked: Asked, role: str | None, consent: Consent) -> int:
    """Revoke, binding by binding, and tell how each ended; the status is the worst."""
    desk = Desk(app, google, consent)
    desk.tell(f"Reading {asked.service} and its policies, for {asked.caller}.")
    scene = _scene(app, google, asked)
    bindings = [one for one in _bindings(scene) if one.role == role or (role is None and _lets_in(scene, one))]
    changes = [
        RevokeRole(scene.policies.chain[0].resource, one.role, member, one.condition)
        for one in bindings
        for member in sorted(one.members)
        if same_member(member, scene.principal.member)
    ]
    if not changes:
        return publish_all(app, [_nothing(scene, role, google)])
    stories = []
    for change in changes:
        stories.append(_one(desk, scene, change))
        if stories[-1].status == ExitStatus.INTERRUPTED:
            break
    return publish_all(app, stories)


def _scene(app: App, google: Google, asked: Asked) -> Scene:
    """Read; members that are no callers, deleted ones and everybody, are looked for in the policy alone."""
    who = asked.caller or ""
    if who not in EVERYBODY and not who.startswith("deleted:"):
        return understood(gather(app, asked, google))
    scene = understood(gather(app, replace(asked, caller="me"), google))
    return replace(scene, principal=Principal(who))


def _bindings(scene: Scene) -> tuple[Binding, ...]:
    own = value_of(scene.policies.chain[0].policy)
    return own.bindings if own else ()


def _lets_in(scene: Scene, binding: Binding) -> bool:
    role = scene.policies.roles.get(binding.role)
    return isinstance(role, Known) and INVOKE in role.value.permissions


def _nothing(scene: Scene, role: str | None, google: Google) -> Story:
    what = role or "a role that lets it call"
    said = f"{scene.name} has no binding of {what} on {short(scene.policies.chain[0].resource)} itself."
    story = Story(None, Outcome.NOTHING_TO_DO, said, sandbox=google.sandbox is not None)
    story.notes = [f"It can call by another grant: {one}." for one in scene.grants() if one.standing.value == "gives"]
    return story


def _one(desk: Desk, scene: Scene, change: RevokeRole) -> Story:
    said = f"{change.role} on {short(change.resource)} would be taken from {scene.name}."
    story = Story(change, Outcome.PLANNED, said, sandbox=desk.google.sandbox is not None)
    kept = [str(one) for one in held_elsewhere(scene, change.resource, change.role)]
    story.notes = [f"It keeps the right to call, or may, by another grant: {one}." for one in kept]
    try:
        plan = desk.executor.plan(change)
    except StoppedError as stopped:
        desk.blocked(story, None, stopped)
        return story
    for note in story.notes:
        desk.tell(f"Note: {note}")
    if desk.carry_out(story, plan) is not None:
        if story.outcome is not Outcome.DONE:
            story.said = f"{change.role} on {short(change.resource)} was to be taken from {scene.name}."
            return story
        story.said = f"{scene.name} has {change.role} on {short(change.resource)} no more."
        story.shown = "It takes two minutes as a rule to have effect, sometimes seven or more."
    return story

"""What the operator may have to do on Google Cloud: the permissions of each command, and the roles that give them.

They are those of the read plan, of the kind of caller, and of the changes; nothing is listed here by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..collect import plan
from ..collect.callers import TAKES as CALLERS
from ..collect.callers import parse_caller
from ..collect.executor import Read, in_order
from ..collect.unanswerable import UnanswerableError
from ..gcp.products.permissions import BINDING
from ..iam.roles import least
from ..model.caller import CallerKind
from ..model.caller_kinds import DECLARED, declared
from ..model.fact import Obstacle, Unknown
from ..model.iam import short_member
from ..model.unread import AccessRequest, Need, Permissions
from ..redaction import clean
from ..report.document import OBSTACLES, source_in_words, whole
from .context import MisuseError

_READS: Final[dict[str, tuple[Read[object], ...]]] = {
    "check": plan.CHECK,
    "call": plan.CHECK,
    "runbook": plan.CHECK,
    "snippet": plan.PAIR,
    "who": plan.WHO,
    "expect": (*plan.CHECK, *plan.WHO),
    "grant": (*plan.CHECK, *plan.PREFLIGHT),
    "revoke": (*plan.CHECK, *plan.PREFLIGHT),
    "undo": (),
}
_BINDS: Final = frozenset({"grant", "revoke"})
COMMANDS: Final = tuple(_READS)
"""The commands that ask Google for something of the operator's."""

_MANAGER: Final = "//cloudresourcemanager.googleapis.com/"
_ABOVE: Final = (f"{_MANAGER}organizations/", f"{_MANAGER}folders/")
_PROJECTS: Final = f"{_MANAGER}projects/"
_MINTING: Final = plan.TOKEN.takes


def permissions(command: str, kind: CallerKind | None = None, *, fix: bool = False) -> Permissions:
    """Return what a command may take.

    `kind`: of the caller, None for every kind; `fix`: changes are to be made too, as by `check --fix`.
    """
    found: dict[str, Need] = {}
    for need in _needs(command, kind, fix=fix):
        before = found.get(need.permission)
        if before is None or (before.when and not need.when):
            found[need.permission] = need
    needs = tuple(sorted(found.values(), key=lambda one: (bool(one.when), one.permission)))
    levels = []
    for level in ("project", "folder", "organization"):
        wanted = [one.permission for one in needs if level in one.levels]
        roles, rest = least(wanted)
        if wanted:
            levels.append((level, roles, rest))
    return Permissions(command, needs, tuple(levels))


def kind_of(caller: str) -> CallerKind:
    """Return the kind of a caller, by its words or by that of the kind alone (`scheduler`).

    Raises:
        MisuseError: they name none.
    """
    found = next((one for one in DECLARED if one.word and one.word == caller), None)
    if found is not None:
        return found.kind
    try:
        return parse_caller(caller)[0].kind
    except UnanswerableError as error:
        raise MisuseError(error.sentence, "--caller") from None


def _needs(command: str, kind: CallerKind | None, *, fix: bool) -> Iterator[Need]:
    reads = in_order(_READS[command])
    for read in reads:
        for permission in read.takes:
            yield Need(permission, read.what, "" if read.matters == plan.ALWAYS else read.matters)
    if plan.RESOLVED in reads:
        for one, taken in CALLERS.items():
            if kind in {None, one}:
                for permission in taken:
                    yield Need(permission, "the caller", f"the caller is {declared(one).usage}")
    if command in _BINDS:
        yield Need(BINDING, "a change")
    if fix or command == "undo":
        from ..apply.resource_edits import TAKES  # a check that only lacks permissions needs nothing that writes

        for permission in TAKES:
            yield Need(permission, "a change", "" if command in {*_BINDS, "undo"} else "it is made")


def unread_sentence(unknown: Unknown) -> str:
    """Return what could not be read and why, with the role that lets the operator read it."""
    text = f"{source_in_words(unknown.source)}: {OBSTACLES[unknown.obstacle]}."
    if unknown.permission is None:
        return f"{text} {whole(clean(unknown.detail))}".rstrip()
    roles, _ = least({unknown.permission})
    return f"{text} You need {clean(unknown.permission)}{f', which {roles[0]} gives' if roles else ''}."


def access_requests(unread: Iterable[Unknown], member: str | None) -> tuple[AccessRequest, ...]:
    """Return what to ask an administrator for, so that what is missing can be read: once for each resource.

    `member` is the operator, as IAM writes it; None where it is not known.
    """
    missing: dict[str, dict[str, None]] = {}
    for one in unread:
        if one.obstacle is Obstacle.FORBIDDEN and one.permission:
            missing.setdefault(_granted_on(one), {})[one.permission] = None
    found = []
    for resource, wanted in sorted(missing.items(), key=lambda one: (not one[0].startswith(_PROJECTS), one[0])):
        roles, rest = least(wanted)
        is_own = resource.endswith(f"/serviceAccounts/{short_member(member or '')}")  # whoever impersonates it needs it
        found.append(AccessRequest(resource, "" if is_own else member or "", tuple(sorted(wanted)), roles, rest))
    return tuple(found)


def _granted_on(unread: Unknown) -> str:
    """Return where a role is to be given: on a service account to mint for it, else on the project, or above it."""
    target = unread.source.target
    if unread.permission in _MINTING or target.startswith(_ABOVE):
        return target
    parts = target.removeprefix("//").split("/")
    if "projects" not in parts[:-1]:
        return target
    return f"{_PROJECTS}{parts[parts.index('projects') + 1]}"

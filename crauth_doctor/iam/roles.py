"""What a role contains: as it was read, else as Google documents it.

Google's predefined roles stand in `roles.json`, with those of their permissions that decide a call and those that this
tool itself needs, so that they need not be read. Each of its tables has its source and its date, and says which
permissions it answers for: of another one, that a role has it is told, and never that it has it not.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import Final

from ..deferred import dataclass
from ..model.fact import Absent, Fact, Known, Source, Unknown
from ..model.iam import INVOKE, AllowPolicies, Role

RUN_JOB: Final = "run.jobs.run"
RUN_WITH_OVERRIDES: Final = "run.jobs.runWithOverrides"
GET_OPEN_ID_TOKEN: Final = "iam.serviceAccounts.getOpenIdToken"
"""To mint an ID token of a service account. Owner and Editor do not hold it."""
GET_ACCESS_TOKEN: Final = "iam.serviceAccounts.getAccessToken"
ACT_AS: Final = "iam.serviceAccounts.actAs"
"""To have a job, task or workload run as a service account."""

DECIDING: Final = frozenset({INVOKE, RUN_JOB, RUN_WITH_OVERRIDES, GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN, ACT_AS})
"""What decides who may call, start or mint: of every role in the tables it is told whether it contains them."""


@dataclass(frozen=True)
class _Tables:
    """`roles.json`."""

    roles: dict[str, Known[Role]]  # by name, as far as the tables know them
    # the names of the roles of which it is known that they contain no other of the deciding permissions
    decided: frozenset[str]
    narrowest: tuple[str, ...]  # the roles that one asks an administrator for, the narrower before the broader


@cache
def _tables() -> _Tables:
    document = json.loads(pkgutil.get_data(__package__, "roles.json") or b"{}")
    roles: dict[str, Known[Role]] = {}
    decided: set[str] = set()
    for table in document["tables"]:
        source = Source("given", f"{table['source']} ({table['as_of']})")
        decided |= set(table["roles"]) if frozenset(table["tells"].split()) >= DECIDING else set()
        for name, held in table["roles"].items():
            before = roles[name].value.permissions if name in roles else frozenset()
            roles[name] = Known(Role(before | frozenset(held.split())), source)
    return _Tables(roles, frozenset(decided), tuple(document["narrowest"].split()))


def documented(name: str, permission: str = INVOKE) -> Known[Role] | None:
    """Return a predefined role; None where no table says whether it contains this permission."""
    tables = _tables()
    role = tables.roles.get(name)
    if role is None:
        return None
    lacks_it = permission in DECIDING and name in tables.decided
    return role if lacks_it or permission in role.value.permissions else None


def role_of(policies: AllowPolicies, name: str, permission: str) -> Fact[Role] | None:
    """Return a role that is bound; None where it was not read, and no table has it.

    A predefined role is the same for everybody, so one that could not be read is looked up.
    """
    found = policies.roles.get(name)
    return documented(name, permission) or found if found is None or isinstance(found, Unknown) else found


def holds(role: Fact[Role] | None, permission: str) -> bool | None:
    """Whether a role gives a permission; None where what it contains cannot be seen."""
    if isinstance(role, Known):
        return not role.value.disabled and permission in role.value.permissions
    return False if isinstance(role, Absent) else None


def least(permissions: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the fewest, narrowest predefined roles that give some permissions together.

    Returns:
        the roles, and the permissions that none of the known ones gives: only a basic role or a custom one does.
    """
    held = {name: _tables().roles[name].value.permissions for name in _tables().narrowest}
    wanted = set(permissions)
    left = {one for one in wanted if any(one in given for given in held.values())}
    chosen: list[str] = []
    while left:
        best = max(held, key=lambda name: len(held[name] & left))
        chosen.append(best)
        left -= held[best]
    for name in tuple(chosen):
        others = {one for other in chosen if other != name for one in held[other]}
        alone = (held[name] & wanted) - others
        narrower = [one for one in held if alone <= held[one]][:1] if alone else []
        at = chosen.index(name)
        chosen[at : at + 1] = narrower
    given = {one for name in chosen for one in held[name]}
    return tuple(chosen), tuple(sorted(wanted - given))

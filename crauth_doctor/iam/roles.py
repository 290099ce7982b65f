"""What a role contains: as it was read, else as Google documents it."""

from __future__ import annotations

from ..model.fact import Absent, Fact, Known, Unknown
from ..model.iam import INVOKE, AllowPolicies, Role
from ..model.roles import ACT_AS, GET_ACCESS_TOKEN, GET_OPEN_ID_TOKEN, RUN_JOB, predefined, predefined_minter


def documented(name: str, permission: str) -> Known[Role] | None:
    """Return a predefined role; None where no table says whether it contains this permission."""
    if permission in {INVOKE, RUN_JOB}:
        return predefined(name)
    return predefined_minter(name) if permission in {GET_OPEN_ID_TOKEN, GET_ACCESS_TOKEN, ACT_AS} else None


def role_of(policies: AllowPolicies, name: str, permission: str) -> Fact[Role] | None:
    """Return a role that is bound; None where it was not read, and no table has it.

    A predefined role is the same for everybody, so one that could not be read is looked up.
    """
    found = policies.roles.get(name)
    return documented(name, permission) or found if found is None or isinstance(found, Unknown) else found


def holds(role: Fact[Role] | None, permission: str) -> bool | None:
    """Whether a role gives a permission; None where what it contains cannot be seen."""
    match role:
        case Known(value):
            return not value.disabled and permission in value.permissions
        case Absent():
            return False
        case _:
            return None

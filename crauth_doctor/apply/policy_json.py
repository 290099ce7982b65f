"""What a change does to a document. Pure: the document before in, the document after out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ..iam.members import same_member
from ..model.iam import Condition

Json: TypeAlias = Mapping[str, Any]

_HIDDEN_CONDITION: Final = "_withcond_"


class UnsafeError(Exception):
    """A document that must not be written back; the message says why."""


class ChangedAgainError(UnsafeError):
    """A setting that somebody else has set since; it is theirs."""


def refuse_unsafe(policy: Json) -> None:
    """Refuse a policy that is no such thing as Google writes, or that was not read with version 3.

    Written back, the one would be garbage, and the other would have lost every condition.
    Source: https://docs.cloud.google.com/iam/docs/allow-policies#specifying-version-get

    Raises:
        UnsafeError: it is such a policy, or has no etag.
    """
    what = _misshapen(policy)
    if what:
        raise UnsafeError(f"The policy came in a form that this tool does not understand: {what}.")
    bindings = policy.get("bindings", ())
    if any(_HIDDEN_CONDITION in str(binding.get("role", "")) for binding in bindings):
        raise UnsafeError("The policy came with its conditions hidden, as if version 1 had been asked for.")
    if any(binding.get("condition") for binding in bindings) and policy.get("version") != 3:
        raise UnsafeError("The policy came with conditions and without version 3.")
    if not policy.get("etag"):
        raise UnsafeError("The policy came without an etag, so a change in between could not be noticed.")


def _misshapen(policy: Json) -> str | None:
    bindings = policy.get("bindings", [])
    if not isinstance(bindings, list):
        return "its bindings are not a list"
    for binding in bindings:
        if not isinstance(binding, dict) or not isinstance(binding.get("role"), str):
            return "a binding has no role"
        members, condition = binding.get("members", []), binding.get("condition", {})
        if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
            return f"the members of {binding['role']} are not a list of names"
        if not isinstance(condition, dict) or not all(isinstance(one, str) for one in condition.values()):
            return f"the condition of {binding['role']} is none"
    return None if isinstance(policy.get("etag", ""), str) else "its etag is not text"


def refuse_misshapen(document: Json, paths: Iterable[str]) -> None:
    """Refuse a document in which there is something else on the way to a setting than settings.

    Raises:
        UnsafeError: there is.
    """
    for path in paths:
        value: Any = document
        for word in path.split(".")[:-1]:
            value = value.get(word, {})
            if not isinstance(value, Mapping):
                raise UnsafeError(f"It came in a form that this tool does not understand: {word} holds no settings.")
    audiences = document.get("customAudiences", [])
    if not isinstance(audiences, list) or not all(isinstance(one, str) for one in audiences):
        raise UnsafeError(
            "It came in a form that this tool does not understand: customAudiences is not a list of names."
        )


def vpc_networks(access: Any) -> frozenset[str]:
    """Return the networks and connectors that a workload's VPC access joins."""
    if not isinstance(access, Mapping):
        return frozenset()
    interfaces = access.get("networkInterfaces") or ()
    joined = [f"{key} {one.get(key)}" for one in interfaces for key in ("network", "subnetwork") if one.get(key)]
    return frozenset([*joined, *([f"connector {access['connector']}"] if access.get("connector") else ())])


def with_member(policy: Json, role: str, member: str, condition: Condition | None, whole: Json | None = None) -> Json:
    """Return the policy with one member in one role: in the binding of that role and condition, else in a new one.

    `whole` is the condition as Google keeps it, with its description, for a binding that is put back.
    """
    bindings = list(policy.get("bindings", ()))
    if any(same_member(one, member) for b in bindings if _is(b, role, condition) for one in b.get("members", ())):
        return policy
    for index, binding in enumerate(bindings):
        if _is(binding, role, condition):
            bindings[index] = {**binding, "members": [*binding.get("members", ()), member]}
            return {**policy, "bindings": bindings}
    added: dict[str, Any] = {"role": role, "members": [member]}
    if condition is not None:
        added["condition"] = whole or {"title": condition.title or "crauth-doctor", "expression": condition.expression}
    return {**policy, "bindings": [*bindings, added]}


def without_member(policy: Json, role: str, member: str, condition: Condition | None) -> Json:
    """Return the policy without one member in one role; a binding that is left empty goes."""
    bindings: list[Any] = []
    for binding in policy.get("bindings", ()):
        if not _is(binding, role, condition):
            bindings.append(binding)
            continue
        members = list(binding.get("members", ()))
        kept = [one for one in members if not same_member(one, member)]
        if kept:
            bindings.append({**binding, "members": kept} if kept != members else binding)
        elif not members:
            bindings.append(binding)
    return policy if bindings == list(policy.get("bindings", ())) else {**policy, "bindings": bindings}


def condition_in(policy: Json, role: str, condition: Condition | None) -> Json | None:
    """Return a binding's condition as Google keeps it; None where there is no such binding, or it has none."""
    found = (one.get("condition") for one in policy.get("bindings", ()) if _is(one, role, condition))
    return next(found, None) or None


def at(document: Json, path: str) -> Any:
    """Return the value at `template.serviceAccount`; None where there is none."""
    value: Any = document
    for word in path.split("."):
        value = value.get(word) if isinstance(value, Mapping) else None
    return value


def put(document: Json, path: str, value: Any) -> dict[str, Any]:
    """Return the document with another value at a path; None takes it away."""
    word, dot, rest = path.partition(".")
    changed = dict(document)
    new = put(changed.get(word) or {}, rest, value) if dot else value
    if new is None:
        changed.pop(word, None)
    else:
        changed[word] = new
    return changed


def policy_difference(before: Json, after: Json) -> tuple[str, ...]:
    """Return what changes in the bindings, as a diff: the bindings concerned whole, a line each, and no others."""
    lines: list[str] = []
    were, are = _keyed(before), _keyed(after)
    for key in dict.fromkeys([*were, *are]):
        old, new = were.get(key, ()), are.get(key, ())
        if old == new:
            continue
        lines.append(f"{'+' if not old else '-' if not new else ' '} {_line(key)}")
        lines += [f"{' ' if one in new else '-'}   {_line(one)}" for one in old]
        lines += [f"+   {_line(one)}" for one in new if one not in old]
    return tuple(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def field_difference(before: Json, after: Json, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return what changes in some fields, as a diff."""
    return tuple(line for path in paths for line in _changed(path, at(before, path), at(after, path)))


def _changed(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if old is not None:
        yield f"- {path}: {_word(old)}"
    yield f"+ {path}: {_word(new)}"


def _word(value: Any) -> str:
    import json

    return "(unset)" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _keyed(policy: Json) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for binding in policy.get("bindings", ()):
        condition = binding.get("condition") or {}
        when = f" while {condition.get('expression', '')}" if condition else ""
        key = f"{binding.get('role', '')}{when}"
        found[key] = (*found.get(key, ()), *map(str, binding.get("members", ())))
    return found


def _is(binding: Json, role: str, condition: Condition | None) -> bool:
    """Whether a binding is the one of a role and condition; a condition is itself by its expression and title."""
    if binding.get("role") != role:
        return False
    has = binding.get("condition") or None
    if has is None or condition is None:
        return has is None and condition is None
    titles = {condition.title, condition.title or "crauth-doctor"}
    return has.get("expression") == condition.expression and has.get("title", "") in titles

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.google_json.json_access import NotUnderstoodError
from crauth_doctor.google_json.policies import (
    answered_policy,
    constraint_rules,
    deny_rules,
    is_enforced,
    is_limited,
    policy,
    policy_in_part,
    refuses_member,
    role,
)
from crauth_doctor.model.iam import Binding, Condition, DenyRule, Policy

WHOLE: dict[str, Any] = {"role": "roles/run.invoker", "members": ["user:a@example.com"]}
CONDITION = {"expression": "x" * 5000, "title": "long"}


def test_a_condition_is_never_cut() -> None:
    (found,) = policy({"bindings": [WHOLE | {"condition": CONDITION}]}).bindings
    assert found == Binding("roles/run.invoker", frozenset({"user:a@example.com"}), Condition("x" * 5000, "long"))


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        {"members": []},
        {"role": 7, "members": []},
        {"role": "r", "members": "allUsers"},
        {"role": "r", "members": [7]},
        WHOLE | {"condition": {"title": "a condition that was cut"}},
        WHOLE | {"condition": "x"},
    ],
)
def test_a_binding_that_is_not_understood_is_not_left_out_silently(wrong: Any) -> None:
    document = {"etag": "e", "bindings": [WHOLE, wrong]}
    with pytest.raises(NotUnderstoodError):
        policy(document)
    found, is_all = policy_in_part(document)
    assert (len(found.bindings), is_all) == (1, False), "an unconditional grant is never made of a conditional one"


def test_an_answer_is_told_from_an_empty_object() -> None:
    assert answered_policy({"etag": "ACAB"}) == Policy((), "ACAB")
    for nothing in ({}, {"etag": ""}, {"bindings": {}, "etag": "e"}, {"etag": 7}):
        with pytest.raises(NotUnderstoodError):
            answered_policy(nothing)


def test_deny_rules_in_all_their_parts() -> None:
    rule = {
        "deniedPrincipals": ["p"],
        "exceptionPrincipals": ["e"],
        "deniedPermissions": ["d"],
        "exceptionPermissions": ["x"],
        "denialCondition": {"expression": "true"},
    }
    (found,) = deny_rules({"name": "policies/a/denypolicies/freeze", "rules": [{"denyRule": rule}]}, "//here")
    assert found == DenyRule(
        policy="freeze",
        attached_to="//here",
        principals=frozenset("p"),
        exceptions=frozenset("e"),
        permissions=frozenset("d"),
        permission_exceptions=frozenset("x"),
        condition=Condition("true"),
    )


@pytest.mark.parametrize("rules", [[{}], [{"allowRule": {}}], [{"denyRule": {"deniedPermissions": "all"}}], [7]])
def test_a_rule_of_tomorrow_is_not_no_rule(rules: Any) -> None:
    with pytest.raises(NotUnderstoodError):
        deny_rules({"displayName": "freeze", "rules": rules})


@pytest.mark.parametrize("permissions", ["run.routes.invoke", [7], {"a": 1}])
def test_a_role_whose_permissions_are_no_names_is_not_understood(permissions: Any) -> None:
    with pytest.raises(NotUnderstoodError):
        role({"name": "roles/x", "includedPermissions": permissions})


@pytest.mark.parametrize(
    ("document", "limited", "enforced"),
    [
        ({}, False, False),
        ({"spec": {"rules": [{"enforce": True}]}}, True, True),
        ({"spec": {"rules": [{"allowAll": True}]}}, False, False),
        ({"spec": {"rules": [{"values": {"allowedValues": ["is:internal", "all"]}}]}}, True, False),
        ({"listPolicy": {"allValues": "ALLOW"}}, False, False),
        ({"listPolicy": {"allowedValues": ["C0"]}}, True, False),
        ({"booleanPolicy": {"enforced": True}}, True, True),
    ],
)
def test_constraints_in_either_version(document: dict[str, Any], limited: bool, enforced: bool) -> None:
    rules = constraint_rules(document)
    assert (is_limited(rules), is_enforced(rules)) == (limited, enforced)


def test_a_managed_constraint_may_name_everybody_as_allowed() -> None:
    def rules(*subjects: str) -> list[Any]:
        return constraint_rules(
            {"spec": {"rules": [{"enforce": True, "parameters": {"allowedMemberSubjects": list(subjects)}}]}}
        )

    assert refuses_member(rules(), "allUsers")
    assert not refuses_member(rules("allUsers"), "allUsers")


@pytest.mark.parametrize(
    "binding",
    [
        {"role": "r", "members": [f"user:{at}@example.com" for at in range(2_001)]},
        {"role": "r", "members": ["user:a@example.com"], "condition": {"expression": "x" * (64 * 1024 + 1)}},
    ],
)
def test_a_policy_that_is_too_large_is_not_judged(binding: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError, match="too large"):
        answered_policy({"etag": "e", "bindings": [binding]})

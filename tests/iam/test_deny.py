"""Deny rules: IAM's groups of permissions, exceptions, and what cannot be told."""

from __future__ import annotations

import pytest

from crauth_doctor.iam.deny import concerns, forbids, names_permission
from crauth_doctor.model.answer import Answer, CannotTell, No, Yes
from crauth_doctor.model.iam import INVOKE, Condition, DenyRule, Principal

SA = Principal("serviceAccount:a@p.iam.gserviceaccount.com")
ALL = "principalSet://goog/public:all"
AT = "//cloudresourcemanager.googleapis.com/projects/p"
EXACT = "run.googleapis.com/routes.invoke"


@pytest.mark.parametrize(
    ("denied", "answer"),
    [
        (EXACT, Yes),
        ("run.googleapis.com/routes.*", Yes),
        ("run.googleapis.com/*.invoke", Yes),
        ("run.googleapis.com/*.*", Yes),
        ("run.googleapis.com/routes.get", No),
        ("run.googleapis.com/services.*", No),
        ("run.googleapis.com/*.get", No),
        ("pubsub.googleapis.com/*.*", No),
        ("run.googleapis.com/*", CannotTell),
        ("*", CannotTell),
        ("run.googleapis.com/rou*.invoke", CannotTell),
        ("run.routes.invoke", CannotTell),
        ("", CannotTell),
    ],
)
def test_permissions(denied: str, answer: type[Answer]) -> None:
    assert type(names_permission(denied, INVOKE)) is answer


def test_other_services_have_other_names() -> None:
    projects = "cloudresourcemanager.googleapis.com/projects.getIamPolicy"
    assert isinstance(names_permission(projects, "resourcemanager.projects.getIamPolicy"), Yes)


def rule(*denied: str, left_out: str = "", when: str = "", but: str = "") -> DenyRule:
    return DenyRule(
        "freeze",
        AT,
        frozenset({ALL}),
        frozenset({but} if but else ()),
        frozenset(denied),
        frozenset({left_out} if left_out else ()),
        Condition(when) if when else None,
    )


OTHERS = "principal://iam.googleapis.com/projects/-/serviceAccounts/b@p.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("denial", "answer"),
    [
        (rule(EXACT), Yes),
        (rule("run.googleapis.com/services.get", "run.googleapis.com/*.*"), Yes),
        (rule(EXACT, left_out="run.googleapis.com/*.invoke"), No),
        (rule("run.googleapis.com/*", left_out="run.googleapis.com/*.invoke"), No),
        (rule(EXACT, left_out="run.googleapis.com/*"), CannotTell),
        (rule(EXACT, but=OTHERS), Yes),
        (rule(EXACT, but=ALL), No),
        (rule(EXACT, but="principalSet://goog/group/g@example.com"), CannotTell),
        (rule("run.googleapis.com/*", but=ALL), No),
        (rule(EXACT, when='resource.matchTag("9/env", "prod")'), CannotTell),
        (rule(EXACT, when='request.time < timestamp("2020-01-01T00:00:00Z")'), Yes),
        (rule(EXACT, when="this is no CEL"), CannotTell),
        (rule(EXACT, when="true"), Yes),
        (rule(EXACT, when="false"), No),
        (rule("run.googleapis.com/services.get", when='resource.matchTag("9/env", "prod")'), No),
    ],
)
def test_rules(denial: DenyRule, answer: type[Answer]) -> None:
    assert type(forbids(denial, SA)) is answer


def test_which_rules_concern_invoking() -> None:
    assert isinstance(concerns(rule("run.googleapis.com/*.invoke")), Yes)
    assert isinstance(concerns(rule("run.googleapis.com/*")), CannotTell)
    assert isinstance(concerns(rule(EXACT, left_out=EXACT)), No)

from __future__ import annotations

from crauth_doctor.apply.policy_json import policy_difference

INVOKER = "roles/run.invoker"
TEAM = "group:team@example.com"


def test_a_condition_of_several_lines_is_shown_whole() -> None:
    """What was cut from the line that a person agrees to was not agreed to."""
    binding = {"role": INVOKER, "members": [TEAM], "condition": {"title": "t", "expression": "a ||\n  true"}}
    assert policy_difference({}, {"bindings": [binding]}) == (f"+ {INVOKER} while a || true", f"+   {TEAM}")

"""A change is planned, shown to a person, and made once; without the person's own yes nothing is written, ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client

from tests.mcp.conftest import CHECKOUT, ERAS, ORDERS, PROJECT, Agent, Asked, Open, Person, accepts, cancels, declines

MEMBER = f"serviceAccount:{CHECKOUT}"
GRANT: dict[str, Any] = {"change": "grant", "service": "orders", "member": MEMBER}
YES = accepts(make_it=True)
NO: tuple[Person | None, ...] = (declines, cancels, accepts(make_it=False), None)
NAMES = ("declines", "cancels", "says no", "cannot be asked")


def granted(here: Agent) -> bool:
    return any(MEMBER in one["members"] for one in here.policy() if one["role"] == "roles/run.invoker")


@pytest.mark.parametrize("era", ERAS)
def test_a_grant_that_the_person_agrees_to_is_made_once_and_undone(agent: Open, era: str) -> None:
    here = agent()
    plan = here.call("plan", era, **GRANT)
    assert not granted(here)
    assert f"+   {MEMBER}" in plan["diff"]
    made = here.call("apply", era, YES, plan=plan["plan"])
    assert (made["made"], made["verify"]) == (True, "pending")
    assert granted(here)
    [question] = here.questions
    assert all(line in question for line in plan["diff"])
    assert "crauth-doctor undo" in question
    again = here.call("apply", era, YES, plan=plan["plan"])
    assert again["receipt"] == made["receipt"]
    assert len(here.questions) == 1
    undo = here.call("plan", era, change="undo", receipt=made["receipt"])
    here.call("apply", era, YES, plan=undo["plan"])
    assert not granted(here)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("person", NO, ids=NAMES)
def test_without_a_yes_nothing_is_made_and_the_person_gets_the_command_line(
    agent: Open, era: str, person: Person | None
) -> None:
    here = agent()
    before = here.policy()
    plan = here.call("plan", era, **GRANT)
    outcome = here.call("apply", era, person, plan=plan["plan"])
    assert (outcome["made"], outcome["receipt"]) == (False, None)
    assert outcome["run"] == f"crauth-doctor grant orders --member {MEMBER}"
    assert here.policy() == before


@pytest.mark.parametrize("era", ERAS)
def test_a_plan_that_was_declined_is_used(agent: Open, era: str) -> None:
    here = agent()
    plan = here.call("plan", era, **GRANT)["plan"]
    here.call("apply", era, declines, plan=plan)
    assert here.call("apply", era, YES, plan=plan).failed
    assert not granted(here)


@pytest.mark.parametrize("era", ERAS)
def test_a_plan_expires(agent: Open, era: str) -> None:
    here = agent()
    plan = here.call("plan", era, **GRANT)["plan"]
    here.session.plans.get(plan).expires = 0
    outcome = here.call("apply", era, YES, plan=plan)
    assert outcome.failed
    assert "plan again" in outcome.text.lower()
    assert not granted(here)


@pytest.mark.parametrize("era", ERAS)
def test_what_somebody_else_changed_in_between_is_not_made(agent: Open, era: str) -> None:
    here = agent()
    plan = here.call("plan", era, **GRANT)["plan"]
    others = {"bindings": [*here.policy(), {"role": "roles/run.admin", "members": ["user:somebody@example.com"]}]}
    here.box.cloud.write_policy(ORDERS, others)
    outcome = here.call("apply", era, YES, plan=plan)
    assert not outcome["made"]
    assert "Plan it again" in outcome["why"]
    assert not granted(here)


def test_a_server_without_the_flag_plans_and_gives_the_command_line(agent: Open) -> None:
    here = agent(changes=False)
    plan = here.call("plan", **GRANT)
    assert plan["plan"] is None
    assert "--allow-changes" in plan["why"]
    assert plan["run"].startswith("crauth-doctor grant orders ")
    assert here.call("apply", person=YES, plan="p-0").failed


def test_a_fix_of_the_last_check_is_planned_and_made(agent: Open) -> None:
    here = agent()
    check, plan = here.calls(
        ("check", {"service": "orders", "caller": "run/checkout"}), ("plan", {"change": "fix", "fix": 1})
    )
    assert check["findings"][0]["fixes"][0]["n"] == 1
    assert here.call("apply", person=YES, plan=plan["plan"])["made"]
    assert granted(here)


def test_an_expiring_grant_is_made_as_it_was_shown(agent: Open) -> None:
    here = agent()
    plan = here.call("plan", **GRANT, expires="2h")
    here.box.advance(120)
    assert here.call("apply", person=YES, plan=plan["plan"])["made"]
    [binding] = [one for one in here.policy() if one["role"] == "roles/run.invoker"]
    assert "2026-06-01T11:00:0" in binding["condition"]["expression"]


def test_a_revocation_is_planned_and_made(agent: Open) -> None:
    bindings = [{"role": "roles/run.invoker", "members": [MEMBER, "allUsers"]}]
    here = agent(iam={ORDERS: {"bindings": bindings}})
    plan = here.call("plan", change="revoke", service="orders", member="allUsers")
    assert here.call("apply", person=YES, plan=plan["plan"])["made"]
    assert [one["members"] for one in here.policy()] == [[MEMBER]]


def test_what_widens_is_never_planned(agent: Open) -> None:
    """To take back that the public was shut out is to let it in again."""
    here = agent(iam={ORDERS: {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}})
    plan = here.call("plan", change="revoke", service="orders", member="allUsers")
    receipt = here.call("apply", person=YES, plan=plan["plan"])["receipt"]
    undo = here.call("plan", change="undo", receipt=receipt)
    assert undo["plan"] is None
    assert undo["why"]
    for member in ("allUsers", "allAuthenticatedUsers", "principalSet://goog/public:all"):
        assert here.call("plan", change="grant", service="orders", member=member).failed


def test_a_fix_that_widens_is_not_planned(agent: Open) -> None:
    here = agent(
        resources={
            PROJECT: {"name": "projects/123456789012", "projectId": "shop-prod"},
            ORDERS: {
                "urls": ["https://orders-123456789012.us-central1.run.app"],
                "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
            },
        }
    )
    check = here.call("check", service="orders", caller="laptop")
    fixes = [fix for one in check["findings"][:1] for fix in one["fixes"]]
    assert any(fix["widens"] for fix in fixes)
    before = json.dumps(here.box.cloud.resources[ORDERS], default=str)
    for fix in fixes:
        if fix["widens"] and fix["applicable"]:
            plan = here.call("plan", change="fix", fix=fix["n"])
            assert (plan["plan"], plan["widens"]) == (None, True)
    assert json.dumps(here.box.cloud.resources[ORDERS], default=str) == before


MOVES: tuple[Asked, ...] = (
    ("plan", GRANT),
    ("plan", {"change": "fix"}),
    ("plan", {"change": "undo", "receipt": "20260601T090000.000Z-orders-00000000"}),
    ("apply", {"plan": "LAST"}),
    ("apply", {"plan": "p-0000000000000000"}),
    ("check", {"service": "orders", "caller": "run/checkout", "path": "/export"}),
)


@given(st.lists(st.sampled_from(MOVES), min_size=2, max_size=5), st.sampled_from(NO), st.sampled_from(ERAS))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_calls_without_a_yes_changes_anything(
    agent: Open, moves: list[Asked], person: Person | None, era: str
) -> None:
    here = agent()
    before = here.policy()

    async def play(client: Client) -> None:
        last = "p-1"
        for tool, arguments in moves:
            given = {key: last if value == "LAST" else value for key, value in arguments.items()}
            found = await client.call_tool(tool, given)
            last = (found.structured_content or {}).get("plan") or last

    here.play(play, era, person)
    assert here.policy() == before
    assert set(here.called()) <= {"/"}


@pytest.mark.parametrize("era", ERAS)
def test_a_path_is_called_only_if_the_person_agrees(agent: Open, era: str) -> None:
    here = agent()
    asked = {"service": "orders", "caller": "run/checkout", "path": "/export?all=1"}
    for person in (None, declines, accepts(call_it=False)):
        here.call("check", era, person, **asked)
    assert set(here.called()) <= {"/"}
    assert all("GET /export?all=… to orders" in question for question in here.questions)
    here.call("check", era, accepts(call_it=True), **asked)
    assert "/export" in {path.partition("?")[0] for path in here.called()}


def test_a_path_in_the_url_of_a_service_is_not_called(agent: Open) -> None:
    here = agent()
    here.call("check", service="https://orders-123456789012.us-central1.run.app/export?all=1", caller="run/checkout")
    assert {path.partition("?")[0] for path in here.called()} <= {"/"}


@pytest.mark.parametrize("era", ERAS)
def test_a_path_that_the_command_line_allows_is_called_with_nobody_asked(agent: Open, era: str) -> None:
    here = agent(paths=frozenset({"/healthz"}))
    asked: dict[str, Any] = {"service": "orders", "caller": "run/checkout"}
    here.call("check", era, **asked, path="/export")
    assert set(here.called()) <= {"/"}
    here.call("check", era, **asked, path="/healthz")
    assert "/healthz" in here.called()
    assert here.questions == []


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3])
def test_a_change_that_is_cancelled_is_whole_or_not_there(agent: Open, seconds: float, tmp_path: Path) -> None:
    """Whether the write had begun when the client gave up depends on the moment; that it has a receipt does not."""
    here = agent(delays={"api": 0.1})
    plan = here.call("plan", **GRANT)

    async def play(client: Client) -> None:
        with anyio.move_on_after(seconds):
            await client.call_tool("apply", {"plan": plan["plan"]})

    here.play(play, person=YES)
    receipts = [*(tmp_path / "state").rglob("*.json")]
    assert granted(here) == bool(receipts)

"""Commands that rules write by hand: what others chose stands in them as one word, whatever it holds."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.change import Advise
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.run import Ingress
from crauth_doctor.rules import ALL
from crauth_doctor.rules.mint import _grant_token_creator
from crauth_doctor.rules.reach import _describe
from tests.rules.pasted import PASTED
from tests.rules.scenes import READ, facts

FUNCTION = Caller(
    "function/hook", CallerKind.FUNCTION, "//cloudfunctions.googleapis.com/projects/p/locations/r/functions/hook"
)
DEPLOYED = (("ingress/outside-vpc", Verdict.BLOCKS, {"ingress": Ingress.INTERNAL, "caller": FUNCTION}),)
HOSTILE = ["x$(touch${IFS}CANARY)@p.iam.gserviceaccount.com", "`id`@p", "a;b", "a b", "'", '"', "--impersonate=x"]


@pytest.mark.parametrize("email", HOSTILE)
def test_an_account_is_one_word(email: str) -> None:
    (command,) = _grant_token_creator(email).commands
    words = shlex.split(command)
    assert words[4] == email
    assert words[5:] == ["--role=roles/iam.serviceAccountOpenIdTokenCreator", "--member=MEMBER"]


@given(st.tuples(*[st.text(st.characters(exclude_characters="/"), min_size=1)] * 3))
def test_names_of_a_service_are_words(names: tuple[str, str, str]) -> None:
    project, region, service = names
    command = _describe(f"//run.googleapis.com/projects/{project}/locations/{region}/services/{service}")
    assert shlex.split(command)[4:7] == [service, f"--region={region}", f"--project={project}"]


@pytest.mark.parametrize(
    ("id", "verdict", "changed"), [s for s in (*READ, *PASTED, *DEPLOYED) if s[1] is Verdict.BLOCKS]
)
def test_no_command_uploads_the_folder_that_it_is_run_in(id: str, verdict: Verdict, changed: dict[str, Any]) -> None:
    """`gcloud functions deploy` without `--source` uploads the current directory."""
    outcome = next(rule for rule in ALL if rule.id == id).ask(facts(**changed))
    assert outcome.verdict is verdict
    assert outcome.finding is not None
    commands = [line for fix in outcome.finding.fixes if isinstance(fix, Advise) for line in fix.commands]
    assert not [line for line in commands if "functions deploy" in line and "--source" not in line]

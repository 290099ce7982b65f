"""Commands that rules write by hand: what others chose stands in them as one word, whatever it holds."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.rules.mint import _grant_token_creator
from crauth_doctor.rules.reach import _describe

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

"""Commands that rules write by hand: what others chose stands in them as one word, whatever it holds."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.fixes.gcloud import commands
from crauth_doctor.model.caller import Caller, CallerKind, Federation
from crauth_doctor.model.change import ACCOUNT, Advise, Command, ShowPolicy, ShowProvider, ShowUrl, account_resource
from crauth_doctor.model.clienterror import ClientError, ErrorFamily
from crauth_doctor.model.evidence import Evidence
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.run import Ingress
from crauth_doctor.rules import ALL
from crauth_doctor.rules.mint import _grant_token_creator
from tests.rules.pasted import PASTED
from tests.rules.scenes import EMAIL, READ, facts

FUNCTION = Caller(
    "function/hook", CallerKind.FUNCTION, "//cloudfunctions.googleapis.com/projects/p/locations/r/functions/hook"
)
DEPLOYED = (("ingress/outside-vpc", Verdict.BLOCKS, {"ingress": Ingress.INTERNAL, "caller": FUNCTION}),)
PROVIDER = "projects/123/locations/global/workloadIdentityPools/ci/providers/github"
POOLED = Caller("federation/ci/github", CallerKind.FEDERATION, f"//iam.googleapis.com/{PROVIDER}")
HOSTILE = ["x$(touch${IFS}CANARY)@p.iam.gserviceaccount.com", "`id`@p", "a;b", "a b", "'", '"', "--impersonate=x"]


@pytest.mark.parametrize("email", HOSTILE)
def test_an_account_is_one_word(email: str) -> None:
    for command in commands(_grant_token_creator(email, None)):
        words = shlex.split(command)
        assert words[4] == email
        assert words[-3:-1] == ["--member=user:E-MAIL", "--role=roles/iam.serviceAccountOpenIdTokenCreator"]


@given(st.tuples(*[st.text(st.characters(exclude_characters="/"), min_size=1)] * 3))
def test_names_of_a_service_are_words(names: tuple[str, str, str]) -> None:
    project, region, service = names
    for command in commands(ShowUrl(f"//run.googleapis.com/projects/{project}/locations/{region}/services/{service}")):
        assert shlex.split(command)[4:7] == [service, f"--project={project}", f"--region={region}"]


def test_whom_the_token_service_refused_is_shown_the_provider_that_it_names() -> None:
    failed = ClientError(ErrorFamily.STS_DENIED, (1, 1), f"no federated token for //iam.googleapis.com/{PROVIDER}", "x")
    outcome = next(rule for rule in ALL if rule.id == "mint/federation-denied").ask(
        facts(evidence=Evidence(errors=(failed,)))
    )
    assert outcome.finding is not None
    assert outcome.finding.title == "the federated identity gets no token from Google"
    assert [fix.commands for fix in outcome.finding.fixes if isinstance(fix, Advise)] == [(ShowProvider(PROVIDER),)]


@pytest.mark.parametrize(
    ("found", "title", "command"),
    [
        (Federation(("x",), refuses=True), "gets no token", ShowProvider(PROVIDER)),
        (Federation(("x",), account=EMAIL), f"may not impersonate {EMAIL}", ShowPolicy(account_resource(EMAIL))),
        (Federation(("x",)), "may not impersonate a service account", ShowPolicy(account_resource(ACCOUNT))),
    ],
)
def test_what_refuses_a_federated_identity_is_what_is_shown(found: Federation, title: str, command: Command) -> None:
    outcome = next(rule for rule in ALL if rule.id == "mint/federation-denied").ask(
        facts(federation=found, caller=POOLED)
    )
    assert outcome.finding is not None
    assert title in outcome.finding.title
    assert [fix.commands for fix in outcome.finding.fixes if isinstance(fix, Advise)] == [(command,)]


@pytest.mark.parametrize(
    ("id", "verdict", "changed"), [s for s in (*READ, *PASTED, *DEPLOYED) if s[1] is Verdict.BLOCKS]
)
def test_no_command_uploads_the_folder_that_it_is_run_in(id: str, verdict: Verdict, changed: dict[str, Any]) -> None:
    """`gcloud functions deploy` without `--source` uploads the current directory."""
    outcome = next(rule for rule in ALL if rule.id == id).ask(facts(**changed))
    assert outcome.verdict is verdict
    assert outcome.finding is not None
    lines = [line for fix in outcome.finding.fixes for line in commands(fix)]
    assert not [line for line in lines if "functions deploy" in line and "--source" not in line]

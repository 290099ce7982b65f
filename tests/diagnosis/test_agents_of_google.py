"""A product gets the tokens of its own agent: nobody else can look such an account up, or mint for it."""

from __future__ import annotations

import pytest

from crauth_doctor.diagnosis.witness import witnesses
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Stage, Sureness
from crauth_doctor.model.iam import Principal
from tests.rules.scenes import HERE, facts, unread


@pytest.mark.parametrize(
    ("email", "sure"),
    [
        ("service-123456789012@gcp-sa-dialogflow.iam.gserviceaccount.com", Sureness.SHOWN),
        ("bqcx-123456789012-h3kd@gcp-sa-bigquery-condel.iam.gserviceaccount.com", Sureness.SHOWN),
        ("123456789012@cloudbuild.gserviceaccount.com", Sureness.NOT_SHOWN),
        ("nobody-made-it@shop-prod.iam.gserviceaccount.com", Sureness.NOT_SHOWN),
    ],
)
def test_whose_tokens_nothing_keeps_from_being_made(email: str, sure: Sureness) -> None:
    known = facts(
        caller=Caller(email, CallerKind.SERVICE_ACCOUNT),
        principal=Principal(f"serviceAccount:{email}"),
        account=Absent(HERE),
        minted=unread("iam.serviceAccounts.getOpenIdToken"),
        token=unread("iam.serviceAccounts.getOpenIdToken"),
    )
    assert witnesses(known)[Stage.MINT].sureness is sure

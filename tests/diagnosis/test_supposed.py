"""What a person can say of each cause: a row, or a reason why there is none."""

from __future__ import annotations

from fnmatch import fnmatch

from crauth_doctor.diagnosis.supposed import ALSO, SHOWN_BY, SUPPOSES
from crauth_doctor.model.asks.sayable import BY_NAME
from crauth_doctor.rules import ALL

IDS = [rule.id for rule in ALL]
NOT_SHOWN_BY_WORDS = {
    "mint/external-account": "the library's own message names it",
    "mint/user-credentials": "the library's own message names it",
    "mint/no-id-token-credentials": "the library's own message names it",
    "mint/user-custom-audience": "gcloud's own message names it",
    "mint/gcloud-needs-access-token": "gcloud's own message names it",
    "mint/cannot-act-as": "the product's own message names it",
    "mint/federation-denied": "the token service's own message names it",
    "mint/key-rejected": "the token service's own message names it",
    "mint/clock-skew": "the token service's own message names it",
    "mint/gke-no-identity": "the metadata server's own message names it",
    "mint/impersonation-denied": "the credentials API's own message names it",
    "iap/agent-not-provisioned": "only settings tell it from the agent's missing role",
    "reach/reserved-path": "`url` is judged by the rule itself",
    "token/audience-*": "`audience` is judged by the rules themselves",
    "app/audience": "`answer` is judged by the rules of the application's stage",
    "app/refused": "`answer` and `status` are judged by the rules of the application's stage",
    "app/not-found": "`answer` and `status` are judged by the rules of the application's stage",
    "app/failing": "`answer` and `status` are judged by the rules of the application's stage",
    "warning/*": "it makes no call fail",
}
"""By cause: why nothing that can be said shows it."""


def test_a_cause_is_shown_by_what_can_be_said_or_has_a_reason_once() -> None:
    for cause in IDS:
        reasons = [reason for pattern, reason in NOT_SHOWN_BY_WORDS.items() if fnmatch(cause, pattern)]
        assert len(reasons) + (cause in SHOWN_BY) == 1, cause


def test_no_reason_is_of_a_cause_that_is_gone() -> None:
    assert {*SHOWN_BY, *ALSO, *SUPPOSES} <= set(IDS)
    assert [one for one in NOT_SHOWN_BY_WORDS if not any(fnmatch(cause, one) for cause in IDS)] == []


def test_a_row_has_facts_and_values_that_can_be_said() -> None:
    for cause in IDS:
        for name, values in SUPPOSES[cause].items():
            assert values <= set(BY_NAME[name].values), (cause, name)


def test_what_shows_a_cause_does_not_refute_it() -> None:
    for cause in SHOWN_BY:
        for name, values in SHOWN_BY[cause].items():
            assert values, (cause, name)
            assert values & SUPPOSES[cause][name], (cause, name)

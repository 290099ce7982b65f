"""The application that checks the audience itself: what it says, how sure that is, and what is to be asked for."""

from __future__ import annotations

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.evidence import read
from crauth_doctor.model.change import AddAudience, Advise
from crauth_doctor.model.evidence import Evidence
from crauth_doctor.model.fact import Absent, Known, Source
from crauth_doctor.model.finding import Conclusion, Finding
from crauth_doctor.model.run import Service
from crauth_doctor.rules.app import audience
from crauth_doctor.workflows.explain import facts_of

HERE = Source("test", "here")
URL = "https://orders-123456789012.us-central1.run.app"
NAME = "projects/shop-prod/locations/us-central1/services/orders"
SAYS = "Token has wrong audience {}, expected one of ['{}']"


def advised(service: Service, expected: str) -> Advise:
    pasted: Evidence = read(f"ValueError: {SAYS.format(URL, expected)}")
    found = audience(pasted.errors, pasted.logs, Known(service, HERE), Absent(HERE))
    assert isinstance(found, Finding)
    (advice,) = found.fixes
    assert isinstance(advice, Advise)
    return advice


def test_an_audience_that_both_take_is_to_be_asked_for() -> None:
    service = Service(NAME, (URL,), custom_audiences=("https://api.example.com",))
    advice = advised(service, "https://api.example.com")
    assert advice.text == "Ask for the audience https://api.example.com: orders accepts it too."
    assert advice.commands == ()


def test_one_that_the_service_does_not_take_can_be_declared() -> None:
    advice = advised(Service(NAME, (URL,)), "https://api.example.com")
    assert "does not accept the audience https://api.example.com" in advice.text
    assert advice.commands == (AddAudience(f"//run.googleapis.com/{NAME}", "https://api.example.com"),)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("JsonWebTokenError: jwt audience invalid. expected: https://api.example.com", "https://api.example.com"),
        ('oidc: expected audience "orders-api" got ["https://x.run.app"]', "orders-api"),
        ("JWT::InvalidAudError: Invalid audience. Expected orders-api, received https://x.run.app", "orders-api"),
        ("IDX10214: Did not match: validationParameters.ValidAudience: 'orders-api'", "orders-api"),
        ("TokenVerifier$VerificationException: Expected audience does not match", "that the application expects"),
        ('JWTClaimValidationFailed: unexpected "aud" claim value', "that the application expects"),
        ("idtoken: audience provided does not match aud claim in the JWT", "that the application expects"),
    ],
)  # fmt: skip
def test_a_message_alone_makes_it_likely_and_names_what_is_expected(message: str, expected: str) -> None:
    found = diagnose(facts_of(read(message)))
    assert found.cause is not None
    assert found.cause.rule == "app/audience"
    assert found.conclusion is Conclusion.LIKELY
    assert found.cause.finding is not None
    (advice,) = found.cause.finding.fixes
    assert isinstance(advice, Advise)
    assert advice.text.startswith(f"Ask for the audience {expected}, ")


@pytest.mark.parametrize(
    "text",
    [
        'FirebaseAuthError: Firebase ID token has incorrect "aud" (audience) claim. Expected "p" but got "q".',
        'ERROR:root:Error validating token: The Firebase ID token has an incorrect "aud" (audience) claim.',
        "token verify failed: ID token has invalid 'aud' (audience) claim; expected \"p\" but got \"q\"",
    ],
)  # fmt: skip
def test_a_token_of_the_end_user_is_another_matter(text: str) -> None:
    found = diagnose(facts_of(read(text)))
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == ("app/refused", Conclusion.LIKELY)

"""Every change in plain words."""

from __future__ import annotations

from typing import get_args

import pytest

from crauth_doctor.fixes.names import in_words
from crauth_doctor.fixes.words import danger, sentence, slug
from crauth_doctor.model.change import (
    AddAudience,
    Advise,
    Applicable,
    Change,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RequestAudience,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from crauth_doctor.model.iam import Condition
from crauth_doctor.model.run import Egress, Ingress

SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
ACCOUNT = "//iam.googleapis.com/projects/p/serviceAccounts/runner@p.iam.gserviceaccount.com"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
SUBNETWORK = "projects/p/regions/us-central1/subnetworks/default"
PUSH = "//pubsub.googleapis.com/projects/p/subscriptions/push"
WHO = "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com"

SENTENCES: list[tuple[Change, str]] = [
    (
        GrantRole(SERVICE, "roles/run.invoker", WHO),
        "Grant roles/run.invoker on orders to checkout@shop-prod.iam.gserviceaccount.com.",
    ),
    (
        GrantRole(PROJECT, "roles/run.invoker", "principal://x", Condition("request.path == '/'")),
        "Grant roles/run.invoker on project shop-prod to principal://x while request.path == '/'.",
    ),
    (
        RevokeRole(SERVICE, "roles/run.invoker", "allUsers"),
        "Remove roles/run.invoker on orders from allUsers.",
    ),
    (SetIngress(SERVICE, Ingress.INTERNAL), "Set the ingress of orders to internal."),
    (AddAudience(SERVICE, "https://o.example.com"), "Declare https://o.example.com as a custom audience of orders."),
    (EnableDefaultUrl(SERVICE), "Enable the default run.app URL of orders again."),
    (SetInvokerCheck(SERVICE, on=True), "Turn the invoker IAM check of orders on."),
    (SetInvokerCheck(SERVICE, on=False), "Turn the invoker IAM check of orders off."),
    (
        SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC, "projects/p/global/networks/shop"),
        "Send all traffic of orders through the network shop.",
    ),
    (
        SetVpcEgress(SERVICE, Egress.PRIVATE_RANGES_ONLY),
        "Send traffic to private ranges of orders through its VPC network.",
    ),
    (EnablePrivateAccess(SUBNETWORK), "Turn Private Google Access on for the subnetwork default."),
    (EnableAccount("a@p.iam.gserviceaccount.com"), "Enable the service account a@p.iam.gserviceaccount.com."),
    (SetRuntimeAccount(SERVICE, "a@p.iam.gserviceaccount.com"), "Run orders as a@p.iam.gserviceaccount.com."),
    (RequestAudience("https://o.run.app"), "Ask for ID tokens whose audience is https://o.run.app."),
    (
        RequestAudience("https://o.run.app", "//cloudscheduler.googleapis.com/projects/p/locations/r/jobs/nightly"),
        "Ask for ID tokens whose audience is https://o.run.app in the settings of the job nightly.",
    ),
    (
        SetSenderAudience(PUSH, "https://o.run.app", "a@p.iam.gserviceaccount.com"),
        "Have the subscription push ask for ID tokens whose audience is https://o.run.app.",
    ),
    (Advise("ask", "Ask the owner."), "Ask the owner."),
]


@pytest.mark.parametrize(("change", "text"), SENTENCES, ids=lambda x: type(x).__name__)
def test_sentence(change: Change, text: str) -> None:
    assert sentence(change) == text


def test_every_change_is_worded() -> None:
    assert {type(change) for change, _ in SENTENCES} == {*get_args(Applicable), RequestAudience, Advise}


@pytest.mark.parametrize(("change", "text"), SENTENCES, ids=lambda x: type(x).__name__)
def test_what_widens_says_what_it_opens(change: Change, text: str) -> None:
    assert text.endswith(".")
    if change.widens and not (isinstance(change, SetIngress) and change.ingress is Ingress.NONE):
        assert danger(change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (GrantRole(SERVICE, "roles/run.invoker", "allUsers"), "Anyone on the internet"),
        (GrantRole(PROJECT, "roles/run.invoker", WHO), "everything in the project"),
        (GrantRole(ACCOUNT, "roles/iam.serviceAccountTokenCreator", WHO), "act as this account everywhere"),
        (GrantRole(ACCOUNT, "roles/iam.serviceAccountOpenIdTokenCreator", WHO), "ID tokens as this account"),
        (GrantRole(ACCOUNT, "roles/iam.serviceAccountUser", WHO), "attach this account"),
        (RevokeRole(SERVICE, "roles/run.invoker", WHO), "within minutes"),
        (SetIngress(SERVICE, Ingress.ALL), "whole internet"),
        (SetIngress(SERVICE, Ingress.INTERNAL_AND_LB), "load balancer"),
        (SetIngress(SERVICE, Ingress.INTERNAL), "only its VPC networks"),
        (SetIngress(SERVICE, Ingress.NONE), "No caller"),
        (SetInvokerCheck(SERVICE, on=False), "Callers then need no token"),
        (SetInvokerCheck(SERVICE, on=True), "refused"),
        (SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC), "Cloud NAT"),
        (SetRuntimeAccount(SERVICE, "a@b"), "new revision"),
        (
            SetRuntimeAccount(SERVICE.replace("services", "jobs"), "a@b"),
            "from the next execution",
        ),
        (AddAudience(SERVICE, "a"), "new revision"),
        (EnableDefaultUrl(SERVICE), "without a load balancer"),
        (EnableAccount("a@b"), "Ask first why"),
        (SetSenderAudience(PUSH, "https://o.run.app", "a@b"), "unwrapping"),
        (SetSenderAudience(PUSH.replace("subscriptions", "locations/r/jobs"), "a", "a@b"), "checks the audience"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_danger(change: Change, words: str) -> None:
    assert words.lower() in (danger(change) or "").lower()


@pytest.mark.parametrize(
    "change",
    [
        GrantRole(SERVICE, "roles/run.servicesInvoker", WHO),
        EnablePrivateAccess(SUBNETWORK),
        RequestAudience("a"),
        SetVpcEgress(SERVICE, Egress.PRIVATE_RANGES_ONLY),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_is_harmless_says_at_most_that_it_makes_a_revision(change: Change) -> None:
    assert danger(change) in {None, "This creates a new revision."}


def test_slug() -> None:
    assert slug(GrantRole(SERVICE, "r", "m")) == "grant-role"
    assert slug(SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC)) == "set-vpc-egress"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (SERVICE, "orders"),
        (SERVICE.removeprefix("//run.googleapis.com/"), "orders"),
        (PROJECT, "project shop-prod"),
        ("//cloudresourcemanager.googleapis.com/folders/77", "folder 77"),
        ("organizations/9", "organization 9"),
        (PUSH, "the subscription push"),
        (ACCOUNT, "the service account runner@p.iam.gserviceaccount.com"),
        ("//run.googleapis.com/projects/p/locations/-", "all regions of project p"),
        ("projects/p/locations/us-central1", "us-central1 of project p"),
        ("https://orders-1.us-central1.run.app/", "https://orders-1.us-central1.run.app/"),
        ("metadata.google.internal", "metadata.google.internal"),
        ("//orders.example.com", "orders.example.com"),
        ("//cloudtasks.googleapis.com/projects/p/locations/r/queues/q/tasks", "tasks of the queue q"),
        ("//compute.googleapis.com/projects/p/global/securityPolicies/edge", "edge"),
    ],
)
def test_resources_in_words(name: str, words: str) -> None:
    assert in_words(name) == words

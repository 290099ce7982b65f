"""Every change as Terraform."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.fixes.terraform import block
from crauth_doctor.model.change import (
    AddAudience,
    Advise,
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
JOB = "//run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
ACCOUNT = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/runner@shop-prod.iam.gserviceaccount.com"
MEMBER = "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com"
ROLE = "roles/run.servicesInvoker"
SCHEDULER = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"

BLOCKS: list[Change] = [
    GrantRole(SERVICE, ROLE, MEMBER),
    GrantRole(SERVICE, ROLE, MEMBER, Condition('request.path == "/${x}"', "a")),
    GrantRole(JOB, ROLE, MEMBER),
    GrantRole(ACCOUNT, "roles/iam.serviceAccountOpenIdTokenCreator", MEMBER),
    GrantRole("//cloudresourcemanager.googleapis.com/projects/shop-prod", ROLE, MEMBER),
    GrantRole("//cloudresourcemanager.googleapis.com/folders/77", ROLE, MEMBER),
    GrantRole("//cloudresourcemanager.googleapis.com/organizations/9", ROLE, MEMBER),
    GrantRole("//iap.googleapis.com/projects/1/iap_web/cloud_run-us-central1/services/orders", ROLE, MEMBER),
    SetIngress(SERVICE, Ingress.NONE),
    AddAudience(SERVICE, "https://orders.example.com"),
    EnableDefaultUrl(SERVICE),
    SetInvokerCheck(SERVICE, on=False),
    SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC, "default", "default"),
    SetVpcEgress(JOB, Egress.PRIVATE_RANGES_ONLY),
    EnablePrivateAccess("projects/shop-prod/regions/us-central1/subnetworks/default"),
    EnableAccount("checkout@shop-prod.iam.gserviceaccount.com"),
    SetRuntimeAccount(JOB, "checkout@shop-prod.iam.gserviceaccount.com"),
    SetSenderAudience(SCHEDULER, "https://orders.example.com", "cron@shop-prod.iam.gserviceaccount.com"),
    RequestAudience("https://orders.example.com", SCHEDULER),
    RequestAudience("https://orders.example.com", "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"),
]


def test_a_grant_is_one_additive_resource() -> None:
    assert block(BLOCKS[0]) == (
        'resource "google_cloud_run_v2_service_iam_member" "orders_run_servicesinvoker_checkout" {\n'
        '  project  = "shop-prod"\n'
        '  location = "us-central1"\n'
        '  name     = "orders"\n'
        '  role     = "roles/run.servicesInvoker"\n'
        '  member   = "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com"\n'
        "}"
    )


def test_a_setting_is_named_with_the_resource_that_it_stands_in() -> None:
    assert block(SetIngress(SERVICE, Ingress.ALL)) == (
        '# in the google_cloud_run_v2_service of orders:\ningress = "INGRESS_TRAFFIC_ALL"'
    )


def test_egress_stands_in_the_template() -> None:
    assert block(SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC, "default", "sub")) == (
        "# in the google_cloud_run_v2_service of orders:\n"
        "template {\n"
        "  vpc_access {\n"
        '    egress = "ALL_TRAFFIC"\n'
        "    network_interfaces {\n"
        '      network    = "default"\n'
        '      subnetwork = "sub"\n'
        "    }\n"
        "  }\n"
        "}"
    )


def test_a_senders_token_is_shown_whole() -> None:
    change = SetSenderAudience(SCHEDULER, "https://orders.example.com", "cron@shop-prod.iam.gserviceaccount.com")
    assert block(change) == (
        "# in the google_cloud_scheduler_job of the job nightly:\n"
        "http_target {\n"
        "  oidc_token {\n"
        '    service_account_email = "cron@shop-prod.iam.gserviceaccount.com"\n'
        '    audience              = "https://orders.example.com"\n'
        "  }\n"
        "}"
    )


@pytest.mark.parametrize("change", BLOCKS, ids=repr)
def test_nothing_authoritative(change: Change) -> None:
    text = block(change)
    assert text is not None
    assert "_iam_binding" not in text
    assert "_iam_policy" not in text


@pytest.mark.parametrize(
    "change",
    [
        RevokeRole(SERVICE, ROLE, MEMBER),
        Advise("think", "Think."),
        RequestAudience("a"),
        GrantRole(SERVICE, ROLE, "allUsers"),
        GrantRole("//storage.googleapis.com/projects/_/buckets/b", ROLE, MEMBER),
        SetIngress("orders", Ingress.ALL),
    ],
    ids=repr,
)
def test_no_block(change: Change) -> None:
    assert block(change) is None


@pytest.mark.skipif(not shutil.which("terraform"), reason="Terraform is not installed")
def test_terraform_reads_every_block_and_would_format_it_the_same() -> None:
    whole = "\n\n".join(text for change in BLOCKS if (text := block(change))) + "\n"
    done = subprocess.run(["terraform", "fmt", "-"], input=whole, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == whole


@given(name=st.text(min_size=1).filter(lambda t: "/" not in t), member=st.text(min_size=1))
def test_hostile_names_stay_inside_their_strings(name: str, member: str) -> None:
    text = block(GrantRole(f"//run.googleapis.com/projects/p/locations/r/services/{name}", ROLE, member))
    if text is None:  # a member that means everybody
        return
    lines = text.split("\n")
    assert len(lines) == 7
    assert lines[0].startswith('resource "google_cloud_run_v2_service_iam_member" "')
    for line in lines[1:-1]:
        value = line.partition(" = ")[2]
        assert value.startswith('"')
        assert value.endswith('"')
        assert '"' not in value[1:-1].replace("\\\\", "").replace('\\"', "")
        assert "${" not in value.replace("$${", "")

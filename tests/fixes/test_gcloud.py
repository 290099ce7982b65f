"""Every change as gcloud commands that can be pasted."""

from __future__ import annotations

import shlex
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.fixes.gcloud import commands
from crauth_doctor.model.change import (
    ACCOUNT as ACCOUNT_NAME,
)
from crauth_doctor.model.change import (
    SERVICE as UNNAMED,
)
from crauth_doctor.model.change import (
    AddAudience,
    Advise,
    Change,
    Command,
    CreateAgent,
    DisableIap,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    ListDenyPolicies,
    ListServices,
    PrintToken,
    RequestAudience,
    RevokeRole,
    SendAccessToken,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
    ShowMapping,
    ShowPolicy,
    ShowProvider,
    ShowUrl,
    SignInAs,
    account_resource,
)
from crauth_doctor.model.iam import Condition
from crauth_doctor.model.run import Egress, Ingress
from tests.gcloud_parser import GcloudParser

SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
JOB = "//run.googleapis.com/projects/123456789012/locations/us-central1/jobs/nightly"
ACCOUNT = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/runner@shop-prod.iam.gserviceaccount.com"
MEMBER = "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com"
ROLE = "roles/run.servicesInvoker"
SCHEDULER = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
URL = "https://orders-abc123-uc.a.run.app"
SENDS_AS = "cron@shop-prod.iam.gserviceaccount.com"
WHERE = "--project=shop-prod --region=us-central1"

EXPECTED: list[tuple[Change | Command, str]] = [
    (
        GrantRole(SERVICE, ROLE, MEMBER),
        f"gcloud run services add-iam-policy-binding orders {WHERE} --member={MEMBER} --role={ROLE} --condition=None",
    ),
    (
        GrantRole(SERVICE.replace("shop-prod", "123456789012"), ROLE, MEMBER),
        (
            "gcloud run services add-iam-policy-binding orders --project=123456789012 --region=us-central1 "
            f"--member={MEMBER} --role={ROLE} --condition=None"
        ),
    ),
    (
        GrantRole(SERVICE.removeprefix("//run.googleapis.com/"), ROLE, MEMBER),
        f"gcloud run services add-iam-policy-binding orders {WHERE} --member={MEMBER} --role={ROLE} --condition=None",
    ),
    (
        GrantRole(SERVICE, ROLE, MEMBER, Condition('request.path.startsWith("/v1")', "only v1")),
        (
            f"gcloud run services add-iam-policy-binding orders {WHERE} --member={MEMBER} --role={ROLE} "
            "'--condition=expression=request.path.startsWith(\"/v1\"),title=only v1'"
        ),
    ),
    (
        GrantRole(SERVICE, ROLE, MEMBER, Condition('request.path in ["/a", "/b"]', "two: paths")),
        (
            f"gcloud run services add-iam-policy-binding orders {WHERE} --member={MEMBER} --role={ROLE} "
            '\'--condition=^;^expression=request.path in ["/a", "/b"];title=two: paths\''
        ),
    ),
    (
        GrantRole(JOB, "roles/run.invoker", MEMBER),
        (
            "gcloud run jobs add-iam-policy-binding nightly --project=123456789012 --region=us-central1 "
            f"--member={MEMBER} --role=roles/run.invoker"
        ),
    ),
    (
        GrantRole(ACCOUNT, "roles/iam.serviceAccountOpenIdTokenCreator", "user:dev@example.com"),
        (
            "gcloud iam service-accounts add-iam-policy-binding runner@shop-prod.iam.gserviceaccount.com "
            "--project=shop-prod --member=user:dev@example.com --role=roles/iam.serviceAccountOpenIdTokenCreator "
            "--condition=None"
        ),
    ),
    (
        GrantRole("//cloudresourcemanager.googleapis.com/projects/shop-prod", ROLE, MEMBER),
        f"gcloud projects add-iam-policy-binding shop-prod --member={MEMBER} --role={ROLE} --condition=None",
    ),
    (
        GrantRole("//cloudresourcemanager.googleapis.com/folders/77", ROLE, MEMBER),
        f"gcloud resource-manager folders add-iam-policy-binding 77 --member={MEMBER} --role={ROLE} --condition=None",
    ),
    (
        GrantRole("//cloudresourcemanager.googleapis.com/organizations/9", ROLE, MEMBER),
        f"gcloud organizations add-iam-policy-binding 9 --member={MEMBER} --role={ROLE} --condition=None",
    ),
    (
        GrantRole(
            "//iap.googleapis.com/projects/123456789012/iap_web/cloud_run-us-central1/services/orders",
            "roles/iap.httpsResourceAccessor",
            MEMBER,
        ),
        (
            "gcloud beta iap web add-iam-policy-binding --resource-type=cloud-run --service=orders "
            f"--project=123456789012 --region=us-central1 --member={MEMBER} --role=roles/iap.httpsResourceAccessor "
            "--condition=None"
        ),
    ),
    (
        RevokeRole(SERVICE, "roles/run.invoker", "allUsers"),
        (
            f"gcloud run services remove-iam-policy-binding orders {WHERE} --member=allUsers --role=roles/run.invoker "
            "--condition=None"
        ),
    ),
    (SetIngress(SERVICE, Ingress.ALL), f"gcloud run services update orders {WHERE} --ingress=all"),
    (
        AddAudience(SERVICE, "https://orders.example.com"),
        f"gcloud run services update orders {WHERE} --add-custom-audiences=https://orders.example.com",
    ),
    (
        AddAudience(SERVICE, "a,b"),
        f"gcloud run services update orders {WHERE} '--add-custom-audiences=^:^a,b'",
    ),
    (EnableDefaultUrl(SERVICE), f"gcloud beta run services update orders {WHERE} --default-url"),
    (SetInvokerCheck(SERVICE, on=False), f"gcloud run services update orders {WHERE} --no-invoker-iam-check"),
    (SetInvokerCheck(SERVICE, on=True), f"gcloud run services update orders {WHERE} --invoker-iam-check"),
    (
        SetVpcEgress(SERVICE, Egress.ALL_TRAFFIC, "default", "default"),
        f"gcloud run services update orders {WHERE} --network=default --subnet=default --vpc-egress=all-traffic",
    ),
    (
        SetVpcEgress(JOB, Egress.PRIVATE_RANGES_ONLY),
        "gcloud run jobs update nightly --project=123456789012 --region=us-central1 --vpc-egress=private-ranges-only",
    ),
    (
        EnablePrivateAccess("//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/default"),
        f"gcloud compute networks subnets update default {WHERE} --enable-private-ip-google-access",
    ),
    (
        EnableAccount("checkout@shop-prod.iam.gserviceaccount.com"),
        "gcloud iam service-accounts enable checkout@shop-prod.iam.gserviceaccount.com --project=shop-prod",
    ),
    (
        EnableAccount("123456789012-compute@developer.gserviceaccount.com"),
        "gcloud iam service-accounts enable 123456789012-compute@developer.gserviceaccount.com --project=123456789012",
    ),
    (
        SetRuntimeAccount(SERVICE, "checkout@shop-prod.iam.gserviceaccount.com"),
        f"gcloud run services update orders {WHERE} --service-account=checkout@shop-prod.iam.gserviceaccount.com",
    ),
    (
        SetSenderAudience(SCHEDULER, URL, SENDS_AS, f"{URL}/nightly"),
        (
            "gcloud scheduler jobs update http nightly --project=shop-prod --location=us-central1 "
            f"--oidc-service-account-email={SENDS_AS} --oidc-token-audience={URL}"
        ),
    ),
    (
        SetSenderAudience(PUSH, URL, SENDS_AS, f"{URL}/push"),
        (
            f"gcloud pubsub subscriptions modify-push-config push --project=shop-prod --push-endpoint={URL}/push "
            f"--push-auth-service-account={SENDS_AS} --push-auth-token-audience={URL}"
        ),
    ),
    (
        Advise("look", "Look.", (ShowPolicy(SERVICE),)),
        f"gcloud run services get-iam-policy orders {WHERE}",
    ),
    (
        RevokeRole(SERVICE, ROLE, MEMBER, Condition("true", "t", "why: so, and so")),
        (
            f"gcloud run services remove-iam-policy-binding orders {WHERE} --member={MEMBER} --role={ROLE} "
            "'--condition=^;^expression=true;title=t;description=why: so, and so'"
        ),
    ),
    (ShowUrl(SERVICE), f"gcloud run services describe orders {WHERE} '--format=value(status.url)'"),
    (ShowPolicy(account_resource(ACCOUNT_NAME)), f"gcloud iam service-accounts get-iam-policy {ACCOUNT_NAME}"),
    (
        ShowMapping("orders.example.com", SERVICE),
        f"gcloud beta run domain-mappings describe --domain=orders.example.com {WHERE}",
    ),
    (
        ShowProvider("projects/123/locations/global/workloadIdentityPools/ci/providers/github"),
        (
            "gcloud iam workload-identity-pools providers describe github --project=123 --location=global "
            "--workload-identity-pool=ci"
        ),
    ),
    (ListServices(SERVICE), "gcloud run services list --project=shop-prod"),
    (ListServices(UNNAMED), "gcloud run services list"),
    (
        PrintToken("a@shop-prod.iam.gserviceaccount.com", URL),
        (
            "gcloud auth print-identity-token --impersonate-service-account=a@shop-prod.iam.gserviceaccount.com "
            f"--audiences={URL} --include-email"
        ),
    ),
    (
        CreateAgent("iap.googleapis.com", SERVICE),
        "gcloud beta services identity create --service=iap.googleapis.com --project=shop-prod",
    ),
    (DisableIap(SERVICE), f"gcloud beta run services update orders {WHERE} --no-iap"),
    (
        ListDenyPolicies("//cloudresourcemanager.googleapis.com/folders/7"),
        (
            "gcloud iam policies list --attachment-point=cloudresourcemanager.googleapis.com/folders/7 "
            "--kind=denypolicies"
        ),
    ),
    (
        SendAccessToken("//cloudscheduler.googleapis.com/projects/p/locations/r/jobs/nightly", "a@p"),
        "gcloud scheduler jobs update http nightly --project=p --location=r --oauth-service-account-email=a@p",
    ),
]


@pytest.mark.parametrize(("change", "command"), EXPECTED, ids=lambda x: type(x).__name__)
def test_command(change: Change | Command, command: str) -> None:
    assert commands(change) == (command,)


def test_the_file_that_was_signed_in_with_is_named_too() -> None:
    login, export = commands(SignInAs("a@p.iam.gserviceaccount.com"))
    assert login == "gcloud auth application-default login --impersonate-service-account=a@p.iam.gserviceaccount.com"
    assert export.startswith("export GOOGLE_APPLICATION_CREDENTIALS=")


@pytest.mark.parametrize(
    "change",
    [
        RequestAudience("https://orders.example.com"),
        Advise("think", "Think."),
        SetIngress(SERVICE, Ingress.NONE),
        GrantRole(SERVICE, ROLE, "allUsers"),
        GrantRole(SERVICE, ROLE, "allAuthenticatedUsers"),
        GrantRole("//storage.googleapis.com/projects/_/buckets/b", ROLE, MEMBER),
        GrantRole(JOB, ROLE, MEMBER, Condition("true", "t")),
        EnableAccount("someone@example.com"),
        SetInvokerCheck("orders", on=True),
        SetSenderAudience(PUSH, URL, SENDS_AS),
        SetSenderAudience("//cloudtasks.googleapis.com/projects/p/locations/r/queues/q", URL, SENDS_AS),
    ],
    ids=repr,
)
def test_no_command(change: Change) -> None:
    assert commands(change) == ()


# PROJECT is what stands for a project that is not known: no project has capitals in its id.
NAMES = st.text(min_size=1).filter(lambda t: "/" not in t and not t.startswith("-") and t != "PROJECT")


@given(service=NAMES, project=NAMES, member=NAMES, role=NAMES)
def test_hostile_names_stay_inside_their_words(service: str, project: str, member: str, role: str) -> None:
    resource = f"//run.googleapis.com/projects/{project}/locations/us-central1/services/{service}"
    for command in commands(GrantRole(resource, role, member)):
        words = shlex.split(command)
        assert words[:4] == ["gcloud", "run", "services", "add-iam-policy-binding"]
        assert words[4:] == [
            service,
            f"--project={project}",
            "--region=us-central1",
            f"--member={member}",
            f"--role={role}",
            "--condition=None",
        ]


@pytest.mark.parametrize("name", ["--quiet", "-x", ""])
def test_a_name_that_would_be_read_as_a_flag_gives_no_command(name: str) -> None:
    resource = f"//run.googleapis.com/projects/p/locations/r/services/{name}"
    assert commands(GrantRole(resource, ROLE, MEMBER)) == ()


@given(items=st.text(alphabet="ab,:;|~#@%!+^=", min_size=1, max_size=20))
def test_a_list_flag_is_read_back_as_one_item(items: str) -> None:
    [command] = commands(AddAudience(SERVICE, items))
    flag = shlex.split(command)[-1].removeprefix("--add-custom-audiences=")
    assert _as_gcloud_splits(flag) == [items]


def _as_gcloud_splits(value: str) -> list[str]:
    """As `gcloud topic escaping` describes it."""
    if value.startswith("^") and "^" in value[1:]:
        delimiter, _, rest = value[1:].partition("^")
        return rest.split(delimiter)
    return value.split(",")


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_gcloud_takes_every_line(gcloud_parser: GcloudParser) -> None:
    lines = [line for change, _ in EXPECTED for line in commands(change)]
    assert gcloud_parser.objections([*lines, *commands(SignInAs(ACCOUNT_NAME))]) == {}


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_the_parser_sees_a_flag_and_a_choice_that_are_none(gcloud_parser: GcloudParser) -> None:
    wrong = [
        "gcloud run services update orders --region=r --bogus",
        "gcloud iap web add-iam-policy-binding --resource-type=cloud-run --service=x --member=m --role=r",
    ]
    assert list(gcloud_parser.objections(wrong)) == wrong

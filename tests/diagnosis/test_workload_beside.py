"""Another workload that is shown beside the service that is called most often is what calls it."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.finding import Conclusion, Diagnosis
from crauth_doctor.workflows.explain import explain

HASH = "abcdefghij-uc.a.run.app"
SERVICE = """\
$ gcloud run services describe {name} --region=us-central1 --project={project} --format=yaml
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: {name}
  namespace: '123456789012'
  labels:
    cloud.googleapis.com/location: us-central1
  annotations:
    run.googleapis.com/ingress: {ingress}
    run.googleapis.com/ingress-status: {ingress}
spec:
  template:
    metadata:
      annotations:{egress}
    spec:
      serviceAccountName: {name}@shop-prod.iam.gserviceaccount.com
status:
  url: https://{name}-{hash}
"""
EGRESS = """
        run.googleapis.com/vpc-access-connector: main
        run.googleapis.com/vpc-access-egress: """
GRANTED = """\
$ gcloud run services get-iam-policy backend --region=us-central1 --project=shop-prod
bindings:
- members:
  - serviceAccount:web@shop-prod.iam.gserviceaccount.com
  role: roles/run.invoker
"""
URL = f"https://backend-{HASH}/api"
NOT_FOUND = f"404 Client Error: Not Found for url: {URL}\n"
FORBIDDEN = f"403 Client Error: Forbidden for url: {URL}\n"


def shown(name: str, ingress: str = "all", egress: str = " {}", project: str = "shop-prod") -> str:
    return SERVICE.format(name=name, ingress=ingress, egress=egress, project=project, hash=HASH)


BACKEND = shown("backend", "internal")


def told(*parts: str) -> Diagnosis:
    return explain("\n".join(parts)).diagnosis


@pytest.mark.parametrize(
    ("egress", "cause"),
    [(" {}", "ingress/outside-vpc"), (f"{EGRESS}private-ranges-only", "ingress/private-ranges-only")],
)
def test_the_way_of_the_other_service_tells_why_internal_ingress_refuses(egress: str, cause: str) -> None:
    found = told(shown("frontend", egress=egress), BACKEND, NOT_FOUND)
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == (cause, Conclusion.LIKELY)
    assert found.cause.finding is not None
    assert "the other workload that you gave makes this call" in found.cause.finding.assuming


def test_the_account_of_the_other_service_is_held_against_the_policy() -> None:
    found = told(GRANTED, shown("frontend"), FORBIDDEN)
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == ("iam/missing-invoker", Conclusion.LIKELY)


@pytest.mark.parametrize(
    "parts",
    [
        (
            shown("frontend", egress=f"{EGRESS}all-traffic"),
            BACKEND,
            f"$ curl -i https://backend-{HASH}/api\nHTTP/2 404\n",
        ),
        (shown("frontend", project="another", egress=f"{EGRESS}all-traffic"), BACKEND, NOT_FOUND),
        (shown("frontend"), shown("other", egress=f"{EGRESS}all-traffic"), BACKEND, NOT_FOUND),
    ],
    ids=["a call by hand", "another project", "two others"],
)
def test_it_is_not_taken_for_the_caller_where_another_may_be(parts: tuple[str, ...]) -> None:
    found = told(*parts)
    named = [found.cause] if found.cause else found.open
    assumed = [text for one in named if one.finding for text in one.finding.assuming]
    assert "the other workload that you gave makes this call" not in assumed


def test_what_a_person_says_of_the_caller_comes_first() -> None:
    paste = "\n".join((shown("frontend", egress=f"{EGRESS}private-ranges-only"), BACKEND, NOT_FOUND))
    found = explain(paste, Said((("caller", "laptop"), ("network", "internet")))).diagnosis
    assert (found.cause.rule if found.cause else None) in {"ingress/outside-vpc", None}


FIELD = """\
$ gcloud run services describe web --region=us-central1 --format='value(spec.template.spec.serviceAccountName)'
{}@shop-prod.iam.gserviceaccount.com
"""


def test_one_field_of_the_other_service_tells_whom_it_calls_as() -> None:
    found = told(GRANTED, FIELD.format("runner"), FORBIDDEN)
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == ("iam/wrong-principal", Conclusion.LIKELY)
    assert found.cause.finding is not None
    assert "runner@shop-prod" in found.cause.finding.title
    granted = told(GRANTED, FIELD.format("web"), FORBIDDEN)
    assert granted.cause is None


JOB = """
$ gcloud scheduler jobs describe nightly --location=us-central1 --project=ledger-prod
httpTarget:
  oidcToken:
    audience: {url}
    serviceAccountEmail: nightly@ledger-prod.iam.gserviceaccount.com
  uri: {url}/run
name: projects/ledger-prod/locations/us-central1/jobs/nightly
state: ENABLED
"""


def test_a_job_that_is_set_to_call_another_service_does_not_make_the_call() -> None:
    shown = SERVICE.format(name="backend", project="shop-prod", ingress="all", egress=" {}", hash=HASH) + GRANTED
    call = f"$ curl -i https://backend-{HASH}/\nHTTP/2 401\nserver: Google Frontend\n"
    job = JOB.format(url="https://billing-7q2zmx4abc-uc.a.run.app")
    assert explain(f"{call}\n{shown}{job}").diagnosis.cause is None

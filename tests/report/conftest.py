"""Documents made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from crauth_doctor.model.change import GrantRole, SetIngress, SetInvokerCheck
from crauth_doctor.model.fact import Obstacle, Source, Unknown
from crauth_doctor.model.finding import (
    Conclusion,
    Diagnosis,
    Finding,
    Observation,
    Outcome,
    Stage,
    Step,
    Verdict,
)
from crauth_doctor.model.http import Response, TestCalls
from crauth_doctor.model.run import Ingress
from crauth_doctor.report.document import Report, ReportCaller, ReportTarget

CHROMIUM = shutil.which("chromium")
SERVICE = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
FOLDER = "//cloudresourcemanager.googleapis.com/folders/77"
URL = "https://orders-123456789012.us-central1.run.app"
EMAIL = "checkout@shop-prod.iam.gserviceaccount.com"

TARGET = ReportTarget(SERVICE, f"{URL}/", "GET", "/")
CALLER = ReportCaller("run/checkout", f"serviceAccount:{EMAIL}", "cloud-run-service")
CALLS = TestCalls(f"{URL}/", Response(403), Response(401), Response(403), URL)
UNREAD_FOLDER = Unknown(
    Source("resourcemanager.folders.getIamPolicy", FOLDER),
    Obstacle.FORBIDDEN,
    "The caller does not have permission",
    "resourcemanager.folders.getIamPolicy",
)

C, B, U, N = Verdict.CLEAR, Verdict.BLOCKS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; as long as it is driven, nothing else can run an event loop here."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def steps(*verdicts: Verdict, outcomes: tuple[Outcome, ...] = ()) -> tuple[Step, ...]:
    """The seven stages with these verdicts; nothing is reached after the first that blocks."""
    made = []
    reached = True
    for stage, verdict in zip(list(Stage)[:7], verdicts, strict=True):
        here = tuple(o for o in outcomes if o.stage is stage)
        made.append(Step(stage, verdict, reached, here))
        reached = reached and verdict is not B
    return tuple(made)


MISSING = Outcome(
    "iam/missing-invoker",
    Stage.IAM,
    B,
    Finding(
        f"{EMAIL} may not invoke orders",
        ("no binding of orders or of shop-prod gives it run.routes.invoke",),
        (
            GrantRole(SERVICE, "roles/run.invoker", f"serviceAccount:{EMAIL}"),
            SetInvokerCheck(SERVICE, on=False),
        ),
    ),
    rests_on=(
        Source("run.services.getIamPolicy", SERVICE),
        Source("run.services.getIamPolicy", SERVICE),
        Source("resourcemanager.projects.getIamPolicy", "//cloudresourcemanager.googleapis.com/projects/shop-prod"),
    ),
    title="The caller may not invoke the service.",
)
LATER = Outcome(
    "app/refused",
    Stage.APP,
    B,
    Finding("orders refuses GET / itself", ("its body is its own",), (SetIngress(SERVICE, Ingress.ALL),)),
    title="The application refuses.",
)
SHARED = Outcome(
    "warning/fragile-identity",
    Stage.WARNING,
    B,
    Finding("the caller runs as a default service account", ("its e-mail is the default one's",)),
    title="A shared account.",
)


def document(
    conclusion: Conclusion,
    cause: Outcome | None,
    path: tuple[Step, ...],
    *,
    observations: tuple[Observation, ...] = (),
    warnings: tuple[Outcome, ...] = (),
    unread: tuple[Unknown, ...] = (),
    explanations: tuple[str, ...] = (),
    calls: TestCalls | None = CALLS,
    sandbox: bool = False,
) -> Report:
    """A document about orders and checkout."""
    also = tuple(one for step in path for one in step.outcomes if one.verdict is B and one != cause)
    diagnosis = Diagnosis(path, conclusion, cause, observations, warnings, unread, explanations, also=also)
    return Report(TARGET, CALLER, diagnosis, sandbox=sandbox, calls=calls)


@pytest.fixture
def proven() -> Report:
    """A missing role, stopped there by a call."""
    seen = Observation(frozenset({Stage.IAM}), "the call as the caller got Cloud Run's 403", Source("call", f"{URL}/"))
    path = steps(C, C, C, N, C, B, U, outcomes=(MISSING,))
    return document(Conclusion.PROVEN, MISSING, path, observations=(seen,), warnings=(SHARED,), sandbox=True)


@pytest.fixture
def likely() -> Report:
    """The same with a folder that could not be read, and ingress closed besides."""
    path = steps(C, C, C, N, C, B, B, outcomes=(MISSING, LATER))
    return document(Conclusion.LIKELY, MISSING, path, unread=(UNREAD_FOLDER,), calls=None)


@pytest.fixture
def clear() -> Report:
    """Nothing blocks."""
    calls = TestCalls(f"{URL}/", Response(403), Response(401), Response(200), URL)
    seen = Observation(frozenset({Stage.APP}), "the call got 200", Source("call", f"{URL}/"), passed=True)
    return document(Conclusion.CLEAR, None, steps(C, C, C, N, C, C, C), calls=calls, observations=(seen,))


@pytest.fixture
def undecided() -> Report:
    """Too little was seen."""
    path = steps(C, U, U, N, C, U, U)
    return document(Conclusion.UNDECIDED, None, path, unread=(UNREAD_FOLDER,), calls=None)


@pytest.fixture
def unexplained() -> Report:
    """A refusal that no rule explains."""
    seen = Observation(frozenset({Stage.IAM, Stage.TOKEN}), "the call got 403", Source("call", f"{URL}/"))
    path = steps(C, C, C, N, C, C, U)
    return document(
        Conclusion.UNEXPLAINED, None, path, observations=(seen,), explanations=("a grant that is minutes old",)
    )


@pytest.fixture
def contradicted() -> Report:
    """The settings say no, and the call says yes."""
    calls = TestCalls(f"{URL}/", Response(403), Response(401), Response(200), URL)
    path = steps(C, C, C, N, C, B, C, outcomes=(MISSING,))
    return document(Conclusion.CONTRADICTED, MISSING, path, calls=calls, explanations=("a role that is minutes gone",))

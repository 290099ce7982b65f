"""Every kind of change, by every command that can make it, with `--yes`: nothing that widens is sent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from crauth_doctor.apply.consent import Named
from crauth_doctor.apply.executor import ChangeExecutor
from crauth_doctor.apply.receipts import Receipts
from crauth_doctor.apply.resource_edits import TAKES, edit_of
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.change import (
    AddAudience,
    Applicable,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.model.run import Egress, Ingress
from crauth_doctor.workflows.change_session import Consent
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.fix import FixLoop

from .conftest import CHECKOUT, IAM, MEMBER, ORDERS, PROJECT, RUN, WHERE, WORLD, Open, Shop

INVOKER = "roles/run.invoker"
OTHER = "user:ann@example.com"
SPARE = "spare@shop-prod.iam.gserviceaccount.com"
SUBNET = "//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/default"
NIGHTLY = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
URL = "https://orders-123456789012.us-central1.run.app"
BOUND = {"role": INVOKER, "members": [OTHER]}
RESOURCES: dict[str, Any] = {
    ORDERS: {
        **WORLD["resources"][ORDERS],
        "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "defaultUriDisabled": True,
    },
    f"{RUN}open": {"invokerIamDisabled": True, "urls": ["https://open-123456789012.us-central1.run.app"]},
    f"{IAM}{SPARE}": {"disabled": True},
    SUBNET: {"privateIpGoogleAccess": False, "ipCidrRange": "10.0.0.0/24"},
    NIGHTLY: {
        "schedule": "0 3 * * *",
        "httpTarget": {"uri": f"{URL}/x", "oidcToken": {"serviceAccountEmail": CHECKOUT, "audience": f"{URL}/x"}},
    },
}
CHANGES: list[tuple[Applicable, bool, bool]] = [
    (GrantRole(ORDERS, INVOKER, MEMBER), False, False),
    (GrantRole(ORDERS, INVOKER, "user:eve@example.com"), True, False),
    (GrantRole(PROJECT, INVOKER, MEMBER), True, False),
    (GrantRole(f"{IAM}{CHECKOUT}", "roles/iam.serviceAccountTokenCreator", MEMBER), True, False),
    (RevokeRole(ORDERS, INVOKER, OTHER), False, True),
    (SetIngress(ORDERS, Ingress.ALL), True, False),
    (SetIngress(ORDERS, Ingress.NONE), False, True),
    (SetInvokerCheck(ORDERS, on=False), True, False),
    (SetInvokerCheck(f"{RUN}open", on=True), False, True),
    (EnableDefaultUrl(ORDERS), True, False),
    (EnableAccount(SPARE), True, False),
    (SetRuntimeAccount(f"{RUN}checkout", SPARE), True, True),
    (AddAudience(ORDERS, "https://shop.example.com"), False, False),
    (AddAudience(f"{RUN}checkout", "https://shop.example.com"), True, False),
    (SetVpcEgress(f"{RUN}checkout", Egress.ALL_TRAFFIC, "default", "default"), False, False),
    (SetVpcEgress(ORDERS, Egress.ALL_TRAFFIC, "default", "default"), True, False),
    (EnablePrivateAccess(SUBNET), False, False),
    (SetSenderAudience(NIGHTLY, URL, CHECKOUT), False, False),
    (SetSenderAudience(NIGHTLY, "https://invoicing.example.com", CHECKOUT), True, False),
]
"""A change, whether it widens, and whether taking it back does."""


@pytest.fixture
def it(shop: Open) -> Shop:
    return shop(resources=RESOURCES, iam={ORDERS: {"bindings": [BOUND]}})


def test_every_kind_of_change_is_here() -> None:
    assert {type(change) for change, *_ in CHANGES} == set(get_args(Applicable))
    assert {edit_of(change).permission for change, *_ in CHANGES} < {*TAKES}


def mend(it: Shop, folder: Path, change: Applicable, consent: Consent) -> None:
    """Offer one fix to `check --fix`, as a rule would."""
    context = Context({"HOME": str(folder)}, it.box.base)
    cause = SimpleNamespace(finding=SimpleNamespace(fixes=(change,)))
    document: Any = SimpleNamespace(
        diagnosis=SimpleNamespace(cause=cause, conclusion=Conclusion.PROVEN),
        caller=SimpleNamespace(member=MEMBER),
        target=SimpleNamespace(service=ORDERS),
        elsewhere=(),
    )
    FixLoop(context, CallRequest("orders"), consent, lambda _: None, wait=False)._mend(document)


@pytest.mark.parametrize(("change", "widens"), [row[:2] for row in CHANGES], ids=str)
def test_fix(it: Shop, tmp_path: Path, change: Applicable, widens: bool) -> None:
    mend(it, tmp_path, change, Consent())
    assert it.writes() == [], "where nobody is asked, nobody agrees"
    mend(it, tmp_path, change, Consent(dry_run=True, yes=True, widen=True))
    assert it.writes() == []
    mend(it, tmp_path, change, Consent(yes=True))
    assert (it.writes() == []) is widens
    if widens:
        mend(it, tmp_path, change, Consent(yes=True, widen=True))
        assert len(it.writes()) == 1


@pytest.mark.parametrize(("change", "widens_back"), [(row[0], row[2]) for row in CHANGES], ids=str)
def test_undo(it: Shop, tmp_path: Path, change: Applicable, widens_back: bool) -> None:
    folder = tmp_path / "home/.local/state/crauth-doctor/receipts"
    executor = ChangeExecutor(connect({}, sandbox=it.box.base), Receipts(folder), version="1")
    plan = executor.plan(change, Named())
    assert executor.apply(plan, plan.agreed(widening=True)).stands
    before = it.writes()
    assert it("undo", "--quiet").status == 2
    assert it.writes() == before
    ran = it("undo", "--yes")
    assert (it.writes() == before) is widens_back
    assert ran.status == (2 if widens_back else 0), ran.out
    if widens_back:
        assert it("undo", "--widen", "--quiet").status == 0
        assert len(it.writes()) == len(before) + 1


@pytest.mark.parametrize(
    ("more", "widens"),
    [((), False), (("--least",), False), (("--expires", "2h"), False), (("--path", "/a"), False),
     (("--whole-project",), True), (("--whole-project", "--least"), True)],
)  # fmt: skip
def test_grant(it: Shop, more: tuple[str, ...], widens: bool) -> None:
    assert it.grant("--quiet", "--no-wait", *more).status == 2
    assert it.writes() == []
    assert it.grant("--yes", "--no-wait", *more).status == (2 if widens else 0)
    assert (it.writes() == []) is widens


def test_widen_alone_is_no_consent_to_what_was_named(it: Shop) -> None:
    assert it.grant("--widen", "--no-wait").status == 2
    assert it.writes() == []


def test_revoke(it: Shop) -> None:
    assert it("revoke", "orders", *WHERE, "--member", OTHER, "--yes").status == 0
    assert len(it.writes()) == 1

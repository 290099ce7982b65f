"""What goes to a public address through a network needs Cloud NAT, of which nothing was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.diagnosis.witness import witnesses
from crauth_doctor.model.caller import Origin
from crauth_doctor.model.finding import Stage
from crauth_doctor.model.http import Call
from crauth_doctor.model.run import Domain, Egress
from tests.rules.scenes import IN_VPC, NAME, URL, facts

ALL_TRAFFIC = replace(IN_VPC, egress=Egress.ALL_TRAFFIC)
MAPPED = {"call": Call("https://shop.example.com/"), "domain": Domain("shop.example.com", NAME, ready=True)}


@pytest.mark.parametrize(
    ("origin", "called", "assumed"),
    [
        (ALL_TRAFFIC, MAPPED, True),
        (ALL_TRAFFIC, {"call": Call(f"{URL}/")}, False),
        (IN_VPC, MAPPED, False),
        (replace(ALL_TRAFFIC, subnetwork=None), MAPPED, False),
    ],
)
def test_cloud_nat_is_taken_for_granted_and_said(origin: Origin, called: dict[str, Any], assumed: bool) -> None:
    found = witnesses(facts(origin=origin, **called))[Stage.REACH]
    assert ("Cloud NAT" in found.assuming) is assumed

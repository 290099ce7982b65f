"""Where a call comes from, when nothing that was pasted tells."""

from __future__ import annotations

import pytest

from crauth_doctor.workflows.explain import explain

CALL = """\
Client error '404 Not Found' for url 'https://ledger-7qk2xdzv5a-uc.a.run.app/v1/entries'

<title>404 Page not found</title>

resource "google_cloud_run_v2_service" "ledger" {
  name     = "ledger"
  location = "us-central1"
  ingress  = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
}
"""
OTHER = """
resource "google_cloud_run_v2_service" "shop" {
  name     = "shop"
  location = "us-central1"
  template {
    %s
  }
}
"""
NETWORK = """vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network = "main"
      }
    }"""

CONNECTOR = """vpc_access {
      connector = google_vpc_access_connector.main.id
      egress    = "PRIVATE_RANGES_ONLY"
    }"""


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        ("", "ingress/load-balancer-only"),
        (OTHER % 'timeout = "60s"', "ingress/load-balancer-only"),
        (OTHER % CONNECTOR, "ingress/private-ranges-only"),
        (OTHER % NETWORK, "ingress/private-ranges-only"),
        (OTHER % NETWORK + OTHER.replace("shop", "till") % NETWORK, None),  # it may come from either, or from neither
    ],
)
def test_another_service_that_is_shown_in_a_network_may_be_the_caller(other: str, cause: str | None) -> None:
    diagnosis = explain(CALL + other).diagnosis
    assert (diagnosis.cause.rule if diagnosis.cause else None) == cause
    if cause is None:
        assert {"ingress/load-balancer-only", "ingress/private-ranges-only"} <= {one.rule for one in diagnosis.open}

"""The program run in process, with nothing of this machine's around it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.cli.main import main
from crauth_doctor.sandbox.state.world import _parse_text

SCRUBBED = (
    "GOOGLE_",
    "CLOUDSDK_",
    "GCE_METADATA",
    "NETRC",
    "NO_COLOR",
    "COLUMNS",
    "TZ",
    "CRAUTH_DOCTOR_",
    "FORCE_COLOR",
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

WORLD = """
version: 1
now: 2026-06-01T09:00:00Z
operator: {principal: "user:dev@example.com"}
resources:
  //cloudresourcemanager.googleapis.com/projects/shop-prod: {name: projects/123456789012, projectId: shop-prod}
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders:
    ingress: INGRESS_TRAFFIC_ALL
    template: {serviceAccount: orders-run@shop-prod.iam.gserviceaccount.com}
    urls: [https://orders-123456789012.us-central1.run.app, https://orders-abc123-uc.a.run.app]
    uri: https://orders-abc123-uc.a.run.app
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout:
    ingress: INGRESS_TRAFFIC_ALL
    template: {serviceAccount: checkout@shop-prod.iam.gserviceaccount.com}
    urls: [https://checkout-123456789012.us-central1.run.app]
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/twin:
    urls: [https://twin-123456789012.us-central1.run.app]
  //run.googleapis.com/projects/shop-prod/locations/europe-west1/services/twin:
    urls: [https://twin-123456789012.europe-west1.run.app]
  //iam.googleapis.com/projects/shop-prod/serviceAccounts/checkout@shop-prod.iam.gserviceaccount.com: {}
  //iam.googleapis.com/projects/shop-prod/serviceAccounts/good@shop-prod.iam.gserviceaccount.com: {}
  //iam.googleapis.com/projects/shop-prod/serviceAccounts/orders-run@shop-prod.iam.gserviceaccount.com: {}
iam:
  //run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders:
    bindings:
      - {role: roles/run.invoker, members: ["serviceAccount:good@shop-prod.iam.gserviceaccount.com"]}
"""


@cache
def _parsed() -> dict[str, Any]:
    found: Any = _parse_text(WORLD)
    return dict(found)


def small_world() -> dict[str, Any]:
    """The small world as a document that may be changed."""
    return deepcopy(_parsed())


@dataclass(frozen=True)
class Ran:
    """What a run printed and returned."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own configuration reaches a test."""
    import os

    for name in os.environ:
        if name.startswith(SCRUBBED) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the program with these arguments and this environment alone."""

    def run_it(*argv: str, **environ: str) -> Ran:
        status = main(list(argv), {"HOME": str(tmp_path / "home"), "NO_GCE_CHECK": "true"} | environ)
        captured = capfd.readouterr()
        return Ran(status, captured.out, captured.err)

    return run_it


@pytest.fixture
def world(tmp_path: Path) -> str:
    """File of a small world."""
    path = tmp_path / "world.yaml"
    path.write_text(WORLD)
    return str(path)

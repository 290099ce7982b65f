"""Nothing of this machine's configuration reaches a property."""

from __future__ import annotations

import os

import pytest

SCRUBBED = ("GOOGLE_", "CLOUDSDK_", "GCE_METADATA", "NETRC", "NO_COLOR", "COLUMNS", "TZ", "FORCE_COLOR")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(SCRUBBED) or name.lower() in PROXIES:
            monkeypatch.delenv(name)

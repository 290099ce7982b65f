"""SARIF's own validator, with GitHub's rules, reads what is written for blocked, open, clear and several calls."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.built_in import FILES
from tests.patience import PATIENCE

from .conftest import Run

MODULES = Path(os.environ.get("NODE_PATH") or Path(__file__).parents[2] / "node_modules")
VALIDATOR = MODULES / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
TOLERATED = {"SARIF2005"}
"""That the tool names no page of its own, as it is not published."""
CALL = ("orders", "--project=shop-prod", "--region=us-central1", "--caller=run/checkout")

pytestmark = pytest.mark.skipif(
    not VALIDATOR.is_file(),
    reason="sarif-multitool is not installed: npm install --no-save @microsoft/sarif-multitool@5.7.0",
)


def world(name: str) -> str:
    return str(next(file for file in FILES if file.stem == name))


def test_the_validator_finds_no_fault(run: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.yaml"
    service = "projects/shop-prod/locations/us-central1/services/orders"
    pairs.write_text(f"- {{service: {service}, caller: run/checkout}}\n")
    for name, argv in {
        "blocked": ("--world", world("demo"), "check", *CALL),
        "open": ("explain", "403 Client Error: Forbidden for url: https://orders-abc123-uc.a.run.app/v1"),
        "several": ("--world", world("demo"), "check", "--pairs", str(pairs)),
    }.items():
        run(*argv, "--write", str(tmp_path / f"{name}.sarif"))
    files = sorted(tmp_path.glob("*.sarif"))
    assert len(files) == 3
    for file in files:
        VALIDATOR.chmod(0o755)  # npm does not, where it runs no scripts
        done = subprocess.run(
            [VALIDATOR, "validate", file, "--rule-kind", "Sarif;Ghas"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            check=False,
        )
        assert done.returncode == 0, done.stdout
        found = [
            line for line in done.stdout.splitlines() if any(f": {word} " in line for word in ("error", "warning"))
        ]
        assert not [line for line in found if not any(rule in line for rule in TOLERATED)], found

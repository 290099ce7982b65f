"""The command that the report offers, pasted into a shell with gcloud, mends what the report found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import load_world, serve
from tests.patience import LONG

Run = Callable[..., Any]
WORLDS = ("demo", "token-audience-path-pubsub", "ingress-none", "token-audience-query-scheduler")


@pytest.mark.needs_gcloud
@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
@pytest.mark.parametrize("world", WORLDS if LONG else WORLDS[:2])
def test_the_offered_command_works(run: Run, world: str, tmp_path: Path) -> None:
    file = files("crauth_doctor.sandbox").joinpath(f"worlds/{world}.yaml")
    words = yaml.safe_load(file.read_text(encoding="utf-8"))["run"]
    with serve(load_world(str(file))) as box:
        first = run(*words, "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base)
        report = json.loads(first.out)
        assert first.status == 10
        offered = [fix["gcloud"] for fix in report["findings"][0]["fixes"] if fix["gcloud"] and fix["applicable"]]
        assert offered
        environ = {**os.environ, **box.exports(tmp_path / "exports")}
        for command in offered:
            done = subprocess.run(
                ["bash", "-c", command], env=environ, capture_output=True, text=True, timeout=50, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
        second = run(*words, "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base)
        assert json.loads(second.out)["cause"] != report["cause"], second.out

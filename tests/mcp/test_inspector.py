"""The protocol's own inspector reads the list of tools strictly, and calls one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import crauth_doctor.sandbox
from tests.patience import PATIENCE

DEMO = Path(crauth_doctor.sandbox.__file__).parent / "worlds" / "demo.yaml"
MODULES = Path(os.environ.get("NODE_PATH") or Path(__file__).parents[2] / "node_modules")
INSPECTOR = MODULES / "@modelcontextprotocol" / "inspector"
SERVER = (sys.executable, "-m", "crauth_doctor", "mcp", "--world", str(DEMO), "--project", "shop-prod")

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not INSPECTOR.is_dir(),
        reason="inspector is not installed: npm install --no-save @modelcontextprotocol/inspector@2.12.0",
    ),
]


def inspected(home: Path, *method: str) -> subprocess.CompletedProcess[str]:
    script = MODULES / ".bin" / "mcp-inspector"
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "NO_GCE_CHECK": "true"}
    return subprocess.run(
        ["node", str(script), "--cli", *SERVER, "--method", *method],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environ,
        check=False,
    )


def test_every_schema_is_one_that_clients_can_take(tmp_path: Path) -> None:
    done = inspected(tmp_path, "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    assert "0 errors" in done.stderr or "Warning" not in done.stderr
    assert json.loads(done.stdout)["tools"][0]["name"] == "check"


def test_a_tool_is_called(tmp_path: Path) -> None:
    arguments = ("--tool-name", "check", "--tool-arg", "service=orders", "--tool-arg", "caller=run/checkout")
    done = inspected(tmp_path, "tools/call", *arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["structuredContent"]["cause"] == "iam/missing-invoker"

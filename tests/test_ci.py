"""What CI runs: the action's own script against a sandbox, what it declares, and the image's recipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.cli.main import COMMANDS
from crauth_doctor.report.status import ExitStatus
from crauth_doctor.sandbox import parse_world, serve
from crauth_doctor.workflows.several.contract import contract_in
from tests.cli.conftest import WORLD

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "crauth-doctor"
CONTRACT = """version: 1
expect:
- service: run/orders@shop-prod/us-central1
  public: never
  ingress: {ingress}
"""


def declared() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    return found


def run_step(folder: Path, base: str, **inputs: str) -> tuple[int, str, str]:
    """Run the action's step as GitHub's runner does, with a program that is installed; return what came of it."""
    (step,) = declared()["runs"]["steps"]
    given = {name: inputs.get(name.removeprefix("INPUT_").lower(), "") for name in step["env"]}
    (folder / "out").touch()
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder),
        "GITHUB_ACTION_PATH": str(ACTION), "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(folder / "out"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "RUNNER_TEMP": str(folder), "CRAUTH_DOCTOR_SANDBOX": base,
        **given,
    }  # fmt: skip
    done = subprocess.run(
        [step["shell"], "-c", step["run"]], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, (folder / "out").read_text()


@pytest.mark.parametrize(("ingress", "status", "level"), [("all", 0, "notice"), ("internal", 10, "error")])
def test_the_action_holds_a_contract(tmp_path: Path, ingress: str, status: int, level: str) -> None:
    (tmp_path / "my contract.yaml").write_text(CONTRACT.format(ingress=ingress))
    with serve(parse_world(yaml.safe_load(WORLD))) as box:
        got, out, outputs = run_step(
            tmp_path, box.base, run="expect 'my contract.yaml'", sarif="a.sarif", junit="a.xml"
        )
    assert (got, outputs) == (status, f"status={status}\n")
    assert out.startswith(f"::{level} ")
    assert (tmp_path / "summary.md").read_text().startswith("## ")
    assert '"2.1.0"' in (tmp_path / "a.sarif").read_text()
    assert "<testsuites" in (tmp_path / "a.xml").read_text()


def test_the_words_of_the_action_s_input_are_never_a_shell_s(tmp_path: Path) -> None:
    got, _, outputs = run_step(tmp_path, "http://127.0.0.1:9", run="expect $(touch pwned) `touch pwned`; touch pwned")
    assert not (tmp_path / "pwned").exists()
    assert (got, outputs) == (ExitStatus.USAGE, "status=2\n")


def test_the_action_hands_on_each_input_and_puts_none_into_a_script() -> None:
    action = declared()
    (step,) = action["runs"]["steps"]
    handed = {f"INPUT_{name.upper()}": f"${{{{ inputs.{name} }}}}" for name in action["inputs"]}
    assert step["env"] == handed
    assert "${{" not in step["run"]
    assert all(name in (ACTION / "run.sh").read_text(encoding="utf-8") for name in handed)


def test_the_image_is_made_of_what_the_project_names() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in line.split()[:-1]}
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml", "crauth_doctor"}
    assert named <= copied
    assert 'ENTRYPOINT ["crauth-doctor"]' in text
    assert re.search(r"^USER (?!root)\w+$", text, re.MULTILINE)


def test_the_page_on_ci_shows_what_there_is() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]
    (contract,) = (one for one in blocks if "expect" in one)
    assert len(contract_in(yaml.safe_dump(contract), "contract.yaml").expectations) == 2
    (workflow,) = (one for one in blocks if "jobs" in one)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    (ours,) = (step for step in steps if "crauth-doctor/" in step["uses"])
    assert ours["uses"].split("@")[0].endswith(f"/{ACTION.relative_to(ROOT).as_posix()}")
    assert ours["with"].keys() <= declared()["inputs"].keys()
    assert ours["with"]["run"].split()[0] in COMMANDS

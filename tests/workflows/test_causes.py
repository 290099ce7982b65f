"""The index of causes is what the rules say. Make it anew with `python tests/workflows/test_causes.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import crauth_doctor
from crauth_doctor.rules import ALL
from crauth_doctor.workflows.causes import INDEX, causes, find_cause, similar

FILE = Path(crauth_doctor.__file__).parent / "workflows" / INDEX


def index() -> str:
    """The index as the rules have it now."""
    pages = [
        {"id": rule.id, "title": rule.title, "sections": dict(rule.page.sections), "see": rule.page.see}
        for rule in sorted(ALL, key=lambda rule: rule.stage)
    ]
    return json.dumps(pages, indent=1, ensure_ascii=False) + "\n"


def test_the_index_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == index(), "run `python tests/workflows/test_causes.py`"


def test_every_cause_is_found_by_its_id_and_by_its_slug() -> None:
    assert [find_cause(cause.id) for cause in causes()] == list(causes())
    assert find_cause("missing-invoker") == find_cause("IAM/missing-invoker")
    assert "iam/missing-invoker" in similar("mising-invoker")


def test_showing_a_page_loads_no_rule() -> None:
    program = (
        "import sys; from crauth_doctor.cli.main import main; main(['explain', 'missing-invoker']);"
        "assert not [name for name in sys.modules if name.startswith('crauth_doctor.rules')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


if __name__ == "__main__":
    FILE.write_text(index(), encoding="utf-8")

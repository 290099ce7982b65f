"""A cause that is sure fits a screen of 80 columns and 24 lines, where it can."""

from __future__ import annotations

import pytest

from crauth_doctor.cli import app
from crauth_doctor.cli.main import main
from crauth_doctor.report.layout import Look
from crauth_doctor.sandbox import load_world, serve
from tests.built_in import FOLDER, documents, some_of

LINES = 24
PASTELESS = [name for name, file in documents().items() if "world" in file and "evidence" not in file]


def test_most_reports_of_a_sure_cause_fit_a_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "look", lambda _, *, whole=False: Look(whole=whole))
    blocked = [name for name in PASTELESS if documents()[name]["expect"]["cause"]]
    long: dict[str, int] = {}
    shown = some_of(blocked, 32)
    for name in shown:
        with serve(load_world(FOLDER / f"{name}.yaml")) as box:
            main([str(word) for word in documents()[name]["run"]], {"CRAUTH_DOCTOR_SANDBOX": box.base})
        lines = capsys.readouterr().out.splitlines()
        count = len([line for line in lines if "SANDBOX" not in line])
        if lines[0].startswith("BLOCKED") and count > LINES:
            long[name] = count
    assert len(long) <= len(shown) // 8, long


def test_the_names_of_a_list_are_apart_on_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    name = "operator-sees-little"
    with serve(load_world(FOLDER / f"{name}.yaml")) as box:
        argv = [*map(str, documents()[name]["run"]), "--format", "html"]
        main(argv, {"CRAUTH_DOCTOR_SANDBOX": box.base})
    assert "<code>mint/account-disabled</code>, <code>mint/account-missing</code>" in capsys.readouterr().out

"""What the tool read and asked, shown where it is asked for: reads, requests and times, and never a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from crauth_doctor.sandbox import load_world, serve

Run = Callable[..., Any]
WHERE = ("--project", "shop-prod", "--region", "us-central1")
GOOD = ("--caller", "good@shop-prod.iam.gserviceaccount.com")
CHECK = ("check", "orders", *WHERE, *GOOD)
SCHEMA = Path(__file__).parents[2] / "crauth_doctor" / "report" / "report.schema.json"


def test_nothing_of_it_unless_it_is_asked_for(run: Run, world: str) -> None:
    ran = run("--world", world, *CHECK, "--format", "json")
    assert ran.err == ""
    assert "timings" not in json.loads(ran.out)


@pytest.mark.parametrize("asked", [("-v",), ("--verbosity", "info")])
def test_each_read_is_told_as_it_ends(run: Run, world: str, asked: tuple[str, ...]) -> None:
    ran = run("--world", world, *CHECK, *asked)
    assert re.search(
        r"^\d+\.\d\d s  run\.services\.get of orders in shop-prod, us-central1: read$", ran.err, re.MULTILINE
    ) or (re.search(r"^\d+\.\d\d s  run\.services\.get of orders.*: read$", ran.err, re.MULTILINE)), ran.err
    assert "GET http" not in ran.err
    assert ran.out.startswith("CLEAR")


def test_debugging_tells_of_requests_too(run: Run, world: str) -> None:
    ran = run("--world", world, *CHECK, "-vv")
    assert "run.services.get of orders" in ran.err
    assert re.search(r"^> GET http://127\.0\.0\.1:\d+/run\.googleapis\.com/v2/projects/", ran.err, re.MULTILINE)


def test_louder_stands_before_the_command_too_with_others(run: Run, world: str) -> None:
    ran = run("-vv", *WHERE, "--world", world, "check", "orders", *GOOD)
    assert ran.status == 0, ran.err
    assert "> GET " in ran.err


def test_less_than_usual_says_no_more_than_the_report(run: Run, world: str) -> None:
    ran = run("--world", world, *CHECK, "--verbosity", "error")
    assert ran.err == ""


def test_requests_are_logged_without_any_secret(run: Run, world: str) -> None:
    with serve(load_world(world)) as box:
        ran = run(*CHECK, "--log-http", CRAUTH_DOCTOR_SANDBOX=box.base)
        token = box.operator_token
    assert ran.out.startswith("CLEAR")
    assert re.search(r"^> GET .*/services/orders\b", ran.err, re.MULTILINE)
    assert re.search(r"^< 200 after \d+\.\d\d s", ran.err, re.MULTILINE)
    assert re.search(r"^>   not shown: .*authorization", ran.err, re.MULTILINE)
    assert "user-agent: crauth-doctor" in ran.err
    assert token not in ran.err
    assert "eyJ" not in ran.err


def test_an_error_is_logged_with_its_message(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "ordres2", *WHERE, *GOOD, "--url", "https://x.example.com", "--log-http")
    assert re.search(r"^< 404 after .*\n(?:<   .*\n)*<   message: ", ran.err, re.MULTILINE), ran.err


def test_the_log_goes_into_a_file(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    ran = run("--world", world, *CHECK, "-v", "--log-http", "--timings", "--log-file", str(file))
    assert ran.err == ""
    text = file.read_text(encoding="utf-8")
    assert "> GET " in text
    assert "run.services.get of orders" in text
    assert "Read in " in text
    assert file.stat().st_mode & 0o077 == 0


def test_a_log_that_cannot_be_written_is_said_before_anything_is_read(run: Run, world: str, tmp_path: Path) -> None:
    ran = run("--world", world, *CHECK, "-v", "--log-file", str(tmp_path / "no" / "log.txt"))
    assert ran.status == 1
    assert "cannot be written" in ran.err
    assert ran.out == ""


def test_times_stand_under_the_report(run: Run, world: str) -> None:
    ran = run("--world", world, *CHECK, "--timings")
    assert re.search(r"^Read in \d+\.\d\d seconds, by \d+ reads:$", ran.err, re.MULTILINE), ran.err
    assert re.search(r"^ +\d+\.\d\d  +\d+\.\d\d +read +run\.services\.getIamPolicy of orders", ran.err, re.MULTILINE)
    assert re.search(r"^ +\d+\.\d\d  +\d+\.\d\d +read +call of\s+https://orders", ran.err, re.MULTILINE)
    assert all(len(line) <= 80 for line in ran.err.splitlines())


def test_times_are_in_the_json(run: Run, world: str) -> None:
    ran = run("--world", world, *CHECK, "--timings", "--format", "json")
    assert ran.err == ""
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    [service] = [
        one
        for one in document["timings"]
        if (one["read"], one["target"].rsplit("/", 1)[-1]) == ("run.services.get", "orders")
    ]
    assert service["fate"] == "read"
    assert 0 <= service["began"] <= service["began"] + service["seconds"] < 30


def test_a_read_that_fails_is_timed_with_its_fate(run: Run, world: str, tmp_path: Path) -> None:
    blind = tmp_path / "blind.yaml"
    place = "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders:getIamPolicy"
    fault = f'faults: [{{match: "{place}", times: 50, status: 403}}]\n'
    blind.write_text(Path(world).read_text(encoding="utf-8") + fault, encoding="utf-8")
    ran = run("--world", str(blind), *CHECK, "--timings", "--format", "json")
    fates = {one["read"]: one["fate"] for one in json.loads(ran.out)["timings"] if "orders" in one["target"]}
    assert fates["run.services.getIamPolicy"] == "forbidden"


def test_several_calls_are_timed_together(run: Run, world: str) -> None:
    ran = run("--world", world, "check", "orders", "checkout", *WHERE, *GOOD, "--timings", "--format", "json")
    document = json.loads(ran.out)
    assert {one["target"].rsplit("/", 1)[-1] for one in document["timings"]} >= {"orders", "checkout"}


def test_another_command_says_its_times_on_stderr(run: Run, world: str) -> None:
    ran = run("--world", world, "who", "orders", *WHERE, "--timings", "--format", "json")
    assert json.loads(ran.out)["schema"] == 1
    assert "Read in " in ran.err


def test_nothing_is_read_where_evidence_is_judged(run: Run) -> None:
    ran = run("explain", 'HTTP/2 401 www-authenticate: Bearer error="invalid_token"', "--timings")
    assert "Nothing was read from Google." in ran.err

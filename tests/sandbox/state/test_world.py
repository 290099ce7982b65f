"""What a world file may say, and how it is told what is wrong with one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crauth_doctor.sandbox import load_world, parse_world

MINIMAL = "version: 1\n"


def test_everything_but_the_version_may_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(MINIMAL)
    world = load_world(file)
    assert (world.now, world.operator.network, world.resources, world.delays.propagation) == (None, "internet", {}, 0.0)


@pytest.mark.parametrize(
    "now", ["2026-06-01T09:00:00Z", "'2026-06-01T09:00:00Z'", "2026-06-01 09:00:00", "2026-06-01T11:00:00+02:00"]
)
def test_the_clock_however_yaml_reads_it(tmp_path: Path, now: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(
        f"{MINIMAL}now: {now}\nresources:\n  //run.googleapis.com/projects/p/x: {{createTime: 2026-05-02T09:00:00Z}}\n"
    )
    world = load_world(file)
    assert world.now == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert world.resources["//run.googleapis.com/projects/p/x"]["createTime"] == "2026-05-02T09:00:00Z"


def test_a_case_file_and_json(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(
        "id: x\nrun: [check, x]\nexpect: {cause: null}\nworld:\n  version: 1\n  operator: {lacks: [a.b.get]}\n"
    )
    assert load_world(str(case)).operator.lacks == ("a.b.get",)
    document = tmp_path / "world.json"
    document.write_text('{"version": 1, "groups": {"a@example.com": ["user:b@example.com"]}}')
    assert load_world(document).groups == {"a@example.com": ["user:b@example.com"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "this is not YAML at line 1"),
        ("a: b: c", "this is not YAML at line 1"),
        ("[" * 5000, "this is nested too deeply"),
        ("", "a world is a mapping, not nothing"),
        ("- 1", "a world is a mapping, not a list"),
        ("just text", "a world is a mapping, not text"),
        ("now: 1", "a world says `version: 1`, not None"),
        ("version: 2", "a world says `version: 1`, not 2"),
        (MINIMAL + "resources: []", "`resources` is a mapping, not a list"),
        (MINIMAL + "resources: {orders: {}}", "`resources` is keyed by full resource names"),
        (MINIMAL + "iam: {//run/x: []}", "`iam` of //run/x is a mapping, not a list"),
        (MINIMAL + "deny: {//run/x: {}}", "`deny` of //run/x is a list, not a mapping"),
        (MINIMAL + "faults: [1]", "an entry of `faults` is a mapping, not a number"),
        (MINIMAL + "now: soon", "`now` is a moment like 2026-06-01T09:00:00Z, not 'soon'"),
        (MINIMAL + "delays: {api: -1}", "`delays.api` is a number of seconds, not -1"),
        (MINIMAL + "operator: dev", "`operator` is a mapping, not text"),
        ("run: [explain]\nexpect: {cause: null}", "this case holds no world"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match="broken") as caught:
        load_world(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert told in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        load_world(tmp_path / "none.yaml")
    file = tmp_path / "image.yaml"
    file.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ValueError, match="not UTF-8"):
        load_world(file)


def test_what_is_not_served_yet_still_loads() -> None:
    world = parse_world({"version": 1, "resources": {"//future.googleapis.com/x/y": None}, "tomorrow": 1})
    assert world.resources == {"//future.googleapis.com/x/y": {}}

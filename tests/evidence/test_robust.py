# ruff: noqa: E501 - what programs print stands here as they print it
"""Whatever is pasted: evidence or one clear sentence, soon, and in little memory."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crauth_doctor.evidence import read, text_of
from crauth_doctor.evidence.trees import documents
from crauth_doctor.model.evidence import Evidence
from crauth_doctor.workflows.explain import facts_of
from tests.patience import LONG, PATIENCE

MIB = 1024 * 1024
REPEATED = [
    "a", "\n", " ", '"', "\\", "{", "[", "{\n", "[\n", '{"a":', '{"a":\n', "eyJ", "eyJhbGciOiJSUzI1NiJ9.", "Authorization: Bearer ",
    "Authorization: Bearer x1y2z3a4b5\n", 'curl "$(', '$ curl "$(\n', "\x1b[", "HTTP/2 403\n", "> GET / HTTP/2\n", "> x\n", "<html>\n",
    "a: b\n", "httpRequest:\n  status: 403\n", '{"insertId":"a"}\n', "Error: 403 Forbidden https://x/\n", "-> ", "http://", "a@", "a.",
    "-----BEGIN PRIVATE KEY-----\n", "config: {\n", "DioException [bad]\n", "{'content-type': ", 'resource "google_cloud_run_service" "x" {\n',
    "\0", "a\r", "password: ", "?token=a&", "- a:\n", "* x\n", "https://a/b -> ", '{"a":1,\n"b":[1,2,\n', "A1b", "é漢😀\n", "Traceback (most recent call last):\n",
    '$ curl -i https://x.run.app/ -H "Authorization: Bearer $T"\n', "The service is public behind nginx for an hour since the deploy.\n",
    "x: {\n", "{a: b}, ", "2026-06-01T08:55:30.1234567Z {\n", '-> "x: y\\r\\n"\n', "\\r\\n", "TIMESTAMP  STATUS\n2026-06-01T08:55:30Z 403\n",
    "Request URL: https://a.run.app/\nStatus Code: 403\nserver: x\n", "[('a-b', 'c'), ", "- s: a\n  call: http.get\n  args:\n    url: https://x/\n", "jwt.sign(x)\n", "f(oidcToken=" + "{}," * 100 + "\n", 'resource "google_pubsub_subscription" "x" {\n',
]  # fmt: skip


QUICK = 0.05
"""Seconds of which no machine needs a standard."""


def standard() -> float:
    """Seconds of a fixed piece of work, here and now: what a busy or slow machine takes longer for, too."""
    started = time.process_time()
    for number in range(5):
        re.findall(r"[a-z]+ [0-9]+", f"some words {number} " * 4000)
        json.loads(json.dumps([{"a": [1, 2, {"b": None}]}] * 2000))
    return time.process_time() - started


def within(standards: float, text: str) -> Evidence:
    """Read a text in so many times the standard; the best of three counts, since any one may be disturbed."""
    for _ in range(3):
        started = time.process_time()
        evidence = read(text)
        took = time.process_time() - started
        assert isinstance(evidence, Evidence)
        if took < QUICK or took < standards * standard():
            return evidence
    raise AssertionError(f"it took more than {standards} times the standard, three times")


@pytest.mark.parametrize("unit", REPEATED, ids=lambda unit: repr(unit)[:24])
def test_much_of_anything_is_read_in_time(unit: Any) -> None:
    within(200 if LONG else 40, unit * ((MIB if LONG else MIB // 8) // len(unit)))


MANY = ["{},", "Error: 403 Forbidden https://x/\n", '{"insertId":"a"}\n', "{\n"]


@pytest.mark.parametrize("unit", MANY if LONG else MANY[1:3], ids=repr)
def test_ten_mebibytes_are_cut_and_it_is_said(unit: Any) -> None:
    text = "[" * unit.endswith(",") + unit * (10 * MIB // len(unit))
    assert any("left out" in sentence for sentence in within(80, text).cut)


def test_memory() -> None:
    """The child's own peak: `ru_maxrss` would be its parent's, VmHWM begins anew at exec (proc_pid_status(5))."""
    code = """
from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import facts_of
for unit in ("{},", '{"a":[', "x: [1]\\n", "HTTP/2 403\\n"):
    facts_of(read("[" + unit * (10 * 1024 * 1024 // len(unit))))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root, timeout=PATIENCE
    )
    assert int(done.stdout) < 300 * 1024


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "\n".join(" " * depth + "bindings:" for depth in range(800)),
        "bindings: " + "[" * 50_000,
        'a: &a ["x"]\n'
        + "".join(
            f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
            for before, name in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "bindings: *i\n",
        "bindings: &a [*a]\n",
        "bindings: &a [1]\n" + "".join(f"k{n}: *a\n" for n in range(5000)),
        '{"status": ' + "9" * 5000 + ', "insertId": "x"}',
        '{"insertId": "a", "timestamp": "9999-99-99T99:99:99Z", "httpRequest": {"status": 1e400, "latency": "-s"}}',
        '{"log": {"entries": [{"request": {"url": "http://[::1"}, "response": {"status": "x", "headers": [1, {"name": 5}]}}]}}',
        '{"bindings": [{"role": 5, "members": "x", "condition": []}]}',
        "HTTP/2 403\ndate: Mon, 99 Foo 2026 99:99:99 GMT\ncontent-length: ²\n\nx",
        "> GET http://[::1 HTTP/2\n> host: [[[\n>\n< HTTP/2 403\n",
        "$ curl -i 'https://a.run.app\n",
        "$ curl -H\n",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiAiXHVkODAwIn0.x",
        "!!python/object/apply:os.system ['true']\nbindings:\n- role: x\n",
    ],
)
def test_hostile_documents(text: Any) -> None:
    facts_of(read(text))


PIECES = [
    'HTTP/2 401\nwww-authenticate: Bearer error="invalid_token"\ndate: Mon, 01 Jun 2026 08:55:30 GMT\n\n<html><title>401 Unauthorized</title></html>\n',
    "> GET /a HTTP/2\n> Host: a.run.app\n> authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhY2NvdW50cy5nb29nbGUuY29tIn0.c2ln\n>\n< HTTP/2 403\n<\n",
    '{\n  "insertId": "a",\n  "httpRequest": {"status": 403, "requestUrl": "https://a.run.app/"},\n  "textPayload": "The request was not authenticated."\n}\n',
    "bindings:\n- members:\n  - allUsers\n  role: roles/run.invoker\netag: ACAB\n",
    "AxiosError: Request failed with status code 401\n    at settle (/a.js:1:1) {\n  config: {\n    url: 'https://a.run.app/'\n  }\n}\n",
    "$ gcloud run services get-iam-policy a --region r\netag: ACAB\n",
    "google.auth.exceptions.DefaultCredentialsError: Neither metadata server or valid service account credentials are found.\n",
    "DioException [bad response]: status code of 401.\nuri: https://a.run.app/\nheaders:\n accept: */*\nresponse headers: {date: [x], server: [y]}\n",
    'resource "google_cloud_run_service_iam_policy" "a" {\n  service = "a"\n}\n',
]
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(st.text(max_size=400))
def test_any_text(text: Any) -> None:
    facts_of(read(text))


@SLOW
@given(st.binary(max_size=400), st.sampled_from(["utf-8", "cp1252", "latin-1", "utf-16"]))
def test_any_bytes_in_any_encoding(raw: Any, encoding: Any) -> None:
    facts_of(read(raw.decode(encoding, errors="replace")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert text_of("Größe: HTTP 403\r\n".encode(encoding)) == "Größe: HTTP 403\r\n"


@SLOW
@given(st.binary(max_size=200))
def test_any_bytes_decode(raw: bytes) -> None:
    assert isinstance(text_of(raw), str)


@SLOW
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_cut_joined_and_damaged_pieces(pieces: list[str], chance: random.Random) -> None:
    text = "".join(piece[chance.randrange(3) : chance.randrange(len(piece) // 2, len(piece) + 1)] for piece in pieces)
    damaged = list(text)
    for _ in range(chance.randrange(6)):
        damaged[chance.randrange(len(damaged))] = chance.choice("{}[]\"'\n :,.\\$()<>\ue000\x1b")
    facts_of(read("".join(damaged)))


@SLOW
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5))
def test_line_numbers_are_true(pieces: Any) -> None:
    text = "\n".join(pieces)
    count = text.count("\n") + 1
    evidence = read(text)
    for place in [*(piece.lines for piece in evidence.pieces), *evidence.unrecognised]:
        assert 1 <= place[0] <= place[1] <= count


@SLOW
@given(
    st.sampled_from(PIECES),
    st.sampled_from(["\n\nSome words between.\n\n", "\n---\n", "\n\n"]),
    st.sampled_from(PIECES),
)
def test_prose_around_takes_nothing_away(first: Any, between: Any, second: Any) -> None:
    alone = len(read(first).pieces)
    assert len(read(first + between + second).pieces) >= alone


def test_lines_that_open_what_never_closes_are_looked_at_a_few_times_each() -> None:
    lines, looks = ["it says {"] * 4000, 0

    def is_free(_: int) -> bool:
        nonlocal looks
        looks += 1
        return True

    assert not list(documents.find(lines, is_free))
    assert not list(documents.find_loose(lines, is_free))
    assert looks < 10 * len(lines)

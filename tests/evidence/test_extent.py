"""How much of an answer a paste shows, under every cut of its lines."""

from __future__ import annotations

import pytest

from crauth_doctor.answers import author as signatures
from crauth_doctor.answers.author import Author
from crauth_doctor.evidence import read
from crauth_doctor.model.fact import Known
from crauth_doctor.model.http import Response, Shown
from crauth_doctor.workflows.explain import facts_of

HEAD = """$ curl -i -H "Authorization: Bearer $T" https://orders-123456789012.us-central1.run.app/v1
HTTP/2 403
content-type: text/html; charset=UTF-8
server: Google Frontend
"""
PAGE = """<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/v1</code> from this server.</h2>
<h2></h2>
</body></html>
"""


def seen(text: str) -> Response:
    fact = facts_of(read(text)).seen
    assert isinstance(fact, Known)
    return fact.value


@pytest.mark.parametrize("lines", range(len(PAGE.splitlines()) + 1))
def test_only_a_whole_page_is_the_platforms(lines: int) -> None:
    answer = seen("\n".join([HEAD, *PAGE.splitlines()[:lines]]))
    author = signatures.read(answer, with_token=True).author
    whole = lines == len(PAGE.splitlines())
    assert answer.shown is (Shown.WHOLE if whole else Shown.CUT if lines else Shown.NOTHING)
    assert author is (Author.INVOKER_CHECK if whole else Author.UNCERTAIN)


LENGTH = f"content-length: {len(PAGE) + 1}\n\n\n"


@pytest.mark.parametrize("head", [HEAD + LENGTH, HEAD + "\n"], ids=["its length", "no length"])
@pytest.mark.parametrize("end", range(1, len(PAGE.splitlines())))
@pytest.mark.parametrize("begin", range(1, len(PAGE.splitlines()) - 1))
def test_a_page_of_which_lines_are_missing_is_not_the_applications(head: str, begin: int, end: int) -> None:
    lines = PAGE.splitlines()
    answer = seen(head + "\n".join(lines[:begin] + lines[max(begin, end) :]) + "\n")
    assert signatures.read(answer, with_token=True).author in {Author.UNCERTAIN, Author.INVOKER_CHECK}


def test_a_page_that_is_shorter_than_its_length_is_cut() -> None:
    page = "<html>\n<body>\n<h1>No</h1>\n</body>\n</html>\n"
    sent = f"content-length: {len(page) + 5}\n"  # its lines ended as those of HTTP do
    assert seen(f"{HEAD}{sent}\n{page}").shown is Shown.WHOLE
    assert seen(f"{HEAD}{sent}\n{page.replace('<h1>No</h1>', '')}").shown is Shown.CUT
    assert seen(f"{HEAD}{sent}content-encoding: gzip\n\n{page.replace('<h1>No</h1>', '')}").shown is Shown.WHOLE


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<html>...403 Forbidden...</html>", Shown.CUT),
        ("<html>403 Forbidden</html>", Shown.WHOLE),
        ('{"error": "no"}', Shown.WHOLE),
        ('{\n  "error": "no",', Shown.NOTHING),
        ("", Shown.NOTHING),
        ("Forbidden", Shown.NOTHING),
    ],
)
def test_bodies(body: str, shown: Shown) -> None:
    assert seen(f"{HEAD}\n{body}\n").shown is shown


def test_a_length_tells_that_a_text_is_whole() -> None:
    answer = seen(HEAD.replace("text/html", "text/plain") + "content-length: 9\n\nForbidden\n")
    assert (answer.body, answer.shown) == ("Forbidden", Shown.WHOLE)


def test_an_empty_body_that_is_said_to_be_empty_is_whole() -> None:
    assert seen(HEAD + "content-length: 0\n\n").shown is Shown.WHOLE
    assert seen(HEAD.replace("curl -i", "curl -I") + "content-length: 0\n\n").shown is Shown.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "I get: Your client does not have permission to get URL /v1 from this server.",
        "GET https://orders-123456789012.us-central1.run.app/v1 -> 403",
    ],
)
def test_a_sentence_or_a_status_is_no_page(text: str) -> None:
    answer = seen(text)
    assert not answer.complete
    assert signatures.read(answer, with_token=None).author is Author.UNCERTAIN


def test_a_log_entry_below_the_headers_is_not_the_answers_body() -> None:
    entry = '{"insertId": "1", "logName": "projects/p/logs/x", "textPayload": "no"}'
    assert seen(f"{HEAD}\n{entry}\n").shown is Shown.NOTHING
    assert [each.message for each in read(f"{HEAD}\n{entry}\n").logs] == ["no"]

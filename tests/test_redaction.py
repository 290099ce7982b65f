"""Whatever others wrote comes out visible, on one line, and without credentials."""

from __future__ import annotations

import ast
import base64
import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crauth_doctor
from crauth_doctor.redaction import (
    clean,
    clean_lines,
    cleaned,
    dumped,
    is_clean,
    printable,
    redact,
    shown_url,
    without_this,
)
from tests.source import tree_of, walked

HEAD = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ"
CLAIMS = "eyJhdWQiOiJodHRwczovL2EiLCJlbWFpbCI6ImFAYiJ9"
SIGNATURE = "c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4"
CREDENTIALS = [
    f"{HEAD}.{CLAIMS}.{SIGNATURE}",
    f"{HEAD}.{CLAIMS}.SIGNATURE_REMOVED_BY_GOOGLE",
    f"{HEAD}.{CLAIMS[:12]}",
    "ya29.a0AfH6SMBx-abcdef_123",
    "ya29.c.b0Aaekm1K",
    "1//0gabcdefghijklmnop",
    "GOCSPX-abcdefghijklmnop",
    "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASC\n-----END PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B",
]


@pytest.mark.parametrize("secret", CREDENTIALS)
@pytest.mark.parametrize("around", ["%s", "token: %s!", "{'a': '%s'}", "Bearer %s"])
def test_credentials_are_hidden(secret: str, around: str) -> None:
    pieces = [piece for piece in secret.replace("\n", ".").split(".") if len(piece) > 6 and "-----" not in piece]
    shown = clean(around % secret) + "\n".join(clean_lines(around % secret))
    assert "[hidden]" in shown
    for piece in pieces:
        assert piece not in shown


@pytest.mark.parametrize("secret", CREDENTIALS)
def test_in_a_url_nothing_of_a_credential_is_left(secret: str) -> None:
    if "\n" not in secret:
        assert clean(f"GET https://x/?q={secret}&b=c.") == "GET https://x/?q=…&b=…."


def test_a_credential_split_by_invisible_characters_is_hidden() -> None:
    token = CREDENTIALS[0]
    assert CLAIMS not in clean(token[:5] + "\u200b\x1b[0m" + token[5:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"access_token": "abcdefgh"}', '{"access_token": "[hidden]"}'),
        ("client_secret=abcdefgh&x=1", "client_secret=[hidden]&x=1"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwx", "Authorization: Bearer [hidden]"),
        ("Authorization: Basic YWJjZGVmOmdoaWprbG1ub3A=", "Authorization: Basic [hidden]"),
        ("https://orders.run.app asked for Bearer x.y.z", "https://orders.run.app asked for Bearer x.y.z"),
        ("token/audience-path of serviceAccount:a@b", "token/audience-path of serviceAccount:a@b"),
        ("fetch(minter, bind_id_token=False)", "fetch(minter, bind_id_token=False)"),
        ("JWT::VerificationError: raised", "JWT::VerificationError: raised"),
        ("token::abcdefgh", "token:[hidden]"),
    ],
)
def test_named_credentials(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x07", "alink"),
        ("a\x9b2Jb", "ab"),
        ("one\r\ntwo\u2028three\x0bfour", "one two three four"),
        ("user\u202egpj.exe", "usergpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("nul\x00bel\x07del\x7f", "nulbeldel"),
        ("  many   spaces\t", "many spaces"),
        ("né — 日本", "né — 日本"),
    ],
)
def test_one_visible_line(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_always_one_printable_line(text: str) -> None:
    shown = clean(text)
    assert shown.isprintable() or all(c.isprintable() or c.isspace() for c in shown)
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_cut() -> None:
    assert clean("x" * 50, limit=10) == "xxxxxxxxx…"
    assert clean_lines("ab\n\x1b[1mcd\n\n  e ") == ["ab", "cd", "", "  e"]


def test_is_clean() -> None:
    assert is_clean("gcloud run services update orders --ingress=all")
    assert not is_clean("gcloud run\nservices")
    assert not is_clean("gcloud \u202e run")
    assert not is_clean(f"curl -H {CREDENTIALS[0]}")


JWT = f"{HEAD}.{CLAIMS}.{SIGNATURE}"
KINDS = {
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "16C7e42F292c",
    "gho_abcdefghijklmnopqrstuvwxyz0123456789": "abcdefghijkl",
    "github_pat_11ABCDE0Y0abcdefghijkl_mnopqrstuvwxyz": "11ABCDE0Y0",
    "glpat-AbCdEfGhIjKlMnOpQrSt": "AbCdEfGhIjKl",
    "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy": "pdFZKVeTuE8sk7",
    "AKIAIOSFODNN7EXAMPLE": "IOSFODNN7",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "4eC39HqLyj",
    "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz012345": "AbCdEfGhIj",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": "MfKQ9r8GKY",
    "npm_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789": "aBcDeFgHiJ",
    "4/0AX4XfWhabcdefghijklmnopqrstuvwxyz": "AX4XfWhabc",
    "1//0gFq3vXyZabcCgYIARAAGBASNwF-L9Ir": "gFq3vXyZabc",
    "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": "TwL2iGABf9",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXqbXXXX1234abcdXXXX99": "XXXXqbXXXX",
    "postgres://app:Pa55w0rdDB@10.0.0.3:5432/db": "Pa55w0rdDB",
    "https://u:p/w0rd@orders.example.com/": "w0rd",
    "https://user:S3cretLoc123@x/": "S3cretLoc123",
    "https://ghaccess@github.com/x": "ghaccess",
    "Cookie: sid=abcdef; theme=dark": "abcdef",
    "set-cookie: session=abcd1234efgh5678": "abcd1234",
    "x-api-key: hunterhunter": "hunterhunter",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==": "dXNlcjpw",
    "Basic QWxhZGRpbjpvcGVu": "QWxhZGRpbjpv",
    "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG": "wJalrXUtnFEMI",
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1": "Eby8vdM02",
    '"token":"abcdefgh12345678"': "abcdefgh1234",
    "DB_PASSWORD=hunterpass": "hunterpass",
    "password: hunter22pass": "hunter22",
    JWT.replace(".", "%2E"): SIGNATURE,
    JWT.replace(".", "&#46;"): SIGNATURE,
    JWT.replace(".", "\\u002e"): SIGNATURE,
    f"{JWT[:60]}\n{JWT[60:]}": SIGNATURE,
    f"{JWT[:60]} {JWT[60:]}": SIGNATURE,
    f"{JWT[:40]}\x1b[0m{JWT[40:]}": SIGNATURE,
    base64.b64encode(JWT.encode()).decode(): base64.b64encode(JWT.encode()).decode()[40:60],
    JWT.encode().hex(): JWT.encode().hex()[40:80],
}


@pytest.mark.parametrize("secret", KINDS)
@pytest.mark.parametrize("around", ["%s", "bad key %s / and more", '{"error": "%s"}', "<p>%s</p>", "(%s)"])
def test_every_kind_of_secret_is_hidden(secret: str, around: str) -> None:
    text = around % secret
    for shown in (clean(text), "\n".join(clean_lines(text)), printable(text), dumped({"body": text})):
        assert KINDS[secret] not in shown.replace("\\n", "").replace("\n", "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.run.app/push?token=S3cret&x=1", "https://a.run.app/push?token=…&x=…"),
        ("https://a.run.app/push?p%61ssword=S3cret", "https://a.run.app/push?…"),
        ("https://a.run.app/?S3cret", "https://a.run.app/?…"),
        ("https://a.run.app/x;jsessionid=S3cret/y", "https://a.run.app/x;jsessionid=…/y"),
        ("https://a.run.app/#access_token=S3cret", "https://a.run.app/#access_token=…"),
        ("https://a.run.app/x%3Ftoken%3DS3cret", "https://a.run.app/x%3F…"),
        ("https://a.run.app/https://u:S3cret@b/", "https://a.run.app/https://u:…@b/"),
        ("https://admin:S3cret@a.run.app/", "https://admin:…@a.run.app/"),
        ("ftp://S3cret@a.example.com", "ftp://…@a.example.com"),
        ("https://a.run.app/?a=&b=", "https://a.run.app/?a=&b="),
        ("https://a.run.app", "https://a.run.app"),
        ("https://docs.cloud.google.com/run/docs/troubleshooting#unauthorized", None),
        ("https://console.developers.google.com/apis/api/x/overview?project=123", None),
        ("principal://iam.googleapis.com/locations/global/workforcePools/p/subject/a@b?x=1", None),
    ],
)
def test_urls_keep_their_names_and_lose_their_values(url: str, shown: str | None) -> None:
    assert shown_url(url) == (shown or url)
    assert redact(f"see {url}, please") == f"see {shown or url}, please"
    assert shown_url(shown_url(url)) == shown_url(url)


def test_a_query_without_a_url_before_it_loses_its_values_too() -> None:
    assert redact("GET /push?token=S3cret HTTP/1.1") == "GET /push?token=… HTTP/1.1"
    assert redact("a.run.app/push?token=S3cret&b=2.") == "a.run.app/push?token=…&b=…."


def test_a_placeholder_is_to_be_filled_in_and_stays() -> None:
    url = shown_url("https://a.run.app/push?token=S3cret&page-size=2", fill_in=True)
    assert url == "https://a.run.app/push?token=TOKEN&page-size=PAGE_SIZE"
    assert redact(url) == url


LABEL = st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
PREFIXES = st.sampled_from(["", "sk-", "xoxb-", "token-", "password-", "ghp-", "basic-", "bearer-", "akia", "npm-"])
NAME = st.builds(lambda prefix, label: f"{prefix}{label}"[:63].rstrip("-"), PREFIXES, LABEL)
HOST = st.builds(".".join, st.lists(NAME, min_size=2, max_size=5))
LOCAL = st.text(string.ascii_lowercase + string.digits + "-._+", min_size=1, max_size=40)
ROLE = st.builds("projects/{}/roles/{}".format, NAME, st.text(string.ascii_letters + string.digits + "._", min_size=3))
TOPIC_CHARACTERS = string.ascii_letters + string.digits + "-_.~+%"
TOPIC = st.builds(
    "//pubsub.googleapis.com/projects/{}/subscriptions/{}{}".format,
    NAME,
    st.sampled_from(["", "ghp_", "npm_", "sk_live_", "whsec_", "AKIA", "AIza", "token", "secret"]),
    st.text(TOPIC_CHARACTERS, min_size=3, max_size=60).filter(lambda name: "eyJ" not in name),
)
SERVICE = st.builds("//run.googleapis.com/projects/{}/locations/{}/services/{}".format, NAME, NAME, NAME)
ETAG = st.builds(
    lambda raw, url: (base64.urlsafe_b64encode if url else base64.b64encode)(raw).decode(),
    st.binary(min_size=6, max_size=48).filter(lambda raw: not raw.startswith((b'{"', b"eyJ", b"65794"))),
    st.booleans(),
)
GRAMMAR = st.one_of(
    NAME,
    HOST,
    SERVICE,
    ROLE,
    TOPIC,
    ETAG,
    ETAG.map('"{}"'.format),
    st.builds("{}@{}".format, LOCAL, HOST),
    st.builds("serviceAccount:{}@{}.iam.gserviceaccount.com".format, LOCAL, NAME),
    st.builds("deleted:user:{}@{}?uid={}".format, LOCAL, HOST, st.integers(10**20, 10**21)),
    st.builds("https://{}/{}".format, HOST, NAME),
    st.builds("principal://iam.googleapis.com/projects/1/locations/global/x/{}/subject/{}".format, NAME, LOCAL),
)


@given(GRAMMAR)
def test_what_fits_the_grammar_of_google_is_left_alone(text: str) -> None:
    assert redact(text) == text
    assert redact(f"run.services.get of {text}: not permitted.") == f"run.services.get of {text}: not permitted."


@pytest.mark.parametrize("form", [lambda t: t, lambda t: t.rpartition(".")[2], "\n".join])
def test_a_token_that_was_sent_is_hidden_in_whatever_form_it_comes_back(form: object) -> None:
    assert callable(form)
    shown = without_this(f"echo: <{form(JWT)}>", JWT)
    assert SIGNATURE not in shown.replace("\n", "")


@pytest.mark.parametrize("between", ["\x1b[1m", "\u200b", "\\n", '"\n"', " + ", "\x00", "%0A"])
def test_a_token_that_was_sent_is_hidden_whatever_stands_within(between: str) -> None:
    shown = without_this(between.join((JWT[:-20], JWT[-20:])), JWT)
    assert SIGNATURE[-19:] not in shown


LONG = f"{HEAD}.{CLAIMS}.{'q7RkXw0ZbT3mUv9LcE2hYd5sNf8Gj1Pa' * 10}"
GAPS = ["\n", "\r\n", " ", "\n    ", "\\n", "\\\n", "\n> ", "\n| ", "=\n", '"\n  "', "' +\n  '"]


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("width", [20, 50, 64, 76, 90, 110])
def test_a_token_that_is_broken_over_lines_is_hidden_to_its_end(width: int, gap: str) -> None:
    broken = gap.join(LONG[at : at + width] for at in range(0, len(LONG), width))
    assert redact(f"Bearer {broken}\nAccept: */*").split("[hidden]")[-1].endswith("\nAccept: */*")
    assert LONG[-20:-4] not in "".join(redact(broken).split())


@pytest.mark.parametrize(
    "after",
    [
        "\nX-Goog-Iam-Authority-Selector: any",
        "\nContent-Type: text/html",
        "\n2026-06-01T09:00:00Z GET /",
        " checkout-run@shop-prod.iam.gserviceaccount.com",
        " AuthenticationException: no",
        " https://orders-123456789012.us-central1.run.app/",
        '"\n  "CloudRunServiceAgent": 1',
    ],
)
def test_the_words_behind_a_token_stay(after: str) -> None:
    assert redact(LONG + after) == f"[hidden]{after}"


@pytest.mark.parametrize("before", [b"", b"u", b"u:", b"u:p"])
def test_a_token_that_was_sent_is_hidden_within_base64(before: bytes) -> None:
    encoded = base64.b64encode(before + JWT.encode() + b"!").decode()
    shown = without_this(encoded, JWT)
    assert len(shown) < 30
    assert encoded[20:40] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error file=a::b\n", "| ::error file=a::b\n"),
        ("  ::set-output name=x::y\n", "|   ::set-output name=x::y\n"),
        ("ok\r::add-mask::x\n", "ok\n| ::add-mask::x\n"),
        ("a ##[error]b\n", "a # #[error]b\n"),
        ("a ##vso[task.setvariable variable=x]b\n", "a # #vso[task.setvariable variable=x]b\n"),
        ("## Heading\na::b ::c\n", "## Heading\na::b ::c\n"),
    ],
)
def test_no_line_is_a_command_to_a_ci_runner(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.recursive(st.text() | st.none() | st.integers(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)))
def test_json_stays_json_and_no_string_in_it_does_anything(document: object) -> None:
    text = dumped({"found": document})  # type: ignore[dict-item]
    assert "##" not in text
    assert printable(text) == text
    assert json.loads(text) == cleaned({"found": document})  # type: ignore[dict-item]
    for found in strings(json.loads(text)):
        assert all(c in "\n\t" or c.isprintable() or c.isspace() for c in found)


def strings(document: object) -> list[str]:
    """Every string of a document, its keys among them."""
    match document:
        case dict():
            return [text for pair in document.items() for one in pair for text in strings(one)]
        case list():
            return [text for one in document for text in strings(one)]
        case str():
            return [document]
        case _:
            return []


def test_json_that_was_written_elsewhere_is_cleaned_string_by_string() -> None:
    text = json.dumps({"who": "a\x1b]0;x\x07b\u202e", "note": JWT, "password": "hunterpass", "n": 1.5}, indent=2) + "\n"
    assert json.loads(printable(text)) == {"who": "ab", "note": "[hidden]", "password": "[hidden]", "n": 1.5}


def test_the_colours_of_the_tool_stay_on_a_terminal_alone() -> None:
    text = "\x1b[1;31mBLOCKED\x1b[0m \x1b[5mblink\x1b]52;c;x\x07\n"
    assert printable(text, colour=True) == "\x1b[1;31mBLOCKED\x1b[0m blink\n"
    assert printable(text) == "BLOCKED blink\n"


MARKS = ("ya29", "eyJ", "ghp_", "gh[opsur]", "AIza", "GOCSPX", "xox", "AKIA", "sk_live", "whsec", "PRIVATE KEY", "1//0")


def test_only_redaction_knows_what_a_credential_looks_like() -> None:
    root = Path(crauth_doctor.__file__).parent
    for path in root.rglob("*.py"):
        if path.name == "redaction.py" or path.is_relative_to(root / "sandbox"):
            continue
        tree = tree_of(path)
        documents = {id(node.value) for node in walked(tree) if isinstance(node, ast.Expr)}
        for node in walked(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                assert not any(mark in node.value for mark in MARKS), f"{path}:{node.lineno}"

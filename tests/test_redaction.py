"""Whatever others wrote comes out visible, on one line, and without credentials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.redaction import clean, clean_lines, is_clean

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

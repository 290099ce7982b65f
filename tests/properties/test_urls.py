"""URLs: whatever `--url` says, a status in the report is that host's, and a host that was not called is not fine."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.patience import LONG

from .program import Program, Told, opened
from .subjects import Subject, Trial, checked, one_by_one, wrong

NAMED = ("healthy", "healthy-domain-mapping", "healthy-load-balancer", "healthy-function-url", "iam-missing-invoker")
GOT = re.compile(r"\bgot [1-5]\d\d\b")
URL = re.compile(r"https?://[^\s/,;]+")
LETTERS = string.ascii_lowercase + string.digits
STRANGE = (
    "https://",
    "https:///orders",
    "http://[::1]/",
    "http://[::1",
    "https://127.0.0.1:1/",
    "https://localhost/",
    "https://169.254.169.254/computeMetadata/v1/",
    "https://metadata.google.internal/",
    "https://run.googleapis.com/v2/projects/p/locations/r/services/s",
    "https://orders.example.com:8443/v1?x=1#y",
    "https://user:secret@orders.example.com/",
    "ftp://orders.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "orders",
    "/v1/orders",
    "https://orders .run.app/",
    "https://ordérs-123456789012.us-central1.run.app/",
    "https://xn--ordrs-bsa-123456789012.us-central1.run.app/",
    "https://orders-123456789012.us-central1.run.app.evil.example/",
    "https://.run.app/",
    "https://-.us-central1.run.app/",
    "https://ORDERS-123456789012.US-CENTRAL1.RUN.APP/",
    "https://orders-123456789012.us-central1.run.app./",
    "https://orders-123456789012.us-central1.run.app\r\nHost: evil.example",
    "https://example.com",
    "",
    " ",
    "\x00",
)


def hosts_of(subject: Subject) -> tuple[set[str], set[str]]:
    """The hosts that lead to the callee, and those of the world's other services."""
    assert subject.world is not None
    assert subject.case is not None
    resources: dict[str, dict[str, object]] = subject.world["resources"]
    asked = subject.case.run[1]
    own, other = set[str](), set[str]()
    for name, resource in resources.items():
        if not name.startswith("//run.googleapis.com/") or "/services/" not in name:
            continue
        urls = resource.get("urls")
        hosts = {str(urlsplit(str(url)).hostname) for url in (urls if isinstance(urls, list) else [])}
        is_own = name.endswith(f"/services/{asked}") or str(urlsplit(asked).hostname) in hosts
        (own if is_own else other).update(hosts)
    called = subject.case.option("--url")
    return own | ({str(urlsplit(called).hostname)} if called else set()), other


def tried(subject: Subject, *, everything: bool = LONG, some: int = 6) -> Iterator[Trial]:
    """Check with other URLs."""
    own, other = hosts_of(subject)
    picked = random.Random(f"urls {subject.name}")
    urls = [*_named(own, other), *STRANGE, *(_misspelt(picked, own) for _ in range(20))]
    with opened(subject.world) as program:
        for url in urls if everything else picked.sample(urls, some):
            yield f"{subject} --url {url!r}", fault_of(program, subject, url, own)


def _named(own: set[str], other: set[str]) -> list[str]:
    hosts = sorted(own) + sorted(other)
    found = [f"https://{host}/v1/orders" for host in hosts] + [f"https://canary---{host}" for host in sorted(own)]
    found += ["https://nobody-123456789012.us-central1.run.app", "https://nobody-x7k2m9q4va-uc.a.run.app/"]
    found += ["https://europe-west1-nobody.cloudfunctions.net/orders", "https://api.nobody.example/orders"]
    return found


def _misspelt(pick: random.Random, own: set[str]) -> str:
    """One of the callee's hosts with a letter changed, doubled, left out or moved."""
    host = pick.choice(sorted(own))
    at = pick.randrange(len(host.partition(".")[0]))
    match pick.randrange(4):
        case 0:
            host = host[:at] + pick.choice(LETTERS) + host[at + 1 :]
        case 1:
            host = host[: at + 1] + host[at:]
        case 2:
            host = host[:at] + host[at + 1 :]
        case _:
            host = host[:at] + host[at + 1 : at + 2] + host[at : at + 1] + host[at + 2 :]
    return f"https://{host}/"


def fault_of(program: Program, subject: Subject, url: str, own: set[str]) -> str | None:
    """Say what is told of a host that was not called, or called and not the callee's."""
    told = program.run(_with_url(subject, url), form="text")
    if told.status not in {0, 2, 10, 11}:
        return f"broke: exit {told.status} {told.err.strip()[-120:]}"
    if told.status == 2:
        return None
    host = _host(url)
    for paragraph in _paragraphs_with_status(told):
        named = {_host(each) for each in URL.findall(paragraph)} or {host}
        if not named & program.hosts_called:
            return f"exit {told.status}, called {sorted(_services(program))}, and says: {paragraph[:200]}"
    if told.status == 0 and host not in own:
        return f"clear, and {host!r} is not the service's"
    if ", proven]" in told.out and host not in own | program.hosts_called:
        return f"proven, and {host!r} was not called"
    return None


def _paragraphs_with_status(told: Told) -> list[str]:
    """What is told of an answer: a paragraph each. Without a URL, it speaks of the one asked about."""
    paragraphs = [" ".join(each.split()) for each in told.out.split("\n\n")]
    return [each for each in paragraphs if GOT.search(each)]


def _with_url(subject: Subject, url: str) -> list[str]:
    words = [*subject.run]
    if "--url" in words:
        at = words.index("--url")
        del words[at : at + 2]
    return [*words, f"--url={url}"]


def _host(url: str) -> str | None:
    try:
        return (urlsplit(url.strip()).hostname or "").removesuffix(".") or None
    except ValueError:
        return None


def _services(program: Program) -> set[str]:
    return {host for host in program.hosts_called if not host.endswith(".googleapis.com")}


def subjects() -> tuple[Subject, ...]:
    return tuple(each for each in checked() if each.case is not None and each.case.file.stem in NAMED)


@pytest.mark.parametrize("subject", one_by_one(subjects(), 9))
@pytest.mark.timeout(900)
def test_a_status_is_that_of_the_host_that_is_asked_about(subject: Subject) -> None:
    faults = wrong(tried(subject))
    assert not faults, faults


WORD = st.text(LETTERS + "-", min_size=1, max_size=20)
ANY_URL = st.one_of(
    st.builds("https://{}-{}.{}.run.app{}".format, WORD, WORD, WORD, st.sampled_from(["", "/", "/v1", "?a=b"])),
    st.builds("{}://{}.{}/{}".format, st.sampled_from(["http", "https"]), WORD, WORD, WORD),
    st.text(max_size=40),
    st.text(max_size=20).map("https://{}".format),
)


def test_any_url() -> None:
    subject = next(each for each in subjects() if each.case is not None and each.case.file.stem == "healthy")
    own, _ = hosts_of(subject)

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=1000 if LONG else 20,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(url=ANY_URL)
    def nothing_is_told_of_a_host_that_was_not_called(url: str) -> None:
        fault = fault_of(program, subject, url, own)
        assert fault is None, f"--url {url!r}: {fault}"

    with opened(subject.world) as program:
        nothing_is_told_of_a_host_that_was_not_called()

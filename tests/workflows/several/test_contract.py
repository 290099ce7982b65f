"""What a contract's file may say, and what is said of one that says something else."""

from __future__ import annotations

from datetime import date

import pytest

from crauth_doctor.workflows.context import MisuseError
from crauth_doctor.workflows.several.contract import Only, Wanted, contract_in

WHOLE = """
version: 1
groups: {callers@example.com: [checkout@p.iam.gserviceaccount.com], "group:Admins@example.com": unknown}
names: {orders: run/orders@shop-prod/us-central1}
expect:
  - id: a
    service: orders
    may: [run/checkout@shop-prod, me]
    may-not: group:interns@example.com
    only: {besides: [agents, Admin@example.com]}
    public: never
    except: [{service: orders, reason: a site, until: 2027-03-01}]
    audience: https://orders.example.com
    ingress: [internal, internal-and-cloud-load-balancing]
    runs-as: {not: default-compute}
  - service: twin
    may: {iam: [a@example.com]}
    only: true
    runs-as: x@p.iam.gserviceaccount.com
"""


def test_all_of_it_is_read() -> None:
    contract = contract_in(WHOLE, "c.yaml")
    assert contract.groups == {
        "callers@example.com": frozenset({"serviceAccount:checkout@p.iam.gserviceaccount.com"}),
        "admins@example.com": None,
    }
    first, second = contract.expectations
    assert contract.named(first.service.value) == "run/orders@shop-prod/us-central1"
    assert first.may == (Wanted("run/checkout@shop-prod", 8), Wanted("me", 8))
    assert first.may_not == (Wanted("group:interns@example.com", 9),)
    assert first.only == Only(frozenset({"user:admin@example.com"}), agents=True, line=10)
    assert first.never_public == 11
    assert [(one.service, one.until) for one in first.exceptions] == [("orders", date(2027, 3, 1))]
    assert [one.value for one in first.ingress] == ["internal", "internal-and-cloud-load-balancing"]
    assert (first.runs_as, first.runs_not_as) == (None, Wanted("default-compute", 15))
    assert (second.id, second.may, second.may_by_iam) == ("expectation-2", (), (Wanted("a@example.com", 17),))
    assert second.only == Only(frozenset(), agents=False, line=18)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("expect: []", "line 1: a contract begins with `version: 1`"),
        ("version: 2\nexpect: []", "line 1: a contract begins with `version: 1`"),
        ("version: 1", "line 1: a contract needs `expect`"),
        ("version: 1\nexpekt: []", "line 2: a contract has no key 'expekt'. Did you mean expect?"),
        ("version: 1\nscope: folders/77\nexpect: []", "line 2: 'scope' is not there yet"),
        ("version: 1\nexpect:\n- {every: {services: x}}", "line 3: 'every' is not there yet"),
        ("version: 1\nexpect:\n- {service: x, publik: never}", "line 3: an expectation has no key 'publik'. Did you"),
        ("version: 1\nexpect:\n- {service: x}", "line 3: this expectation expects nothing"),
        ("version: 1\nexpect:\n- {public: never}", "line 3: this expectation names no `service`"),
        ("version: 1\nexpect:\n- {service: x, public: often}", "line 3: `public` can only be `never`"),
        ("version: 1\nexpect:\n- {service: x, ingress: [al]}", "line 3: 'al' is not an ingress setting: all, internal"),
        ("version: 1\nexpect:\n- {service: x, runs-as: compute}", "line 3: 'compute' is not an account"),
        ("version: 1\nexpect:\n- {service: x, may: {role: [a]}}", "line 3: this has no key 'role'"),
        ("version: 1\nexpect:\n- {service: x, only: {besides: [bob]}}", "line 3: 'bob' is not a member"),
        ("version: 1\nexpect:\n- {service: x, except: []}", "line 3: `except` goes with `public: never`"),
        (
            "version: 1\nexpect:\n- {service: x, public: never, except: [{service: x, reason: y, until: soon}]}",
            "line 3: `until` is a day such as 2027-03-01",
        ),
        (
            "version: 1\nexpect:\n- {service: x, public: never, except: [{service: x}]}",
            "line 3: an exception names its `service` and its `reason`",
        ),
        (
            "version: 1\nexpect:\n- {id: a, service: x, public: never}\n- {id: a, service: y, public: never}",
            "the id 'a'",
        ),
        ("version: 1\nexpect:\n- {service: x, may: [~]}", "line 3: a text must stand here"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(MisuseError) as raised:
        contract_in(text, "c.yaml")
    assert str(raised.value).startswith("c.yaml, line ")
    assert told in str(raised.value)

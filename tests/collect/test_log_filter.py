"""Which entries of a document a log filter is about: the sandbox's own grammar says the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.collect.doors.log_filter import fits
from crauth_doctor.sandbox.state.log_filter import compile_filter

_TERMS = st.sampled_from(['a="1"', 'a="2"', 'b:"x"', "b:y", 'c.d>="5"'])


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    word = st.sampled_from([" ", " AND ", " OR "])
    return st.tuples(parts, word, parts).map("".join) | parts.map(lambda text: f"({text})")


@given(
    wanted=st.recursive(_TERMS, _joined, max_leaves=6),
    entry=st.fixed_dictionaries(
        {"a": st.sampled_from("12"), "b": st.sampled_from(["x", "y", "xy"]), "c": st.just({"d": "7"})}
    ),
)
def test_as_the_sandbox_reads_it(wanted: str, entry: dict[str, object]) -> None:
    """NOT binds most, then OR, then AND: https://docs.cloud.google.com/logging/docs/view/logging-query-language."""
    assert fits(entry, wanted) is compile_filter(wanted)(entry)

"""What each cause takes for granted is what the rules say; `python tests/diagnosis/test_supposed.py` makes it anew."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from zlib import crc32

import crauth_doctor.diagnosis
from crauth_doctor.diagnosis.observations import observe
from crauth_doctor.diagnosis.supposed import FOLLOWS, INDEX, SHOWN_BY, SUPPOSES
from crauth_doctor.model.asks.sayable import SAYABLE
from crauth_doctor.model.finding import Observation, Stage, Verdict
from crauth_doctor.rules import ALL
from crauth_doctor.rules.given import Given
from tests.diagnosis.said_worlds import REFUSALS, UNSAID, USUAL, Pairs, completed, facts_of

FILE = Path(crauth_doctor.diagnosis.__file__).parent / INDEX
RULES = {rule.id: rule for rule in ALL if rule.stage is not Stage.WARNING}
ANSWER = frozenset({"status", "answer", "log"})
CLOSED = {each.name: tuple(each.values) for each in SAYABLE if each.values}
FLIPS = [(name, value) for name, values in CLOSED.items() if name not in ANSWER for value in values]
FLIPS += [(name, value) for name, values in UNSAID.items() for value in values]
MOST = 3
"""How many things have to be said together at most, to make a cause."""


def call_of(said: Pairs, refusal: Pairs) -> tuple[Given, Observation] | None:
    so = completed({**said, **refusal})
    facts = facts_of(so) if so is not None else None
    seen = next((each for each in observe(facts) if each.speaks), None) if facts is not None else None
    return (Given.of(facts), seen) if facts is not None and seen is not None else None


def cause_of(said: Pairs, refusal: Pairs) -> str:
    """Return the cause that the rules name first in a call of which this is said; empty where none, or it cannot be."""
    call = call_of(said, refusal)
    if call is None:
        return ""
    facts, seen = call
    fitting = (rule for rule in RULES.values() if rule.predicts.fits(seen))
    return next((rule.id for rule in fitting if rule.judged(facts).verdict is Verdict.BLOCKS), "")


def makings() -> dict[str, list[dict[str, str]]]:
    """Return by cause what of all that can be said makes it, as little as does."""
    found: dict[str, list[dict[str, str]]] = {}
    for count in (0, 1):
        found = {**_made(itertools.combinations(FLIPS, count), RULES.keys() - found.keys()), **found}
    for cause in sorted(RULES.keys() - found.keys()):
        for count in range(2, MOST + 1):
            if cause not in found:
                flips = FLIPS if count == 2 else list(_that_it_reads(cause))
                blocked = (way for way in itertools.combinations(flips, count) if _blocks(cause, way))
                found |= _made(blocked, {cause})
    return {cause: [one for one in _sayable(ways) if not _says_more(one, ways)] for cause, ways in found.items()}


def _sayable(ways: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the ways without a library's message, where there are others: it is read, and never said."""
    return [way for way in ways if "_message" not in way] or ways


def _made(tried: Iterable[tuple[tuple[str, str], ...]], wanted: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for flips in tried:
        for cause in {cause_of(dict(flips), refusal) for refusal in REFUSALS} & set(wanted):
            found.setdefault(cause, []).append(dict(flips))
    return found


def _blocks(cause: str, way: tuple[tuple[str, str], ...]) -> bool:
    said = dict(way)
    if len(said) < len(way):
        return False
    calls = (call_of(said, refusal) for refusal in _fitting(cause))
    return any(call is not None and RULES[cause].judged(call[0]).verdict is Verdict.BLOCKS for call in calls)


def _that_it_reads(cause: str) -> Iterator[tuple[str, str]]:
    """Yield what can be said that changes a fact which a rule needs."""
    refusal = _fitting(cause)[0]
    base = call_of({}, refusal)
    for name, value in FLIPS:
        call = call_of({name: value}, refusal)
        if base and call and not call[0].differing(base[0]).isdisjoint(RULES[cause].needs):
            yield name, value


def _says_more(one: Pairs, ways: list[dict[str, str]]) -> bool:
    """Whether one way says all that another does, and more."""
    whole = _with_what_follows(one)
    return any(other.items() < whole and not one.items() <= _with_what_follows(other) for other in ways)


def _with_what_follows(way: Pairs) -> set[tuple[str, str]]:
    rows = ((follows(name), value) for name, value in way.items())
    return way.items() | {pair for row, value in rows for each in ("", value) for pair in row.get(each, {}).items()}


def row_of(cause: str, ways: list[dict[str, str]]) -> dict[str, list[str]]:
    """Return the values with which a cause can be, of each fact that something can be said of against it."""
    row = {}
    for name, values in CLOSED.items():
        fitting = [value for value in values if any(_can_be(cause, way, name, value) for way in ways)]
        if len(fitting) < len(values):
            row[name] = fitting
    return row


def _can_be(cause: str, way: Pairs, name: str, value: str) -> bool:
    if way.get(name, value) != value:
        return False
    refusals = [one for one in _fitting(cause) if name not in ANSWER or one.get(name) == value]
    return any(cause_of({**way, name: value}, refusal) == cause for refusal in refusals)


@cache
def _fitting(cause: str) -> tuple[Pairs, ...]:
    calls = ((refusal, call_of({}, refusal)) for refusal in REFUSALS)
    predicts = RULES[cause].predicts
    others = predicts.statuses - {401, 403, 404}  # which of them a call gets is told by what is said of it
    return tuple(
        refusal
        for refusal, call in calls
        if call is not None and (predicts.fits(call[1]) or (refusal["status"] == "other" and any(others)))
    )


def _with_answers(cause: str, way: Pairs) -> dict[str, list[str]]:
    """Return a way with what has to be known of the answer, where the rule does not speak without."""
    made = {name: [value] for name, value in way.items()}
    so = completed(way)
    if so is not None and RULES[cause].ask(facts_of(so)).verdict is Verdict.BLOCKS:
        return made
    telling = [refusal for refusal in REFUSALS if cause_of(way, refusal) == cause]
    for count in range(1, len(ANSWER) + 1):
        for names in itertools.combinations(sorted(ANSWER), count):
            row = {name: sorted({one[name] for one in telling if name in one}) for name in names}
            alike = (one for one in REFUSALS if all(one.get(name) in values for name, values in row.items()))
            if all(one in telling or call_of(way, one) is None for one in alike):
                return made | row
    return made


def _shown_by(cause: str, ways: list[dict[str, str]]) -> list[dict[str, list[str]]]:
    """Return the ways, those of the same facts in one."""
    found: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for way in ways:
        row = _with_answers(cause, way)
        if "_identity" in way:
            row["caller"] = ["federation"]  # the only caller whose identity may be of a pool
        known = found.setdefault(tuple(row), {name: [] for name in row})
        for name, values in row.items():
            known[name] += [value for value in values if value not in known[name]]
    return list(found.values())


def excluded() -> dict[str, dict[str, list[str]]]:
    """Return by fact what else can be said, and leaves none of its values possible: then there is nothing to ask."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, values in CLOSED.items():
        for other, so in ((each, value) for each, theirs in CLOSED.items() for value in theirs if each != name):
            if completed({other: so}) and not any(completed({name: value, other: so}) for value in values):
                found.setdefault(name, {}).setdefault(other, []).append(so)
    return found


@cache
def follows(name: str) -> dict[str, dict[str, str]]:
    """Return by value what is so in every call of which it is said; under an empty one what is, whichever is said."""
    rows = {value: _true_with(name, value) for value in CLOSED[name]} if name in CLOSED else {}
    rows = rows or {value: _true_with(f"_{name}", value) for value in UNSAID.get(f"_{name}", ())}
    always = set.intersection(*rows.values()) if rows else set()
    told = {"": always, **{value: row - always for value, row in rows.items()}}
    return {value: dict(sorted(row)) for value, row in told.items() if row}


def _true_with(name: str, value: str) -> set[tuple[str, str]]:
    """Return what is so in every call of which this is said; what is usual in any call tells nothing."""
    calls = (completed({other: so, name: value}) for other, all_of_it in CLOSED.items() for so in all_of_it)
    found = [set(call.items()) for call in calls if call is not None and call[name] == value]
    usual = {(k, v) for k, v in USUAL.items() if k in (completed({"token-sent": "no"}) or {})}
    return {(k, v) for k, v in set.intersection(*found) - usual if k in CLOSED and k != name} if found else set()


def made() -> str:
    """The index as the rules have it now."""
    rows = (
        f'"{cause}": ' + json.dumps({"supposes": row_of(cause, ways), "shown_by": _shown_by(cause, ways)})
        for cause, ways in sorted(makings().items())
    )
    causes = "{\n" + ",\n".join(rows) + "\n}"
    rows_of = {each.name: row for each in SAYABLE if (row := follows(each.name))}
    return f'{{"excluded": {json.dumps(excluded())},\n"follows": {json.dumps(rows_of)},\n"causes": {causes}}}\n'


INDEXED = json.loads(FILE.read_text(encoding="utf-8"))["causes"]


def _ways(cause: str) -> Iterator[Pairs]:
    for row in INDEXED[cause]["shown_by"]:
        names = [name for name in row if name not in ANSWER]
        yield from (dict(zip(names, way, strict=True)) for way in itertools.product(*(row[name] for name in names)))


def test_every_cause_is_made_by_something() -> None:
    assert INDEXED.keys() == RULES.keys(), "run `python tests/diagnosis/test_supposed.py`"


def test_what_shows_a_cause_makes_the_rules_name_it() -> None:
    for cause in INDEXED:
        assert any(cause_of(way, refusal) == cause for way in _ways(cause) for refusal in _fitting(cause)), cause


def test_what_shows_a_cause_does_not_refute_it() -> None:
    for cause, ways in SHOWN_BY.items():
        for name, values in (pair for way in ways for pair in way.items()):
            assert set(values) <= set(SUPPOSES[cause].get(name, values)), (cause, name)


def test_a_row_is_what_the_rules_say() -> None:
    """Of some of the facts: to try each takes a minute, as to make the index anew does."""
    for cause in INDEXED:
        ways = list(_ways(cause))
        for name in (each for each in CLOSED if crc32(f"{cause} {each}".encode()) % 12 == 0):
            row = INDEXED[cause]["supposes"].get(name, CLOSED[name])
            fitting = {value for value in CLOSED[name] if any(_can_be(cause, way, name, value) for way in ways)}
            assert fitting == set(row), (cause, name)


def test_what_follows_is_what_is_so_in_every_such_call() -> None:
    assert dict(FOLLOWS) == {each.name: rows for each in SAYABLE if (rows := follows(each.name))}


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")

"""Folded rows tell which row differs, in groups of many ids as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_flight.place import folding

_HASHES = st.integers(0, 2**48 - 1)
_TABLES = st.dictionaries(st.integers(1, 400), _HASHES, min_size=1)
_WIDTHS = st.sampled_from([1, 7, 50, 1000])
rows = folding()


def _fold(table, width):
    """Return what the database would, of a dict of hashes by id."""
    groups = {}
    for one, value in table.items():
        group = groups.setdefault(one // width, [0, 0, 0, 0])
        for place, part in enumerate((1, one, value, value * one)):
            group[place] += part
    return [[place, *sums] for place, sums in groups.items()]


def _difference(before, after, width):
    return rows.compare(_fold(before, width), _fold(after, width), width)


@given(_TABLES, _WIDTHS)
def test_equal_tables_do_not_differ(table, width):
    assert not _difference(table, table, width)


@given(_TABLES, _WIDTHS, _HASHES, st.data())
def test_one_changed_row_is_named(table, width, value, data):
    one = data.draw(st.sampled_from(sorted(table)))
    found = _difference({**table, one: value ^ 1 ^ table[one]}, table, width)
    if value ^ 1:
        assert found == rows.Difference(changed=[one])


@given(_TABLES, _WIDTHS, st.data())
def test_one_missing_row_is_named_as_removed_or_added(table, width, data):
    one = data.draw(st.sampled_from(sorted(table)))
    rest = {key: value for key, value in table.items() if key != one}
    assert _difference(table, rest, width) == rows.Difference(removed=[one])
    assert _difference(rest, table, width) == rows.Difference(added=[one])


@given(_TABLES, _TABLES, _WIDTHS)
def test_no_difference_is_missed_and_none_is_made_up(before, after, width):
    found = _difference(before, after, width)
    different = {
        one for one in before.keys() | after.keys() if before.get(one) != after.get(one)
    }
    named = {*found.changed, *found.removed, *found.added}
    assert named <= different
    ranges = [range(first, last + 1) for first, last in found.among]
    assert all(any(one in ids for ids in ranges) for one in different - named)
    assert all(different & set(ids) for ids in ranges)


@pytest.mark.parametrize(
    ("last", "width"), [(0, 1), (9999, 1), (10000, 2), (10**7, 1001)]
)
def test_groups_stay_few_however_large_the_table(last, width):
    assert rows.width_for(last) == width
    assert last // width <= rows.GROUPS

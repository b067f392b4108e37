"""Which rows of a table changed between two snapshots, without keeping the rows.

Consecutive ids make a group, and a group is folded into four sums: number of rows, ids,
hashes, and hashes times ids. Tables of up to `GROUPS` ids have each row for itself.
In larger ones the sums of a group tell which row it is, as long as one row of it
differs; else the group is named. So a snapshot stays small however large the table.
"""

from dataclasses import dataclass, field

#: Groups of a table at most.
GROUPS = 10000


@dataclass
class Difference:
    """What happened to the rows of a table.

    :param changed: ids of rows whose content is another
    :param removed: ids that are gone
    :param added: ids that are new
    :param among: first and last id of groups in which several rows differ
    """

    changed: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    among: list[tuple[int, int]] = field(default_factory=list)

    def __bool__(self):
        return any((self.changed, self.removed, self.added, self.among))

    def describe(self, limit):
        """Return it in words.

        :param int limit: ids of each kind to name
        """
        named = (
            ("changed", [str(one) for one in self.changed]),
            ("removed", [str(one) for one in self.removed]),
            ("added", [str(one) for one in self.added]),
            ("several among", [f"{first}-{last}" for first, last in self.among]),
        )
        return "; ".join(
            f"{what}: {listed(ids, len(ids), limit)}" for what, ids in named if ids
        )


def listed(ids, count, limit):
    """Return ids as text, cut at a limit.

    :param int count: how many there are in all
    """
    shown = ", ".join(str(one) for one in ids[:limit])
    left = count - min(len(ids), limit)
    return f"{shown} and {left:,} more" if left else shown


def width_for(last_id):
    """Return how many ids make a group in a table that ends with an id."""
    return last_id // GROUPS + 1


def compare(before, after, width):
    """Return what differs between two foldings of a table.

    :param before: lists of place, rows, ids, hashes, hashes times ids
    :param after: as before
    :param int width: how many ids make a group, in both
    """
    found = Difference()
    old = {group[0]: group[1:] for group in before}
    new = {group[0]: group[1:] for group in after}
    for place in sorted(old.keys() | new.keys()):
        left, right = old.get(place, [0] * 4), new.get(place, [0] * 4)
        change = [now - then for then, now in zip(left, right, strict=True)]
        if any(change):
            _place(found, change, range(place * width, (place + 1) * width))
    return found


def _place(found, change, ids):
    """Note the row that a group's change comes from, or the group.

    :param change: by how much each sum has grown
    :param ids: the ids that belong to the group
    """
    count, moved, hashes, products = change
    if count == 0 and moved == 0 and hashes and products % hashes == 0:
        target, one = found.changed, products // hashes
    elif count == 1 and products == hashes * moved:
        target, one = found.added, moved
    elif count == -1 and products == hashes * -moved:
        target, one = found.removed, -moved
    else:
        target, one = found.among, None
    if one in ids:
        target.append(one)
    else:
        found.among.append((ids[0], ids[-1]))

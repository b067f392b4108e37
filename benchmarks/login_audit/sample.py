"""Times of the same thing done in several ways, and what they say of the difference."""

import random
import statistics
from itertools import chain

_RESAMPLES = 2000
_SEED = 7


def median(values):
    """Return the median."""
    return statistics.median(values)


def percentile(values, share):
    """Return the value that a share of the values do not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def interval(before, after):
    """Return the 95 % interval of the difference of two medians, by drawing anew.

    First starts of the servers are drawn, for two processes differ, then rounds of each
    start. The values of one round belong together: they saw the same load.

    :param before: for each start, values of the one way, a round each
    :param after: values of the other way, in the same starts and rounds
    :return: (low, high)
    """
    draw = random.Random(_SEED)
    found = sorted(_drawn_difference(draw, before, after) for _ in range(_RESAMPLES))
    return percentile(found, 0.025), percentile(found, 0.975)


def _drawn_difference(draw, before, after):
    first, second = [], []
    for start in draw.choices(range(len(before)), k=len(before)):
        rounds = draw.choices(range(len(before[start])), k=len(before[start]))
        first += [before[start][number] for number in rounds]
        second += [after[start][number] for number in rounds]
    return median(second) - median(first)


class Samples:
    """Milliseconds of several things, each done `without`, `again` and `with`.

    `again` is without the audit as well: what differs there is noise.

    :param ways: the three names
    """

    def __init__(self, ways):
        self._ways = ways
        self._times = {}
        self._cpu = {}

    def titles(self):
        """Return what was measured."""
        return list(self._times)

    def begin(self, title):
        """Begin the rounds of another start of the servers."""
        ways = self._times.setdefault(title, {each: [] for each in self._ways})
        for starts in ways.values():
            starts.append([])

    def add(self, title, way, elapsed):
        """Keep the time of one round."""
        self._times[title][way][-1].append(elapsed)

    def add_cpu(self, title, way, used):
        """Keep the CPU that the server used in many rounds."""
        ways = self._cpu.setdefault(title, dict.fromkeys(self._ways, 0))
        ways[way] += used

    def compare(self, title, limit, remark=""):
        """Yield the results of one thing.

        :param limit: milliseconds that the audit may add at the median
        :param str remark: what the names of the results say besides
        """
        times = [self._times[title][way] for way in self._ways]
        rounds = sum(map(len, times[0]))
        cpu = [self._cpu[title][way] / rounds for way in self._ways]
        for name, value, baseline, more in (*_spread(times, limit), *_cpu(cpu)):
            yield {
                "name": f"{title}{remark}, {name}",
                "value": value,
                "unit": "ms",
                "baseline": baseline,
                **more,
            }


def _spread(starts, limit):
    bounds, noise = (interval(starts[0], starts[way]) for way in (2, 1))
    plain, again, audited = ([*chain.from_iterable(way)] for way in starts)
    best = [percentile(values, 0.1) for values in (plain, again, audited)]
    added = median(audited) - median(plain)
    verdict = {"limit": limit, "interval": bounds}
    yield f"median of {len(plain)}", median(audited), median(plain), {}
    yield "95th percentile", percentile(audited, 0.95), percentile(plain, 0.95), {}
    yield "added at the median", added, median(again) - median(plain), verdict
    yield "added, 95 % interval from", bounds[0], noise[0], {}
    yield "added, 95 % interval to", bounds[1], noise[1], {}
    yield "added at the 10th percentile", best[2] - best[0], best[1] - best[0], {}


def _cpu(cpu):
    plain, again, audited = cpu
    yield "server's CPU, each", audited, plain, {}
    yield "server's CPU, added", audited - plain, again - plain, {}

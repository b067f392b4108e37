"""How much is paid to somebody within some days, wherever those days begin."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import timedelta
from itertools import accumulate


class PeriodSums:
    """Amounts by payee, company and day.

    >>> from datetime import date
    >>> sums = PeriodSums()
    >>> for day, amount in ((1, 400), (10, 500), (31, 600), (39, 700)):
    ...     sums.add("vendor", 1, date(2026, 5, 1) + timedelta(days=day), amount)

    Days before and after count, for a date is easily written:

    >>> sums.most("vendor", {1}, date(2026, 5, 11), days=30)
    1800.0
    >>> sums.most("vendor", {1}, date(2026, 5, 2), days=30)
    900.0
    >>> sums.most("vendor", {2}, date(2026, 5, 2), days=30)
    0.0
    """

    def __init__(self):
        self._days = defaultdict(lambda: defaultdict(float))
        self._found = {}

    def add(self, payee, company, day, amount):
        """Count an amount.

        :param payee: anything hashable
        :param company: likewise
        :param date day: of the payment
        :param float amount: positive, in one currency for all
        """
        self._days[payee, company][day] += amount
        self._found.clear()

    def most(self, payee, companies, day, days):
        """Return the most that any period with a day in it comes to.

        :param payee: as it was counted
        :param companies: set of those that count together
        :param date day: that lies in the period
        :param int days: how many days a period has
        :return: float
        """
        key = (payee, frozenset(companies), day, days)
        if key not in self._found:
            self._found[key] = self._most(payee, companies, day, days)
        return self._found[key]

    def _most(self, payee, companies, day, days):
        near = defaultdict(float)
        for company in companies:
            for other, amount in self._days.get((payee, company), {}).items():
                if abs((other - day).days) < days:
                    near[other] += amount
        dates = sorted(near)
        totals = [0.0, *accumulate(near[one] for one in dates)]
        begins = [*dates[: bisect_right(dates, day)], day]
        length = timedelta(days=days)
        return max(
            totals[bisect_left(dates, begin + length)]
            - totals[bisect_left(dates, begin)]
            for begin in begins
        )

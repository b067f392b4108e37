"""The figures of the dashboard, each set of them by one pass over the period."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .fusion_login_audit import FAILURE_REASONS

#: Periods the dashboard offers, in days, with the unit of its bars.
PERIODS = {1: "hour", 7: "day", 30: "day", 90: "day"}
_RESULTS = ("success", "failure", "mfa_pending")
_HOURS = 24
_TOP = 10


class FusionLoginDashboard(models.Model):
    _inherit = "fusion.login.audit"

    @api.model
    def fc_dashboard(self, days):
        """Return the figures of the last days, in the user's time zone.

        The caller's own rights decide: whoever may not read login events is refused.
        Every figure comes with the domain of the events behind it.

        :param int days: 1 (by hours), 7, 30 or 90 (by days, today included)
        :return: dict of `days`, `unit`, `since`, `totals`, `buckets`, `reasons`,
            `addresses` and `countries`
        :raises AccessError: to anyone but settings administrators
        :raises UserError: for another number of days
        """
        if days not in PERIODS:
            raise UserError(
                _("The dashboard shows 1, 7, 30 or 90 days, not %(days)s.", days=days)
            )
        edges = self._fc_bucket_edges(days)
        period = [("event_time", ">=", edges[0][1])]
        query = self._search(period)
        bars = self._fc_count_results(query, edges)
        addresses, number = self._fc_count_addresses(query, period)
        return {
            "days": days,
            "unit": PERIODS[days],
            "since": edges[0][1],
            "totals": {
                **{result: sum(bar[result] for bar in bars) for result in _RESULTS},
                "users": self._fc_count_users(query),
                "addresses": number,
                "alerts": self._fc_count_alerts(edges[0][1]),
            },
            "buckets": bars,
            "reasons": self._fc_count_reasons(query, period),
            "addresses": addresses,
            "countries": self._fc_count_countries(query, period),
        }

    @api.model
    def _fc_bucket_edges(self, days):
        """Return (label, start, end) of each bar: local label, UTC times as text.

        PostgreSQL cuts the hours and days, so that a day of 23 or 25 hours is one bar.
        """
        unit = PERIODS[days]
        back = _HOURS - 1 if unit == "hour" else days - 1
        shown = "HH24:MI" if unit == "hour" else "YYYY-MM-DD"
        self.env.cr.execute(
            SQL(
                """
                SELECT to_char(start, %(shown)s),
                       start AT TIME ZONE %(tz)s AT TIME ZONE 'UTC',
                       (start + %(step)s::interval) AT TIME ZONE %(tz)s
                       AT TIME ZONE 'UTC'
                  FROM (SELECT date_trunc(%(unit)s, now() AT TIME ZONE %(tz)s) AS now)
                       AS local,
                       generate_series(
                           now - %(back)s * %(step)s::interval, now, %(step)s::interval
                       ) AS start
                 ORDER BY start
                """,
                shown=shown,
                tz=self.env.context.get("tz") or self.env.user.tz or "UTC",
                unit=unit,
                step=f"1 {unit}",
                back=back,
            )
        )
        text = fields.Datetime.to_string
        return [
            (label, text(start), text(end))
            for label, start, end in self.env.cr.fetchall()
        ]

    @api.model
    def _fc_count_results(self, query, edges):
        """Return the bars in order of time, with their counts by result.

        Each count is one range of an index, and reads no row of the table. There is no
        index of successes, which are most rows: they are what is left.
        """
        _labels, starts, ends = zip(*edges, strict=True)
        self.env.cr.execute(
            SQL(
                """
                SELECT every.events - failed.events - waiting.events AS success,
                       failed.events AS failure, waiting.events AS mfa_pending
                  FROM unnest(%(starts)s::timestamp[], %(ends)s::timestamp[])
                       WITH ORDINALITY AS bar (since, until, number)
                 CROSS JOIN LATERAL (%(events)s) AS every (events)
                 CROSS JOIN LATERAL (%(events)s AND result = 'failure')
                       AS failed (events)
                 CROSS JOIN LATERAL (%(events)s AND result = 'mfa_pending')
                       AS waiting (events)
                 ORDER BY bar.number
                """,
                starts=list(starts),
                ends=list(ends),
                events=SQL(
                    "SELECT count(*) FROM %s WHERE %s"
                    " AND event_time >= bar.since AND event_time < bar.until",
                    query.from_clause,
                    query.where_clause,
                ),
            )
        )
        return [
            {**bar, "label": label, "since": start, "until": end}
            for bar, (label, start, end) in zip(
                self.env.cr.dictfetchall(), edges, strict=True
            )
        ]

    @api.model
    def _fc_count_users(self, query):
        """Return how many users logged in, by a look into the index for each user."""
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM res_users AS each_user WHERE EXISTS ("
                "SELECT FROM %s WHERE %s AND user_id = each_user.id"
                " AND result = 'success')",
                query.from_clause,
                query.where_clause,
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _fc_count_alerts(self, since):
        return self.env["fusion.login.alert"].search_count(
            [("alert_time", ">=", since)]
        )

    @api.model
    def _fc_count_reasons(self, query, period):
        """Return the failures by reason, the most frequent first."""
        self.env.cr.execute(
            SQL(
                """
                SELECT reason.name, counted.events
                  FROM unnest(%s::text[]) AS reason (name)
                 CROSS JOIN LATERAL (SELECT count(*) FROM %s WHERE %s
                       AND failure_reason = reason.name) AS counted (events)
                 WHERE counted.events > 0 ORDER BY 2 DESC, 1
                """,
                list(dict(FAILURE_REASONS)),
                query.from_clause,
                query.where_clause,
            )
        )
        rows = self.env.cr.fetchall()
        labels = dict(self._fields["failure_reason"]._description_selection(self.env))
        return [
            {
                "label": labels[reason],
                "failure": count,
                "domain": [*period, ("failure_reason", "=", reason)],
            }
            for reason, count in rows
        ]

    @api.model
    def _fc_count_addresses(self, query, period):
        """Return the addresses with most events, and how many addresses there are."""
        rows = self._fc_top(query, SQL("ip_address"), SQL("NULL"))
        tops = [
            {
                "label": address,
                "success": success,
                "failure": failure,
                "domain": [*period, ("ip_address", "=", address)],
            }
            for address, _name, success, failure, _number in rows
        ]
        return tops, rows[0][-1] if rows else 0

    @api.model
    def _fc_count_countries(self, query, period):
        """Return the countries with most events."""
        rows = self._fc_top(query, SQL("country_code"), SQL("max(country_name)"))
        return [
            {
                "label": self._fc_place_label(code, name),
                "success": success,
                "failure": failure,
                "domain": [*period, ("country_code", "=", code)],
            }
            for code, name, success, failure, _number in rows
        ]

    @api.model
    def _fc_top(self, query, column, name):
        """Return (value, name, successes, failures, number of values) of a column."""
        self.env.cr.execute(
            SQL(
                """
                SELECT %(column)s, %(name)s, count(*) FILTER (WHERE result = 'success'),
                       count(*) FILTER (WHERE result = 'failure'), count(*) OVER ()
                  FROM %(tables)s WHERE %(where)s AND %(column)s IS NOT NULL
                 GROUP BY %(column)s ORDER BY count(*) DESC, %(column)s LIMIT %(top)s
                """,
                column=column,
                name=name,
                tables=query.from_clause,
                where=query.where_clause,
                top=_TOP,
            )
        )
        return self.env.cr.fetchall()

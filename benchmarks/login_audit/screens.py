"""The screens of login events, asked for as the web client asks, inside Odoo's shell.

Filters, groups, columns and the search of each field are read from the views: one that
is added there is measured here.
"""

import statistics
import time
from functools import partial

from lxml import etree

from odoo import release
from odoo.tools.safe_eval import datetime, safe_eval

MODEL = "fusion.login.audit"
LIST_LIMIT_MS = 300
GROUP_LIMIT_MS = 3000
TIMEZONE = "Europe/Brussels"
_SERIES = release.version_info[0]
_REPEATS = 7
_GROUP_REPEATS = 3
_PAGE = 80
_CARDS = 40
_COUNT_LIMIT = 10_001
_DASHBOARD_DAYS = 90
# What is typed into the search of a field: something frequent, rare, and not there.
_TYPED = {
    "attempted_login": ("example", "quinn.zimm", "nobody-has-this"),
    "user_id": ("ada", "quinn zimm", "nobody-has-this"),
    "ip_address": ("11.", "101.203.1.", "203.0.113."),
    "country_display": ("united states", "kazakhstan", "atlantis"),
    "browser": ("chrome", "chrome 149", "netscape"),
}
_TYPED_ELSE = ("a", "abc", "nobody-has-this")


class _Moment(datetime.datetime):
    """A time as filters of the web client compute it."""

    def to_utc(self):
        return self


class Screens:
    """Times calls as a settings administrator makes them.

    :param env: environment of the superuser
    :param user: the user with the most events
    """

    def __init__(self, env, user):
        admin = env.ref("base.user_admin")
        context = {"lang": "en_US", "tz": TIMEZONE, "uid": admin.id}
        self.env = env(user=admin, su=False, context=context)
        self.events = self.env[MODEL]
        views = self.events.get_views([(False, "list"), (False, "search")])["views"]
        self._list = etree.fromstring(views["list"]["arch"])
        self._search = etree.fromstring(views["search"]["arch"])
        self._user = user.with_env(self.env)
        self._slowest_first = 0

    def lists(self):
        """Yield the list as it opens, with each filter, and with each search typed."""
        yield self._timed("list, as it opens", lambda: self._page([]))
        for name, domain in self._filters():
            yield self._timed(f"list, {name}", lambda domain=domain: self._page(domain))
        yield self._timed(
            "list, last page of 10,000 events", lambda: self._page([], 9_920)
        )

    def slowest_first(self):
        """Return the longest of all first calls of a list."""
        value = self._slowest_first
        return {"name": "list, slowest first call", "value": value, "unit": "ms"}

    def groups(self):
        """Yield the list grouped in each way, the cards, and the chart."""
        for element in self._search.iter("filter"):
            context = safe_eval(element.get("context") or "{}")
            if by := context.get("group_by"):
                yield self._grouped(f"groups, {element.get('string')}", by)
        yield self._timed("cards, as they open", self._cards, GROUP_LIMIT_MS)
        yield self._timed("chart, day and result", self._chart, GROUP_LIMIT_MS)

    def user(self):
        """Yield the form of the user, with the tab and the number of events."""
        user = self._user
        view = self.env.ref("base.view_users_form")
        form = user.get_views([(view.id, "form")])["views"]["form"]["arch"]
        page = etree.fromstring(form).xpath("//page[@name='login_activity']")[0]
        count = {"x_fc_login_audit_count": {}}
        spec = {**count, **self._spec(page, user._name)}
        yield self._timed("user's form", lambda: user.web_read(spec))
        yield self._timed("user's form, number of events", lambda: user.web_read(count))
        spec = {"login": {}, "x_fc_last_successful_login": {}, "x_fc_last_login_ip": {}}
        people = user.search([], limit=_PAGE)
        yield self._timed("users' list", lambda: people.web_read(spec))

    def dashboard(self):
        """Yield the dashboard of the longest period."""
        yield self._timed(
            f"dashboard of {_DASHBOARD_DAYS} days",
            lambda: self.events.fc_dashboard(_DASHBOARD_DAYS),
            GROUP_LIMIT_MS,
        )

    def _filters(self):
        """Yield names and domains of what the search offers."""
        for element in self._search.iter("filter"):
            if element.get("domain"):
                yield element.get("string"), self._eval(element.get("domain"))
        yield "User: one that is chosen", [("user_id", "=", self._user.id)]
        for element in self._search.iter("field"):
            name = element.get("name")
            title = element.get("string") or self.events._fields[name].string
            for text in _TYPED.get(name, _TYPED_ELSE):
                yield f"{title}: {text}", self._typed(element, name, text)

    def _typed(self, element, name, text):
        if element.get("filter_domain"):
            return self._eval(element.get("filter_domain"), {"self": text})
        return [(name, element.get("operator") or "ilike", text)]

    def _eval(self, text, more=None):
        module = {"datetime": _Moment, "timedelta": datetime.timedelta}
        names = {"datetime": type("Module", (), module), "uid": self.env.uid}
        return safe_eval(text, {**names, **(more or {})})

    def _page(self, domain, offset=0):
        self.events.web_search_read(
            domain,
            self._spec(self._list, MODEL),
            offset=offset,
            limit=_PAGE,
            order=self._list.get("default_order"),
            count_limit=_COUNT_LIMIT,
        )

    def _spec(self, arch, model):
        """Return what the web client reads for the fields of a view."""
        fields, spec = self.env[model]._fields, {}
        for element in arch.iter("field"):
            if any(parent.tag == "field" for parent in element.iterancestors()):
                continue
            name = element.get("name")
            kind = fields[name].type
            spec[name] = {}
            if kind == "many2one":
                spec[name] = {"fields": {"display_name": {}}}
            elif kind in ("many2many", "one2many"):
                lines = self._spec_of_lines(element, fields[name].comodel_name)
                spec[name] = {"fields": lines, "limit": 40, "order": ""}
        return spec

    def _spec_of_lines(self, element, model):
        inner = next(iter(element.iter("list")))
        return self._spec(etree.fromstring(etree.tostring(inner)), model)

    def _grouped(self, name, by):
        limit = int(self._list.get("groups_limit") or _PAGE)
        call = partial(self._read_groups, [by], limit=limit)
        return self._timed(name, call, GROUP_LIMIT_MS)

    def _read_groups(self, by, **more):
        """Ask for groups in the way of the series."""
        if _SERIES >= 19:
            return self.events.web_read_group([], by, ["__count"], **more)
        return self.events.web_read_group([], [], by, lazy=len(by) == 1, **more)

    def _cards(self):
        """Open the kanban: its groups, and the first cards of each."""
        if _SERIES >= 19:
            return self._read_groups(
                ["result"],
                limit=_PAGE,
                auto_unfold=True,
                unfold_read_specification=self._spec(self._list, MODEL),
                unfold_read_default_limit=_CARDS,
            )
        groups = self._read_groups(["result"], limit=_PAGE)["groups"]
        spec = self._spec(self._list, MODEL)
        return [
            self.events.web_search_read(group["__domain"], spec, limit=_CARDS)
            for group in groups
        ]

    def _chart(self):
        by = ["event_time:day", "result"]
        if _SERIES >= 19:
            return self.events.formatted_read_group([], by, ["__count"])
        return self._read_groups(by)

    def _timed(self, name, call, limit=LIST_LIMIT_MS):
        """Return the median of several calls, none of which finds anything cached."""
        repeats = _REPEATS if limit == LIST_LIMIT_MS else _GROUP_REPEATS
        first, *times = (self._once(call) for _ in range(repeats + 1))
        if limit == LIST_LIMIT_MS:
            self._slowest_first = max(self._slowest_first, first)
        return {
            "name": name,
            "value": statistics.median(times),
            "unit": "ms",
            "limit": limit,
        }

    def _once(self, call):
        self.env.invalidate_all()
        started = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - started)

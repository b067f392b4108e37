from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .screen_common import ScreenCase

SUMMARY = [
    "x_fc_login_audit_recent_ids",
    "x_fc_login_audit_count",
    "x_fc_last_successful_login",
    "x_fc_last_login_ip",
]
LAST = "x_fc_last_successful_login"


@tagged("post_install", "-at_install")
class TestUsers(ScreenCase):
    """What a user's form and the list of users say about logins."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.ada = cls.user.with_user(cls.admin)
        cls.users = cls.env["res.users"].with_user(cls.admin)

    def ago(self, **span):
        return self.now - timedelta(**span)

    def find(self, operation, value):
        """The users among ours whose last login compares so."""
        ours = ("id", "in", (self.user | self.admin).ids)
        return self.users.search([ours, (LAST, operation, value)])

    def test_the_last_login_is_the_newest_success_whatever_failed_since(self):
        self.event(at=self.ago(days=2), ip="203.0.113.1")
        self.event(at=self.ago(days=1), ip="203.0.113.2")
        self.event("failure", at=self.ago(hours=1), ip="203.0.113.3")
        self.assertEqual(self.ada.x_fc_last_successful_login, self.ago(days=1))
        self.assertEqual(self.ada.x_fc_last_login_ip, "203.0.113.2")

    def test_a_user_who_never_logged_in_has_no_last_login(self):
        self.event("failure")
        self.assertFalse(self.ada.x_fc_last_successful_login)
        self.assertFalse(self.ada.x_fc_last_login_ip)

    def test_every_event_of_the_user_counts_and_none_of_others(self):
        self.event()
        self.event("failure")
        self.event("failure", login="somebody@example.com")
        self.assertEqual(self.ada.x_fc_login_audit_count, 2)
        self.assertEqual(len(self.ada.x_fc_login_audit_ids), 2)

    def test_the_tab_lists_the_newest_thirty_in_order(self):
        events = [self.event(at=self.ago(minutes=age)).id for age in range(35)]
        self.assertEqual(self.ada.x_fc_login_audit_recent_ids.ids, events[:30])

    def test_a_user_that_is_being_made_has_no_events(self):
        user = self.users.new({"name": "New"})
        self.assertFalse(user.x_fc_login_audit_recent_ids)
        self.assertEqual(user.x_fc_login_audit_count, 0)
        self.assertFalse(user.x_fc_last_successful_login)

    def test_the_summary_costs_the_same_queries_for_one_user_and_for_many(self):
        users = self.env["res.users"].create(
            [
                {"name": f"U{number}", "login": f"u{number}@example.com"}
                for number in range(20)
            ]
        )
        for user in users:
            self.event(login=user.login)
        users = users.with_user(self.admin)

        def count(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.read(SUMMARY)
            return self.env.cr.sql_log_count - before

        count(users)
        self.assertEqual(count(users[0]), count(users))

    def test_users_who_never_logged_in_can_be_found(self):
        self.event()
        self.assertEqual(self.find("=", False), self.admin)
        self.assertEqual(self.find("!=", False), self.user)
        self.assertEqual(self.find("in", [False]), self.admin)
        self.assertEqual(self.find("not in", [False]), self.user)

    def test_users_not_seen_since_a_time_can_be_found(self):
        self.event(at=self.ago(days=100))
        self.event(login=self.admin.login, at=self.ago(days=2))
        limit = fields.Datetime.to_string(self.ago(days=90))
        self.assertEqual(self.find("<", limit), self.user)
        self.assertEqual(self.find("<", self.ago(days=90)), self.user)
        self.assertEqual(self.find(">=", limit), self.admin)

    def test_the_exact_time_of_a_login_is_inside_the_borders_that_hold_it(self):
        at = self.ago(days=3)
        self.event(at=at)
        for operation in ("=", "<=", ">="):
            with self.subTest(operation=operation):
                self.assertEqual(self.find(operation, at), self.user)
        for operation in ("<", ">"):
            with self.subTest(operation=operation):
                self.assertFalse(self.find(operation, at))
        self.assertEqual(self.find("!=", at), self.admin)

    def test_archived_users_are_compared_like_others(self):
        self.event(at=self.ago(days=100))
        self.user.active = False
        users = self.users.with_context(active_test=False)
        found = users.search([(LAST, "<", self.ago(days=90))])
        self.assertEqual(found, self.user)

    def test_no_login_writes_to_the_user(self):
        stored = [name for name in SUMMARY if self.users._fields[name].store]
        self.assertFalse(stored)

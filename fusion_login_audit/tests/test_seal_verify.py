"""Verification: whatever is changed is found, and the first broken event is named."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..models import fusion_login_seal_verify as verify
from ..models.fusion_login_seal_chain import COLUMNS, GENESIS, page
from .seal_common import SealCase

# What a tamperer may write into each column that is sealed.
TAMPERED = {
    "id": "id + 1000000",
    "user_ref": "coalesce(user_ref, 0) + 1",
    "attempted_login": "'mallory@example.com'",
    "result": "'failure'",
    "failure_reason": "'other'",
    "auth_method": "'totp'",
    "interface": "'rpc'",
    "event_time": "event_time + interval '1 microsecond'",
    "ip_address": "'198.51.100.1'",
    "user_agent_raw": "user_agent_raw || ' '",
    "browser": "NULL",
    "os": "''",
    "device_type": "'bot'",
    "database": "'other'",
}


@tagged("post_install", "-at_install")
class TestVerifyEvents(SealCase):
    """Events of three days, and somebody who may write to the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.events(4) + cls.events(3, count=2)
        # As a login leaves it that was rolled back, or the second one of an hour.
        cls.env.cr.execute("SELECT nextval('fusion_login_audit_id_seq')")
        cls.rows += cls.events(3, count=1) + cls.events(2)

    def setUp(self):
        super().setUp()
        self.seal()
        # A column of the second event of the second day, in most tests.
        self.victim = self.rows[4]

    def test_an_untouched_chain_holds(self):
        result = self.seals._fc_verify()
        self.assertEqual((result.days, result.events, result.unsealed), (3, 9, 0))
        self.assertIsNone(result.problem)
        self.assertEqual(set(self.days().mapped("verify_state")), {"verified"})

    def test_a_change_of_any_sealed_column_is_found(self):
        self.assertEqual(set(TAMPERED), set(COLUMNS))
        for column, value in TAMPERED.items():
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                self.sql(
                    f"UPDATE fusion_login_audit SET {column} = {value} WHERE id = %s",
                    self.victim.id,
                )
                problem = self.verify()
                savepoint.rollback()
            first = self.rows[5] if column == "id" else self.victim
            kind = "missing" if column == "id" else "changed"
            self.assertEqual(problem, (kind, first.id, self.day_of(3)))

    def test_a_missing_event_is_found_in_the_middle_and_at_both_ends_of_a_day(self):
        for gone, named in ((3, 4), (4, 5), (5, 5)):
            with self.subTest(gone=gone), self.env.cr.savepoint() as savepoint:
                self._delete(self.rows[gone].id)
                problem = self.verify()
                savepoint.rollback()
            expected = ("missing", self.rows[named].id, self.day_of(3))
            self.assertEqual(problem, expected)

    def test_a_missing_day_of_events_is_found(self):
        self._delete(*self.rows[3:6].ids)
        self.assertEqual(self.verify(), ("missing", self.rows[5].id, self.day_of(3)))

    def test_an_event_inserted_behind_the_seal_is_found(self):
        for seal in (None, "0" * 64):
            with self.subTest(seal=seal), self.env.cr.savepoint() as savepoint:
                inserted = self._insert_into_gap(seal)
                problem = self.verify()
                savepoint.rollback()
            self.assertEqual(problem, ("inserted", inserted, self.day_of(3)))

    def _insert_into_gap(self, seal):
        """Insert an event between two sealed ones, where the sequence left a gap."""
        self.env.cr.execute(
            """
            INSERT INTO fusion_login_audit (id, attempted_login, result, auth_method,
                        interface, event_time, geo_lookup_state, seal)
            SELECT id + 1, 'mallory', 'success', 'password', 'web', event_time, 'done',
                   %s
              FROM fusion_login_audit WHERE id = %s
            RETURNING id
            """,
            [seal, self.rows[4].id],
        )
        return self.env.cr.fetchone()[0]

    def test_swapped_events_are_found(self):
        one, two = self.rows[4].id, self.rows[7].id
        self.sql("UPDATE fusion_login_audit SET id = -1 WHERE id = %s", one)
        self.sql("UPDATE fusion_login_audit SET id = %s WHERE id = %s", one, two)
        self.sql("UPDATE fusion_login_audit SET id = %s WHERE id = -1", two)
        self.assertEqual(self.verify(), ("changed", one, self.day_of(3)))

    def test_a_changed_or_deleted_seal_is_found(self):
        for seal in ("0" * 64, None):
            with self.subTest(seal=seal), self.env.cr.savepoint() as savepoint:
                self.sql(
                    "UPDATE fusion_login_audit SET seal = %s WHERE id = %s",
                    seal,
                    self.victim.id,
                )
                problem = self.verify()
                savepoint.rollback()
            self.assertEqual(problem, ("changed", self.victim.id, self.day_of(3)))

    def test_the_first_of_several_broken_events_is_named(self):
        for event in (self.rows[7], self.rows[4], self.rows[5]):
            self.sql("UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", event.id)
        self.assertEqual(self.verify(), ("changed", self.rows[4].id, self.day_of(3)))
        states = self.days().mapped("verify_state")
        self.assertEqual(states, ["verified", "broken", "broken"])
        self.assertEqual(
            self.days().mapped("first_broken_id"), [0, self.rows[4].id, self.rows[7].id]
        )

    def test_places_hosts_and_deleted_users_do_not_break_the_chain(self):
        self.sql(
            "UPDATE fusion_login_audit"
            " SET country_code = 'CA', country_name = 'Canada', city = 'Toronto',"
            " geo_state = 'Ontario', ip_hostname = 'a.example.com',"
            " geo_lookup_state = 'done', hour_key = id::text"
        )
        self.assertTrue(self.victim.user_id)
        self.user.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.victim.user_id)
        self.assertIsNone(self.verify())

    def test_an_event_that_is_not_sealed_yet_is_counted_and_breaks_nothing(self):
        self.event()
        result = self.seals._fc_verify()
        self.assertEqual((result.events, result.unsealed), (9, 1))
        self.assertIsNone(result.problem)

    def test_verification_reads_in_pages_whatever_the_number_of_events(self):
        def small_page(cr, after, last, rows=2):
            return page(cr, after, last, rows)

        chain = "odoo.addons.fusion_login_audit.models.fusion_login_seal_chain.page"
        with patch(chain, small_page):
            result = self.seals._fc_verify()
        self.assertEqual(result.events, 9)
        self.assertIsNone(result.problem)

    def _delete(self, *ids):
        self.sql("DELETE FROM fusion_login_audit WHERE id = ANY(%s)", list(ids))


@tagged("post_install", "-at_install")
class TestVerifyDays(SealCase):
    """The records of the days are proven as the events are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.events(4) + cls.events(3) + cls.events(2)

    def setUp(self):
        super().setUp()
        self.first, self.second, self.third = self.seal()

    def test_a_change_of_any_fact_of_a_day_is_found(self):
        tampered = {
            "day": "day - 20",
            "first_id": "first_id + 1",
            "last_id": "last_id - 1",
            "row_count": "row_count + 1",
            "digest": f"'{GENESIS}'",
            "seal": f"'{GENESIS}'",
        }
        for column, value in tampered.items():
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                self._change(self.second, f"{column} = {value}")
                problem = self.seals._fc_verify().problem
                savepoint.rollback()
            self.assertEqual(problem.kind, "record")
            self.assertEqual(problem.event_id, self.rows[3].id)

    def test_a_changed_previous_digest_looks_like_a_missing_day(self):
        self._change(self.second, f"previous_digest = '{GENESIS}'")
        self.assertEqual(self.verify(), ("gap", self.rows[3].id, self.day_of(3)))

    def test_a_deleted_record_of_a_day_is_found(self):
        missing = {self.first: self.rows[0], self.second: self.rows[3]}
        for day, event in missing.items():
            with self.subTest(day=day.day), self.env.cr.savepoint() as savepoint:
                self.sql("DELETE FROM fusion_login_seal WHERE id = %s", day.id)
                problem = self.seals._fc_verify().problem
                savepoint.rollback()
            self.assertEqual((problem.kind, problem.event_id), ("gap", event.id))

    def test_a_deleted_record_of_the_last_day_is_found(self):
        self.sql("DELETE FROM fusion_login_seal WHERE id = %s", self.third.id)
        self.assertEqual(self.verify(), ("gap", self.rows[6].id, None))

    def test_a_deleted_last_record_does_not_let_changed_events_be_sealed_again(self):
        self.sql("DELETE FROM fusion_login_seal WHERE id = %s", self.third.id)
        self.sql(
            "UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.rows[7].id
        )
        with self.assertLogs(level="ERROR"):
            self.seal()
        self.assertEqual(self.verify(), ("changed", self.rows[7].id, self.day_of(2)))

    def test_a_state_that_cannot_be_is_found(self):
        for state in ("removed", "nonsense"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                self._change(self.second, f"state = '{state}'")
                problem = self.seals._fc_verify().problem
                savepoint.rollback()
            self.assertEqual(problem.kind, "record")

    def test_a_first_day_said_to_be_removed_must_have_no_events(self):
        self._change(self.first, "state = 'removed'")
        self.assertEqual(self.verify(), ("revived", self.rows[0].id, self.day_of(4)))

    def test_a_first_day_said_to_expire_must_still_hold_together(self):
        self._change(self.first, "state = 'expired'")
        self.assertIsNone(self.verify())
        self.sql(
            "UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.rows[1].id
        )
        self.assertEqual(self.verify(), ("changed", self.rows[1].id, self.day_of(4)))

    def _change(self, day, assignment):
        self.sql(f"UPDATE fusion_login_seal SET {assignment} WHERE id = %s", day.id)


@tagged("post_install", "-at_install")
class TestVerifyScreen(SealCase):
    """What an administrator gets to see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "verify_admin", "base.group_system")
        cls.rows = cls.events(4) + cls.events(3)

    def setUp(self):
        super().setUp()
        self.days_of_admin = self.seal().with_user(self.admin)

    def _break(self, event):
        self.sql("UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", event.id)

    def test_a_chain_that_holds_is_told_with_its_counts(self):
        params = self.days_of_admin.browse().action_verify_all()["params"]
        self.assertEqual(params["type"], "success")
        self.assertIn("Days verified: 2, events: 6", params["message"])
        self.assertNotIn("not sealed yet", params["message"])

    def test_events_that_are_not_sealed_yet_are_told(self):
        self.event()
        params = self.days_of_admin.browse().action_verify_all()["params"]
        self.assertIn("not sealed yet: 1", params["message"])

    def test_the_first_broken_event_is_linked(self):
        self._break(self.rows[4])
        params = self.days_of_admin.browse().action_verify_all()["params"]
        self.assertEqual((params["type"], params["sticky"]), ("danger", True))
        self.assertEqual(
            [link["url"] for link in params["links"]],
            [f"/odoo/fusion.login.audit/{self.rows[4].id}"],
        )
        self.assertEqual(params["message"].count("%s"), 1)

    def test_an_event_that_is_gone_is_named_without_a_link(self):
        self.sql("DELETE FROM fusion_login_audit WHERE id = %s", self.rows[5].id)
        params = self.days_of_admin.browse().action_verify_all()["params"]
        self.assertEqual(params["links"], [])
        self.assertIn(str(self.rows[5].id), params["message"])

    def test_only_the_chosen_days_are_verified(self):
        self._break(self.rows[0])
        second = self.days_of_admin[1]
        self.assertEqual(second.action_verify()["params"]["type"], "success")
        self.assertEqual(self.days_of_admin.mapped("verify_state"), [False, "verified"])

    def test_the_outcome_stands_on_the_day_and_opens_the_broken_event(self):
        self._break(self.rows[1])
        day = self.days_of_admin[0]
        day.action_verify()
        self.assertEqual(day.verify_state, "broken")
        self.assertEqual(day.verify_problem, "changed")
        self.assertTrue(day.last_verified)
        self.assertEqual(day.action_open_broken()["res_id"], self.rows[1].id)

    def test_an_event_that_is_gone_cannot_be_opened(self):
        self.sql("DELETE FROM fusion_login_audit WHERE id = %s", self.rows[5].id)
        day = self.days_of_admin[1]
        day.action_verify()
        self.assertEqual(day.first_broken_id, self.rows[5].id)
        with self.assertRaises(UserError):
            day.action_open_broken()

    def test_a_day_opens_its_events(self):
        domain = self.days_of_admin[1].action_open_events()["domain"]
        self.assertEqual(self.audit.search(domain), self.rows[3:].sorted())

    def test_more_than_a_person_waits_for_is_left_to_the_cron(self):
        self._break(self.rows[1])
        with patch.object(verify, "EVENTS_AT_ONCE", 5):
            params = self.days_of_admin.browse().action_verify_all()["params"]
        self.assertEqual(params["type"], "info")
        self.assertIn("Days: 2, events: 6", params["message"])
        self.assertEqual(set(self.days_of_admin.mapped("verify_state")), {"due"})
        cron = self.env.ref("fusion_login_audit.cron_verify")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_a_single_day_is_verified_at_once_beside_a_large_chain(self):
        with patch.object(verify, "EVENTS_AT_ONCE", 5):
            params = self.days_of_admin[0].action_verify()["params"]
        self.assertEqual(params["type"], "success")


@tagged("post_install", "-at_install")
class TestVerifyCron(SealCase):
    """The cron verifies the whole chain, a day at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.events(4) + cls.events(3) + cls.events(2)

    def setUp(self):
        super().setUp()
        self.seal()

    def _run(self):
        with self.cron() as seals:
            seals._fc_cron_verify()

    def test_every_day_is_verified(self):
        self._run()
        self.assertEqual(self.days().mapped("verify_state"), ["verified"] * 3)

    def test_a_broken_chain_is_logged_as_an_error(self):
        self.sql(
            "UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.rows[4].id
        )
        with self.assertLogs(verify._logger, "ERROR") as logs:
            self._run()
        self.assertEqual(len(logs.output), 1)
        self.assertIn(f"changed at event {self.rows[4].id}", logs.output[0])

    def test_a_broken_chain_alerts_the_administrators(self):
        self.sql(
            "UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.rows[4].id
        )
        with self.assertLogs(verify._logger, "ERROR"):
            self._run()
            self._run()
        alert = self.env["fusion.login.alert"].search([("kind", "=", "broken_seal")])
        self.assertEqual(len(alert), 1)
        self.assertEqual(alert.event_id, self.rows[4])
        self.assertIn(str(self.rows[4].id), alert.message)

    def test_a_missing_event_alerts_too(self):
        self.sql("DELETE FROM fusion_login_audit WHERE id = %s", self.rows[8].id)
        with self.assertLogs(verify._logger, "ERROR"):
            self._run()
        alert = self.env["fusion.login.alert"].search([("kind", "=", "broken_seal")])
        self.assertEqual(len(alert), 1)
        self.assertFalse(alert.event_id)

    def test_only_days_that_are_due_are_verified_when_some_are(self):
        self.days()[1]._fc_mark_due()
        self._run()
        self.assertEqual(self.days().mapped("verify_state"), [False, "verified", False])

    def test_a_run_whose_time_is_up_leaves_the_rest_to_the_next(self):
        spent = property(lambda budget: True)
        with patch.object(verify.Budget, "is_spent", spent):
            self._run()
            self.assertEqual(
                self.days().mapped("verify_state"), ["verified", "due", "due"]
            )
            self._run()
            self._run()
        self.assertEqual(self.days().mapped("verify_state"), ["verified"] * 3)

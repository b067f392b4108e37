from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestQualityControl(DeviceCase):
    """From the queue to a pass or a fail, as the QC user."""

    def setUp(self):
        super().setUp()
        self.lot = self.receive(1).with_user(self.qc)

    def take_in(self):
        self.lot.action_hand_off_to_qc()

    def test_only_the_qc_role_tests_and_grades(self):
        lot = self.lot.with_user(self.warehouse)
        with self.assertRaises(AccessError):
            lot.action_hand_off_to_qc()
        self.take_in()
        with self.assertRaises(AccessError):
            lot._apply_qc_session("session-1")
        with self.assertRaises(AccessError):
            lot.action_qc_failed()

    def test_the_handoff_takes_in_what_the_filters_leave_and_writes_a_movement(self):
        other = self.receive(1, product=self.other_phone)
        wizard = (
            self.env["device.qc.handoff"]
            .with_user(self.qc)
            .create({"company_id": self.reyder.id, "product_id": self.phone.id})
        )
        self.assertIn(self.lot, wizard.lot_ids)
        self.assertNotIn(other, wizard.lot_ids)
        wizard.action_hand_off()
        self.assertEqual(self.lot.qc_status, "in_qc")
        self.assertIn("qc_in", self.lot.movement_ids.mapped("movement_type"))
        self.assertEqual(other.qc_status, "pending_qc")

    def test_complete_says_whether_session_or_grade_is_missing(self):
        with self.assertRaisesRegex(UserError, "not in QC"):
            self.lot.action_qc_complete()
        self.take_in()
        with self.assertRaisesRegex(UserError, "no QC session"):
            self.lot.action_qc_complete()
        self.lot._apply_qc_session("session-1")
        with self.assertRaisesRegex(UserError, "no grade"):
            self.lot.action_qc_complete()
        self.lot.grade_id = self.env.ref("device_inventory.device_grade_good")
        self.lot.action_qc_complete()
        self.assertEqual(self.lot.qc_status, "qc_complete")
        self.assertEqual(self.lot.qc_user_id, self.qc)

    def test_a_test_session_never_satisfies_the_gate(self):
        self.take_in()
        self.lot._apply_qc_session("session-1", test=True)
        self.lot.grade_id = self.env.ref("device_inventory.device_grade_good")
        with self.assertRaisesRegex(UserError, "test session"):
            self.lot.action_qc_complete()

    def test_a_manual_session_is_marked_as_such(self):
        self.take_in()
        self.lot._apply_qc_session(f"manual-qc-{self.lot.name}")
        self.assertTrue(self.lot.m360_is_manual)

    def test_the_shell_stamps_a_session_as_the_runbook_does(self):
        self.take_in()
        self.lot.sudo().write({"m360_session_id": "manual-qc-ticket-1"})
        self.assertTrue(self.lot.m360_is_manual)

    def test_session_and_status_cannot_be_typed_or_imported(self):
        self.take_in()
        for vals in ({"m360_session_id": "x"}, {"qc_status": "qc_complete"}):
            with self.assertRaisesRegex(UserError, "cannot be edited"):
                self.lot.write(vals)

    def test_a_failed_device_goes_back_to_the_queue_for_a_retest(self):
        self.take_in()
        self.lot.action_qc_failed()
        self.assertEqual(self.lot.qc_status, "qc_failed")
        self.lot.action_qc_reset()
        self.assertEqual(self.lot.qc_status, "pending_qc")

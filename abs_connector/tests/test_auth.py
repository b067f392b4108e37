from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base_json_api.testing import ContractMixin

from ..models import abs_signing_key
from .api_common import PASSWORD, AbsApiCase


@tagged("post_install", "-at_install")
class TestContract(ContractMixin, AbsApiCase):
    pass


@tagged("post_install", "-at_install")
class TestLogin(AbsApiCase):
    def test_login_answers_tokens_and_who_it_is(self):
        answer = self.log_in(status=200).json
        self.assertEqual(answer["token_type"], "Bearer")
        self.assertEqual(answer["expires_in"], 15 * 60)
        self.assertEqual(answer["employee"]["id"], self.agent.employee_id.id)
        self.assertEqual(answer["employee"]["company"]["name"], "Oves Togo")
        (membership,) = answer["memberships"]
        self.assertEqual(membership["account_code"], "TG-LOM")
        self.assertEqual(membership["role_code"], "agent")
        self.assertEqual(membership["scope_policy"], "assigned_only")

    def test_email_is_taken_in_any_case(self):
        self.log_in(" ESI@oves.example.com ", status=200)

    def test_wrong_password_and_unknown_email_read_the_same(self):
        wrong = self.log_in(password="wrong horse battery", status=401)
        unknown = self.log_in("nobody@oves.example.com", status=401)
        told = [
            {name: value for name, value in one.json.items() if name != "request_id"}
            for one in (wrong, unknown)
        ]
        self.assertEqual(told[0], told[1])
        self.assertEqual(wrong.code, "invalid_credentials")
        self.assertIn("WWW-Authenticate", wrong.headers)

    def test_wrong_password_and_unknown_email_cost_the_same(self):
        self.log_in("nobody@oves.example.com", "wrong horse battery")
        context = type(self.env["res.users"]._crypt_context())
        costs = []
        for email in (None, "nobody@oves.example.com"):
            hashed = []
            with (
                self.watched(context, "verify", hashed),
                self.watched(context, "verify_and_update", hashed),
            ):
                answer = self.log_in(email, "wrong horse battery", status=401)
            costs.append((hashed, answer.entry["queries"]))
        self.assertEqual(costs[0], costs[1])
        self.assertEqual(costs[0][0], [self.rounds()])

    def rounds(self):
        """Return how often a password of Esi is hashed."""
        self.env.cr.execute(
            "SELECT password_hash FROM abs_employee WHERE id = %s",
            [self.agent.employee_id.id],
        )
        return self.env.cr.fetchone()[0].split("$")[2]

    def watched(self, context, name, hashed):
        """Note the rounds of the hash that each call of a method works on."""
        method = getattr(context, name)

        def noting(this, secret, kept, *args, **kwargs):
            hashed.append(kept.split("$")[2])
            return method(this, secret, kept, *args, **kwargs)

        return patch.object(context, name, noting)

    def test_employee_without_password_does_not_log_in(self):
        self.log_in(self.lead.employee_id.email, "", status=401)
        self.log_in(self.lead.employee_id.email, "False", status=401)

    def test_inactive_employee_does_not_log_in(self):
        self.agent.employee_id.active = False
        self.log_in(status=401)

    def test_five_failures_slow_down_known_and_unknown_alike(self):
        for email in (self.agent.employee_id.email, "nobody@oves.example.com"):
            for _try in range(5):
                self.log_in(email, "wrong horse battery", status=401)
            answer = self.log_in(email, status=429)
            self.assertLessEqual(int(answer.headers["Retry-After"]), 60)
        self.assertEqual(self.agent.employee_id.failed_attempts, 6)

    def test_right_password_forgets_failures(self):
        for _try in range(4):
            self.log_in(password="wrong horse battery", status=401)
        self.log_in(status=200)
        self.log_in(password="wrong horse battery", status=401)
        self.log_in(status=200)

    def test_text_that_no_column_holds_is_refused_and_breaks_nothing(self):
        for email, password in (
            ("a\0@oves.example.com", PASSWORD),
            (self.agent.employee_id.email, f"{PASSWORD}\0"),
            (self.agent.employee_id.email, "x" * 100_000),
            ("x" * 100_000, PASSWORD),
        ):
            answer = self.log_in(email, password)
            self.assertIn(answer.status, (401, 422), answer.content[:200])

    def test_unknown_keys_and_missing_ones_are_named(self):
        body = {"email": "a@example.com", "pass": "x"}
        answer = self.call("POST", "/auth/login", body, status=422)
        self.assertEqual(
            answer.wrong, {"/password": "required", "/pass": "unknown"}, answer.content
        )


@tagged("post_install", "-at_install")
class TestSession(AbsApiCase):
    def used_long_ago(self):
        """Let the grace of all used refresh tokens be over."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE abs_session_token SET used_at = used_at - interval '1 minute'"
        )
        self.env.invalidate_all()

    @contextmanager
    def ending_apart(self):
        """End sessions after the request: in tests all cursors are one transaction."""
        ended = []
        model = type(self.env["abs.session"])
        with patch.object(model, "_end_apart", lambda *call: ended.append(call)):
            yield
        for session, reason in ended:
            self.sessions().browse(session.id)._end(reason)

    def sessions(self):
        """Return the sessions of Esi."""
        return self.agent.employee_id.session_ids.sudo()

    def test_refresh_token_is_for_one_use(self):
        first = self.log_in()
        second = self.refresh(first, status=200)
        self.assertNotEqual(first.json["refresh_token"], second.json["refresh_token"])
        self.me(second, status=200)
        self.refresh(second, status=200)

    def test_lost_answer_is_asked_for_again_within_the_grace(self):
        first = self.log_in()
        self.refresh(first, status=200)
        again = self.refresh(first, status=200)
        self.refresh(again, status=200)
        self.assertFalse(self.sessions().ended_at)

    @mute_logger("odoo.sql_db")
    def test_reused_refresh_token_ends_the_whole_login(self):
        first = self.log_in()
        second = self.refresh(first)
        self.used_long_ago()
        with self.ending_apart():
            answer = self.refresh(first, status=401)
        self.assertEqual(answer.code, "invalid_refresh_token")
        self.assertEqual(self.sessions().end_reason, "reuse")
        self.assertEqual(self.me(second, status=401).code, "session_ended")
        self.refresh(second, status=401)

    def test_reuse_leaves_other_logins_alone(self):
        phone, tablet = self.log_in(), self.log_in()
        self.refresh(phone)
        self.used_long_ago()
        with self.ending_apart():
            self.refresh(phone, status=401)
        self.me(phone, status=401)
        self.me(tablet, status=200)

    def test_invented_refresh_token_is_refused(self):
        for token in ("", "x" * 43, "\u0000", "é"):
            body = {"refresh_token": token}
            answer = self.call("POST", "/auth/refresh", body)
            self.assertIn(answer.status, (401, 422))

    def test_tokens_are_kept_as_hashes(self):
        answer = self.log_in().json
        self.env.cr.execute("SELECT * FROM abs_session_token")
        kept = str(self.env.cr.fetchall())
        self.assertNotIn(answer["refresh_token"], kept)
        self.assertNotIn(answer["access_token"], kept)

    def test_logout_holds_from_the_next_request_on(self):
        phone, tablet = self.log_in(), self.log_in()
        token = phone.json["access_token"]
        self.call("POST", "/auth/logout", token=token, status=200)
        self.assertEqual(self.me(phone, status=401).code, "session_ended")
        self.refresh(phone, status=401)
        self.me(tablet, status=200)

    def test_archived_employee_is_out_from_the_next_request_on(self):
        answer = self.log_in()
        self.agent.employee_id.active = False
        self.me(answer, status=401)
        self.refresh(answer, status=401)

    def test_archived_company_is_out_from_the_next_request_on(self):
        answer = self.log_in()
        self.env.cr.execute(
            "UPDATE res_company SET active = FALSE WHERE id = %s", [self.company.id]
        )
        self.env.invalidate_all()
        self.me(answer, status=401)
        self.refresh(answer, status=401)

    def test_revoked_membership_is_gone_on_the_next_request(self):
        answer = self.log_in()
        self.assertEqual(len(self.me(answer).json["memberships"]), 1)
        self.agent.action_revoke()
        self.assertEqual(self.me(answer).json["memberships"], [])

    def test_manager_ends_logins_and_others_do_not(self):
        answer = self.log_in()
        clerk = self.clerk()
        with self.assertRaises(AccessError):
            self.agent.employee_id.with_user(clerk).action_end_sessions()
        self.agent.employee_id.action_end_sessions()
        self.assertEqual(self.sessions().end_reason, "manager")
        self.me(answer, status=401)

    def test_new_password_ends_all_other_logins(self):
        phone, tablet = self.log_in(), self.log_in()
        body = {"current_password": PASSWORD, "new_password": "another horse"}
        path, token = "/auth/change-password", phone.json["access_token"]
        wrong = {**body, "current_password": "not this one"}
        answer = self.call("POST", path, wrong, token=token, status=422)
        self.assertEqual(answer.wrong, {"/current_password": "wrong"})
        self.call("POST", path, body, token=token, status=200)
        self.me(phone, status=200)
        self.me(tablet, status=401)
        self.log_in(status=401)
        self.log_in(password="another horse", status=200)

    def test_short_password_is_refused_with_the_rule(self):
        body = {"current_password": PASSWORD, "new_password": "short"}
        token = self.log_in().json["access_token"]
        answer = self.call("POST", "/auth/change-password", body, token=token)
        self.assertEqual(answer.status, 422)
        self.assertIn("10 to 128 characters", answer.json["error"])

    def test_cost_of_a_request_does_not_grow_with_logins(self):
        answer = self.log_in()
        self.me(answer)
        few = self.me(answer).entry["queries"]
        for _login in range(5):
            self.log_in()
        self.assertEqual(self.me(answer).entry["queries"], few)


@tagged("post_install", "-at_install")
class TestSigningKey(AbsApiCase):
    def setUp(self):
        super().setUp()
        self.keys = self.env["abs.signing.key"]
        self.addCleanup(self.env.registry.clear_cache)

    def test_tokens_outlive_the_replacement_of_their_key(self):
        before = self.log_in()
        self.keys.action_rotate()
        after = self.log_in()
        self.me(before, status=200)
        self.me(after, status=200)

    def test_deleted_key_takes_its_tokens_with_it(self):
        before = self.log_in()
        former = self.keys.search([])
        self.keys.action_rotate()
        after = self.log_in()
        former.unlink()
        self.me(before, status=401)
        self.me(after, status=200)

    def test_new_keys_are_of_the_algorithm_that_is_configured(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("abs_connector.jwt_algorithm", "EdDSA")
        self.keys.action_rotate()
        self.assertEqual(self.keys.search([], limit=1).algorithm, "EdDSA")
        self.me(self.log_in(), status=200)

    def test_secret_of_the_environment_signs(self):
        secrets = {abs_signing_key.SECRETS: f"outside:{'s' * 40}"}
        with patch.dict("os.environ", secrets):
            self.env.registry.clear_cache()
            answer = self.log_in()
            self.me(answer, status=200)
        self.env.registry.clear_cache()
        self.me(answer, status=401)

    def test_token_of_a_copied_database_is_refused(self):
        answer = self.log_in()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "another-database")
        self.env.registry.clear_cache()
        self.me(answer, status=401)

    def test_secrets_are_read_by_nobody(self):
        with self.assertRaises(AccessError):
            self.keys.search([]).read(["secret"])
        with self.assertRaises(AccessError):
            self.env["abs.session.token"].search([])

    def test_only_governance_managers_replace_keys(self):
        clerk = self.clerk()
        with self.assertRaises(AccessError):
            self.keys.with_user(clerk).action_rotate()

    def test_health_needs_nobody(self):
        self.assertEqual(self.call("GET", "/health", status=200).json["status"], "ok")

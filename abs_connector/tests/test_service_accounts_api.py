from odoo.tests import tagged
from odoo.tools import mute_logger

from .api_common import AbsApiCase

ACCOUNTS = "/service-accounts"


class AccountsCase(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.member("Adjo", cls.global_root, "admin")
        cls.admin_token = cls.token_of(cls.admin)
        cls.lead_token = cls.token_of(cls.lead)
        cls.agent_token = cls.token_of(cls.agent)
        cls.new = cls.employee("Akua")

    def put(self, path, token="", **body):
        return self.ask(path, token, method="PUT", body=body)

    def post(self, path, token="", key="", **body):
        return self.ask(path, token, key, method="POST", body=body)

    def of(self, account, *more):
        """Return the path of a Service Account, or of what is below it."""
        return "/".join([ACCOUNTS, str(account.id), *map(str, more)])


@tagged("post_install", "-at_install")
class TestSystem(AccountsCase):
    def test_global_root_is_as_the_setup_guide_shows_it(self):
        key = self.key_with("system:read")
        root = self.ask("/system/global-root", key=key, status=200).json
        expected = {
            "success": True,
            "exists": True,
            "company": None,
            "is_global_root": True,
            "parent": None,
            "source_company": None,
            "account_code": "OVGLOBAL-ROOT",
            "name": "OV Global Root SA",
        }
        self.assertEqual({name: root[name] for name in expected}, expected)

    def test_flat_hierarchy_is_in_the_order_of_the_tree(self):
        child = self.branch("Kpalimé", "TG-KPA", self.lome)
        key = self.key_with("system:read")
        answer = self.ask(
            "/system/sa-hierarchy", key=key, params={"flat": "true"}, status=200
        ).json
        rows = {row["account_code"]: row["depth"] for row in answer["service_accounts"]}
        self.assertEqual(answer["total"], len(rows))
        self.assertEqual(
            [rows[one] for one in ("OVGLOBAL-ROOT", "TG-LOM", "TG-KPA")], [0, 2, 3]
        )
        order = [*rows]
        self.assertEqual(order.index(child.account_code), order.index("TG-LOM") + 1)
        self.assertFalse(any(one["children"] for one in answer["service_accounts"]))

    def test_nested_hierarchy_has_branches_within_their_parent(self):
        key = self.key_with("system:read")
        answer = self.ask("/system/sa-hierarchy", key=key, status=200).json
        (root,) = answer["service_accounts"]
        (company,) = root["children"]
        self.assertEqual(company["source_company"]["name"], "Oves Togo")
        codes = [one["account_code"] for one in company["children"]]
        self.assertEqual(codes, ["TG-LOM", "TG-KAR"])

    def test_members_see_their_own_part_of_the_tree(self):
        answer = self.ask("/system/sa-hierarchy", self.agent_token, status=200).json
        (own,) = answer["service_accounts"]
        self.assertEqual((own["account_code"], own["depth"]), ("TG-LOM", 0))
        self.assertEqual(own["parent"]["id"], self.root.id)

    def test_hierarchy_costs_as_many_queries_whatever_its_size(self):
        path = "/system/sa-hierarchy"
        self.ask(path, self.admin_token)
        few = self.ask(path, self.admin_token).entry["queries"]
        for number in range(5):
            account = self.branch(f"Depot {number}", f"TG-{number}", self.lome)
            self.member(f"Head{number}", account)
        many = self.ask(path, self.admin_token, queries=few).json
        self.assertGreaterEqual(many["total"], 8)


@tagged("post_install", "-at_install")
class TestServiceAccounts(AccountsCase):
    def test_list_is_paged_filtered_and_behind_cursors(self):
        params = {"limit": 1, "sort": "account_code", "q": "togo -"}
        first = self.ask(ACCOUNTS, self.admin_token, params=params, status=200).json
        self.assertEqual((first["total"], first["page"], first["limit"]), (2, 1, 1))
        self.assertEqual(first["service_accounts"][0]["account_code"], "TG-KAR")
        params["cursor"] = first["next_cursor"]
        second = self.ask(ACCOUNTS, self.admin_token, params=params, status=200).json
        self.assertEqual(second["service_accounts"][0]["account_code"], "TG-LOM")
        self.assertFalse(second["has_more"])

    def test_own_accounts_are_a_filter(self):
        params = {"mine": "true"}
        rows = self.ask(ACCOUNTS, self.admin_token, params=params, status=200).json
        codes = [row["account_code"] for row in rows["service_accounts"]]
        self.assertEqual(codes, ["OVGLOBAL-ROOT"])

    def test_detail_names_parent_manager_and_members(self):
        answer = self.ask(self.of(self.lome), self.agent_token, status=200).json
        account = answer["service_account"]
        self.assertEqual(account["parent"]["id"], self.root.id)
        self.assertEqual(account["sa_manager"]["id"], self.lead.id)
        self.assertEqual(account["member_count"], 2)
        self.assertEqual(account["sa_type"], "branch")

    def test_account_out_of_sight_is_absent(self):
        for method, more in (("GET", {}), ("PUT", {"body": {"name": "X"}})):
            self.ask(
                self.of(self.kara), self.lead_token, method=method, status=404, **more
            )

    def test_admin_creates_a_branch_with_its_manager_in_one_call(self):
        body = {
            "name": "Togo - Sokodé",
            "account_code": "tg-sok",
            "parent_id": self.root.id,
            "sa_manager": self.new.id,
        }
        answer = self.post(ACCOUNTS, self.admin_token, **body)
        self.assertEqual(answer.status, 201, answer.content)
        account = answer.json["service_account"]
        self.assertEqual(account["account_code"], "TG-SOK")
        self.assertEqual(account["state"], "active")
        self.assertIn("Akua", account["sa_manager"]["name"])
        token = self.token_of(self.new)
        self.ask(f"{ACCOUNTS}/{account['id']}", token, status=200)

    def test_only_admins_and_keys_create_and_change(self):
        body = {"name": "X", "account_code": "X", "parent_id": self.root.id}
        for token in (self.lead_token, self.agent_token):
            body["parent_id"] = self.lome.id
            self.assertEqual(self.post(ACCOUNTS, token, **body).status, 403)
            self.assertEqual(self.put(self.of(self.lome), token, name="X").status, 403)
        key = self.key_with("accounts:write")
        self.assertEqual(self.post(ACCOUNTS, key=key, **body).status, 201)

    def test_key_of_a_company_creates_nothing_in_another(self):
        parent = self.root_of(self.other_company)
        key = self.key_with("accounts:write")
        body = {"name": "X", "account_code": "X", "parent_id": parent.id}
        answer = self.post(ACCOUNTS, key=key, **body)
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.wrong, {"/parent_id": "not_found"})

    @mute_logger("odoo.sql_db")
    def test_taken_code_is_a_conflict(self):
        body = {"name": "X", "account_code": "TG-LOM", "parent_id": self.root.id}
        answer = self.post(ACCOUNTS, self.admin_token, **body)
        self.assertEqual((answer.status, answer.code), (409, "duplicate"))

    def test_rules_of_the_tree_are_told(self):
        body = {"name": "X", "account_code": "X", "parent_id": self.global_root.id}
        answer = self.post(ACCOUNTS, self.admin_token, **body)
        self.assertEqual(answer.status, 422)
        self.assertIn("Parent: X is a branch", answer.json["error"])

    def test_change_leaves_what_is_not_named(self):
        answer = self.put(
            self.of(self.lome),
            self.admin_token,
            approval_policy="above",
            approval_threshold=500.0,
        )
        account = answer.json["service_account"]
        self.assertEqual(account["approval_threshold"], 500)
        self.assertEqual(account["name"], "Togo - Lomé")

    def test_another_staff_member_becomes_the_manager(self):
        other = self.member("Yao")
        answer = self.put(self.of(self.lome), self.admin_token, sa_manager=other.id)
        self.assertEqual(answer.json["service_account"]["sa_manager"]["id"], other.id)
        answer = self.put(
            self.of(self.lome), self.admin_token, sa_manager=self.admin.id
        )
        self.assertEqual(answer.wrong, {"/sa_manager": "not_found"})

    def test_closing_asks_with_what_it_hides_and_ends_access(self):
        path = self.of(self.lome, "deactivate")
        answer = self.post(path, self.admin_token)
        self.assertEqual((answer.status, answer.code), (409, "confirm"))
        self.assertIn("1 Service Accounts", answer.json["error"])
        self.assertIn("2 members", answer.json["error"])
        self.ask(ACCOUNTS, self.agent_token, status=200)
        answer = self.post(path, self.admin_token, confirm=True)
        self.assertEqual(answer.json["service_account"]["state"], "inactive")
        self.ask(ACCOUNTS, self.agent_token, status=403)
        self.post(self.of(self.lome, "activate"), self.admin_token)
        self.ask(ACCOUNTS, self.agent_token, status=200)


@tagged("post_install", "-at_install")
class TestMembers(AccountsCase):
    def enroll(self, account, token="", key="", **body):
        return self.post(self.of(account, "enroll"), token, key, **body)

    def members(self, **params):
        path = self.of(self.lome, "members")
        answer = self.ask(path, self.agent_token, params=params, status=200).json
        return [row["employee"]["name"] for row in answer["members"]]

    def test_members_are_listed(self):
        self.assertEqual(self.members(), ["Kofi", "Esi"])
        self.assertEqual(self.members(role_code="agent"), ["Esi"])
        self.member("Yao").action_revoke()
        self.assertEqual(self.members(), ["Kofi", "Esi"])
        self.assertEqual(self.members(state="revoked"), ["Yao"])

    def test_enrolment_is_as_the_setup_guide_shows_it(self):
        answer = self.enroll(
            self.lome,
            self.lead_token,
            employee_id=self.new.id,
            role_code="staff",
            scope_policy="sa_wide",
        )
        self.assertEqual(answer.status, 201, answer.content)
        member = answer.json["member"]
        self.assertEqual(member["manager_member"]["id"], self.lead.id)
        self.assertEqual(member["person"]["id"], self.new.partner_id.id)
        self.assertEqual(member["assigned_by"]["id"], self.lead.person_partner_id.id)
        self.ask(ACCOUNTS, self.token_of(self.new), status=200)

    def test_agents_see_what_is_assigned_unless_told_otherwise(self):
        answer = self.enroll(self.lome, self.lead_token, employee_id=self.new.id)
        member = answer.json["member"]
        self.assertEqual(
            (member["role_code"], member["scope_policy"]), ("agent", "assigned_only")
        )

    def test_key_of_all_companies_makes_an_admin_as_the_setup_guide_shows_it(self):
        body = {"person_partner_id": self.new.partner_id.id, "role_code": "admin"}
        path = self.of(self.global_root, "members")
        key = self.key_with("accounts:write", "companies:all")
        answer = self.post(path, key=key, **body)
        self.assertEqual(answer.status, 201, answer.content)
        self.assertEqual(answer.json["member"]["role_code"], "admin")

    def test_key_of_one_company_makes_no_admin(self):
        body = {"person_partner_id": self.new.partner_id.id, "role_code": "admin"}
        key = self.key_with("accounts:write")
        answer = self.post(self.of(self.global_root, "members"), key=key, **body)
        self.assertEqual(answer.status, 403)

    def test_only_the_manager_and_admins_choose_members(self):
        other = self.token_of(self.member("Yao"))
        for token in (self.agent_token, other):
            answer = self.enroll(self.lome, token, employee_id=self.new.id)
            self.assertEqual(answer.status, 403)
            path = self.of(self.lome, "members", self.agent.id)
            self.ask(path, token, method="DELETE", status=403)
            self.assertEqual(self.put(path, token, role_code="staff").status, 403)
        head = self.token_of(self.member("Head", self.root))
        answer = self.enroll(self.lome, head, employee_id=self.new.id)
        self.assertEqual(answer.status, 404)
        answer = self.enroll(self.lome, self.admin_token, employee_id=self.new.id)
        self.assertEqual(answer.status, 201)

    def test_manager_makes_no_admin(self):
        answer = self.enroll(
            self.lome, self.lead_token, employee_id=self.new.id, role_code="admin"
        )
        self.assertEqual(answer.status, 422)
        self.assertIn("Role: Admin", answer.json["error"])

    def test_employee_of_another_company_is_absent(self):
        stranger = self.employee("Wanjiru", self.other_company)
        for name, id_ in (
            ("employee_id", stranger.id),
            ("person_partner_id", stranger.partner_id.id),
        ):
            answer = self.enroll(self.lome, self.lead_token, **{name: id_})
            self.assertEqual(answer.wrong, {f"/{name}": "not_found"})

    def test_one_of_the_two_ids_is_needed(self):
        ids = {
            "employee_id": self.new.id,
            "person_partner_id": self.new.partner_id.id,
        }
        for body in ({}, ids):
            answer = self.enroll(self.lome, self.lead_token, **body)
            self.assertEqual(answer.wrong, {"/employee_id": "required"})

    def test_manager_of_another_account_is_absent(self):
        other = self.member("Yao", self.kara)
        answer = self.enroll(
            self.lome,
            self.lead_token,
            employee_id=self.new.id,
            manager_member_id=other.id,
        )
        self.assertEqual(answer.wrong, {"/manager_member_id": "not_found"})

    def test_member_is_enrolled_once(self):
        answer = self.enroll(
            self.lome, self.lead_token, employee_id=self.agent.employee_id.id
        )
        self.assertEqual((answer.status, answer.code), (409, "already_member"))

    def test_revoked_member_is_out_on_the_next_request(self):
        path = self.of(self.lome, "members", self.agent.id)
        self.ask(ACCOUNTS, self.agent_token, status=200)
        answer = self.ask(path, self.lead_token, method="DELETE", status=200).json
        self.assertEqual(answer["member"]["state"], "revoked")
        self.ask(ACCOUNTS, self.agent_token, status=403)
        self.ask(path, self.lead_token, method="DELETE", status=409)

    def test_manager_of_others_is_replaced_before_it_leaves(self):
        path = self.of(self.lome, "members", self.lead.id)
        answer = self.ask(path, self.admin_token, method="DELETE", status=409)
        self.assertEqual(answer.code, "leads_others")

    def test_policy_of_a_member_changes(self):
        answer = self.put(
            self.of(self.lome, "members", self.agent.id),
            self.lead_token,
            scope_policy="assigned_plus_unassigned",
        )
        policy = answer.json["member"]["scope_policy"]
        self.assertEqual(policy, "assigned_plus_unassigned")

    def test_member_is_found_below_its_own_account_alone(self):
        path = self.of(self.root, "members", self.agent.id)
        self.ask(path, self.admin_token, method="DELETE", status=404)

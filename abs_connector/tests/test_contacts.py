from odoo.tests import tagged

from .api_common import AbsApiCase


@tagged("post_install", "-at_install")
class TestContacts(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.neighbour = cls.member("Afi", role="agent")
        cls.sibling = cls.member("Yao", cls.kara)
        cls.admin = cls.member("Ada", cls.global_root, role="admin")
        cls.token = cls.token_of(cls.agent)
        cls.marie = cls.held("Marie", actor=cls.agent.person_partner_id)

    @classmethod
    def held(cls, name, account=None, actor=None, access="binding", **vals):
        """Create a customer of a Service Account, Lomé's by default."""
        customer = cls.customer(name, **vals)
        customer._assign_to(account or cls.lome, actor, access)
        return customer

    def names(self, member, path="/contacts", **more):
        """Return the names that a member is shown."""
        answer = self.ask(path, self.token_of(member), status=200, **more)
        return [row["name"] for row in answer.json[path.strip("/")]]

    def register(self, token=None, account=None, status=201, key="", **body):
        """Create a contact over the API."""
        return self.ask(
            "/contacts",
            "" if key else token or self.token,
            key,
            account,
            method="POST",
            body={"name": "Kwame", **body},
            status=status,
        )

    def entries(self, customer):
        """Return who holds a customer: account, actor and state of each row."""
        rows = self.env["ov.sa_customer_assignment"].search(
            [("partner_id", "=", customer.id)], order="id"
        )
        return [(row.account_id, row.actor_id, row.state) for row in rows]

    # Creating

    def test_customer_of_an_agent_is_held_at_once_and_the_agent_acts_for_it(self):
        answer = self.register(phone="+228 90 00 00 00", email="kwame@example.com")
        created = self.env["res.partner"].browse(answer.json["partner_id"])
        mine = self.agent.person_partner_id
        self.assertEqual(self.entries(created), [(self.lome, mine, "active")])
        self.assertEqual(created.customer_rank, 1)
        self.assertEqual(created.company_id, self.company)
        row = answer.json["contact"]
        self.assertEqual(row["service_account"]["id"], self.lome.id)
        self.assertEqual((row["actor"]["id"], row["access"]), (mine.id, "binding"))
        self.assertEqual(row["phone"], "+228 90 00 00 00")

    def test_customer_of_staff_has_nobody_in_particular_unless_named(self):
        token = self.token_of(self.lead)
        answer = self.register(token)
        self.assertIsNone(answer.json["contact"]["actor"])
        mine = self.agent.person_partner_id
        answer = self.register(token, actor_id=mine.id)
        self.assertEqual(answer.json["contact"]["actor"]["id"], mine.id)

    def test_customer_of_staff_who_see_their_own_alone_is_theirs(self):
        self.lead.scope_policy = "assigned_only"
        token = self.token_of(self.lead)
        created = self.register(token).json["contact"]
        self.assertEqual(created["actor"]["id"], self.lead.person_partner_id.id)
        self.ask(f"/contacts/{created['id']}", token, status=200)

    def test_actor_who_is_no_member_there_is_refused(self):
        answer = self.register(actor_id=self.sibling.person_partner_id.id, status=422)
        self.assertIn(
            "Yao has no active membership in Togo - Lom", answer.json["error"]
        )
        answer = self.register(actor_id=2**31 - 2, status=422)
        self.assertIn("2147483646 has no active membership", answer.json["error"])

    def test_who_acts_in_several_accounts_names_one(self):
        self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "agent",
            }
        )
        self.assertEqual(self.register(status=400).code, "sa_required")
        answer = self.register(account=self.kara)
        account = answer.json["contact"]["service_account"]
        self.assertEqual(account["id"], self.kara.id)

    def test_admin_names_the_account_it_creates_in(self):
        token = self.token_of(self.admin)
        self.assertEqual(self.register(token, status=400).code, "sa_required")
        answer = self.register(token, account=self.kara)
        account = answer.json["contact"]["service_account"]
        self.assertEqual(account["id"], self.kara.id)

    def test_contact_of_a_key_is_held_by_nobody_and_no_member_sees_it(self):
        key = self.key_with("contacts:write", "contacts:read")
        answer = self.register(key=key)
        self.assertIsNone(answer.json["contact"]["service_account"])
        path = f"/contacts/{answer.json['partner_id']}"
        self.ask(path, key=key, status=200)
        self.ask(path, self.token_of(self.lead), status=404)
        self.ask(path, self.token_of(self.admin), status=200)

    def test_links_to_nothing_are_named(self):
        answer = self.register(country_id=999999, tag_ids=[999998], status=422)
        self.assertEqual(answer.wrong, {"/country_id": "not_found"})
        answer = self.register(tag_ids=[999998], status=422)
        self.assertIn("999998", answer.json["errors"][0]["message"])

    def test_unknown_keys_and_empty_names_are_refused(self):
        self.assertEqual(
            self.register(x_sa_id=1, status=422).wrong["/x_sa_id"], "unknown"
        )
        self.assertIn("/name", self.register(name="", status=422).wrong)

    # Seeing

    def test_list_has_what_the_policy_lets_see(self):
        self.held("Open")
        self.held("Elsewhere", self.kara)
        self.held("Afis", actor=self.neighbour.person_partner_id)
        self.assertEqual(self.names(self.agent), ["Marie"])
        self.assertEqual(self.names(self.lead), ["Afis", "Marie", "Open"])
        self.assertEqual(self.names(self.sibling), ["Elsewhere"])
        self.assertEqual(self.names(self.lead, "/customers")[0], "Afis")
        self.agent.scope_policy = "assigned_plus_unassigned"
        self.assertEqual(self.names(self.agent), ["Marie", "Open"])

    def test_colleagues_and_companies_are_no_customers(self):
        names = self.names(self.admin)
        self.assertIn("Marie", names)
        for other in ("Esi", "Oves Togo", "ABS API"):
            self.assertNotIn(other, names)
        me = self.agent.person_partner_id
        self.ask(f"/contacts/{me.id}", self.token, status=404)

    def test_contact_out_of_scope_is_as_absent_as_none(self):
        elsewhere = self.held("Elsewhere", self.kara)
        for path in ("", "/assignments"):
            self.ask(f"/contacts/{elsewhere.id}{path}", self.token, status=404)
        self.ask(f"/customers/{elsewhere.id}", self.token, status=404)
        for method in ("PUT", "DELETE"):
            body = {"city": "X"} if method == "PUT" else None
            self.ask(
                f"/contacts/{elsewhere.id}",
                self.token,
                method=method,
                body=body,
                status=404,
            )
        self.ask("/contacts/999999999", self.token, status=404)

    def test_revoked_membership_ends_access_with_the_next_request(self):
        self.ask(f"/contacts/{self.marie.id}", self.token, status=200)
        self.agent.action_revoke()
        self.ask(f"/contacts/{self.marie.id}", self.token, status=403)

    def test_shared_customer_shows_each_account_its_own_assignment(self):
        self.marie._assign_to(self.kara, access="access")
        path = f"/customers/{self.marie.id}"
        seen = self.ask(path, self.token_of(self.sibling), status=200).json["customer"]
        self.assertEqual(seen["service_account"]["id"], self.kara.id)
        self.assertEqual((seen["access"], seen["actor"]), ("access", None))
        seen = self.ask(path, self.token, status=200).json["customer"]
        self.assertEqual(seen["service_account"]["id"], self.lome.id)

    def test_filters_find_by_each_detail(self):
        self.held("Rose Adu", phone="123", ref="C-7", city="Kara")
        lead = self.lead
        for params in (
            {"q": "rose"},
            {"q": "C-7"},
            {"email": "ROSE ADU@customers.example.com"},
            {"phone": "123"},
            {"ref": "C-7"},
            {"unassigned": "true"},
        ):
            if "email" in params:
                self.marie.search([("name", "=", "Rose Adu")]).email = "rose@x.org"
                params = {"email": "ROSE@x.org"}
            with self.subTest(params=params):
                self.assertEqual(self.names(lead, params=params), ["Rose Adu"])
        mine = {"actor_id": self.agent.person_partner_id.id}
        self.assertEqual(self.names(lead, params=mine), ["Marie"])
        self.assertEqual(self.names(lead, params={"type": "company"}), [])
        self.assertEqual(self.names(lead, params={"q": "100%_"}), [])
        late = {"updated_since": "2999-01-01 00:00:00"}
        self.assertEqual(self.names(lead, params=late), [])

    def test_pages_follow_each_other_by_number_and_by_cursor(self):
        for number in range(5):
            self.held(f"Row {number}", city="Page")
        token = self.token_of(self.lead)
        params = {"limit": 2, "sort": "-name", "q": "Row"}
        seen = []
        while True:
            answer = self.ask("/contacts", token, params=params, status=200).json
            seen += [row["name"] for row in answer["contacts"]]
            if not answer["has_more"]:
                break
            params = {
                "limit": 2,
                "sort": "-name",
                "q": "Row",
                "cursor": answer["next_cursor"],
            }
        self.assertEqual(seen, [f"Row {number}" for number in range(4, -1, -1)])
        answer = self.ask(
            "/contacts", token, params={"page": 2, "limit": 2}, status=200
        )
        self.assertEqual((answer.json["total"], answer.json["page"]), (6, 2))

    def test_cursor_walks_what_several_accounts_hold_without_gap_or_repetition(self):
        """What is held here, there, in both, and by nobody in particular."""
        self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "agent",
                "scope_policy": "assigned_plus_unassigned",
            }
        )
        mine = self.agent.person_partner_id
        shown = self.marie
        for number in range(3):
            shown += self.held("Same", actor=mine)
            shown += self.held(f"There {number}", self.kara)
            both = self.held(f"Both {number}", self.kara, access="access")
            shown += both
            both._assign_to(self.lome)
            self.held(f"Nobody's {number}")
        for sort in ("name", "-name", "created", "-created"):
            with self.subTest(sort=sort):
                params = {"sort": sort, "limit": 4}
                whole = self.ask(
                    "/contacts", self.token, params={"sort": sort}, status=200
                )
                walked = []
                while True:
                    page = self.ask(
                        "/contacts", self.token, params=params, status=200
                    ).json
                    walked += page["contacts"]
                    if not page["has_more"]:
                        break
                    params["cursor"] = page["next_cursor"]
                self.assertEqual(walked, whole.json["contacts"])
                self.assertEqual({row["id"] for row in walked}, {*shown.ids})

    def test_rows_tell_the_tags_of_those_who_have_any(self):
        tags = self.env(su=True)["res.partner.category"].create(
            [{"name": "Wholesale"}, {"name": "Credit"}]
        )
        tagged = self.held("Tagged", category_id=[(6, 0, tags.ids)])
        plain = self.held("Plain")
        token = self.token_of(self.lead)
        rows = self.ask("/contacts", token, status=200).json["contacts"]
        names = {
            row["id"]: [tag["name"] for tag in row["tags"]]
            for row in rows
            if row["id"] in (tagged + plain).ids
        }
        self.assertEqual(names, {tagged.id: ["Credit", "Wholesale"], plain.id: []})

    def test_answer_tells_the_tags_that_were_just_given_or_taken(self):
        tag = self.env(su=True)["res.partner.category"].create({"name": "Credit"})
        given = [{"id": tag.id, "name": "Credit"}]
        created = self.register(tag_ids=tag.ids).json["contact"]
        self.assertEqual(created["tags"], given)
        for tag_ids, expected in (([], []), (tag.ids, given)):
            answer = self.ask(
                f"/contacts/{created['id']}",
                self.token,
                method="PUT",
                body={"tag_ids": tag_ids},
                status=200,
            )
            self.assertEqual(answer.json["contact"]["tags"], expected)

    def test_queries_do_not_grow_with_the_page(self):
        tag = self.env(su=True)["res.partner.category"].create({"name": "VIP"})
        for number in range(12):
            self.held(f"Row {number}", category_id=[(6, 0, tag.ids)])
        token = self.token_of(self.lead)
        counts = [
            self.ask("/contacts", token, params={"limit": limit}).entry["queries"]
            for limit in (12, 2, 12)
        ]
        self.assertEqual(counts[1], counts[2])

    # Changing

    def test_change_writes_what_is_named_and_null_empties_it(self):
        self.marie.write({"city": "Lomé", "phone": "1"})
        answer = self.ask(
            f"/contacts/{self.marie.id}",
            self.token,
            method="PUT",
            body={"phone": None, "type": "company"},
            status=200,
        )
        row = answer.json["contact"]
        self.assertEqual((row["phone"], row["city"]), (None, "Lomé"))
        self.assertEqual(row["type"], "company")

    def test_name_is_not_emptied(self):
        path = f"/contacts/{self.marie.id}"
        self.ask(path, self.token, method="PUT", body={"name": None}, status=422)

    def test_access_to_read_changes_nothing(self):
        self.marie._assign_to(self.kara, access="access")
        token = self.token_of(self.sibling)
        path = f"/contacts/{self.marie.id}"
        self.ask(path, token, method="PUT", body={"city": "X"}, status=403)
        self.ask(path, token, method="DELETE", status=403)
        self.ask(f"{path}/assign", token, method="POST", body={}, status=403)
        self.marie._assign_to(self.kara, access="assignment")
        self.ask(path, token, method="PUT", body={"city": "X"}, status=200)
        self.ask(path, token, method="DELETE", status=403)

    # Handing over

    def assign(self, token, status=200, customer=None, **body):
        """Assign a customer, Marie by default."""
        path = f"/contacts/{(customer or self.marie).id}/assign"
        return self.ask(path, token, method="POST", body=body, status=status)

    def test_reassigning_expires_the_row_and_opens_another(self):
        token = self.token_of(self.lead)
        mine, theirs = self.agent.person_partner_id, self.neighbour.person_partner_id
        self.assertTrue(self.assign(token, actor_id=theirs.id).json["changed"])
        self.assertFalse(self.assign(token, actor_id=theirs.id).json["changed"])
        self.assertEqual(
            self.entries(self.marie),
            [(self.lome, mine, "expired"), (self.lome, theirs, "active")],
        )
        self.assertEqual(self.names(self.agent), [])
        self.assertEqual(self.names(self.neighbour), ["Marie"])

    def test_assigning_to_nobody_in_particular(self):
        answer = self.assign(self.token_of(self.lead), actor_id=None)
        self.assertIsNone(answer.json["assignment"]["actor"])

    def test_assigning_to_an_account_takes_a_membership_there(self):
        token = self.token_of(self.lead)
        self.assign(token, account_id=self.kara.id, status=403)
        answer = self.assign(
            self.token_of(self.admin), account_id=self.kara.id, access="access"
        )
        self.assertEqual(answer.json["assignment"]["account"]["id"], self.kara.id)
        self.assertEqual(self.names(self.sibling), ["Marie"])

    def test_history_is_that_of_the_callers_accounts(self):
        self.marie._assign_to(self.kara)
        self.assign(self.token_of(self.lead), actor_id=None)
        path = f"/contacts/{self.marie.id}/assignments"
        rows = self.ask(path, self.token_of(self.lead), status=200).json["assignments"]
        self.assertEqual([row["state"] for row in rows], ["active", "expired"])
        self.assertEqual({row["account"]["id"] for row in rows}, {self.lome.id})
        rows = self.ask(path, self.token_of(self.admin), status=200).json["assignments"]
        self.assertEqual(len(rows), 3)

    # Archiving

    def test_archiving_ends_the_assignments_and_keeps_the_history(self):
        path = f"/contacts/{self.marie.id}"
        self.ask(path, self.token, method="DELETE", status=200)
        self.assertFalse(self.marie.active)
        self.assertEqual([row[2] for row in self.entries(self.marie)], ["expired"])
        self.ask(path, self.token, status=404)

    def test_customer_whom_others_hold_stays(self):
        self.marie._assign_to(self.kara)
        path = f"/contacts/{self.marie.id}"
        self.ask(path, self.token, method="DELETE", status=200)
        self.assertTrue(self.marie.active)
        self.assertEqual(self.names(self.sibling), ["Marie"])
        self.assertEqual(self.names(self.lead), [])

    def test_archiving_leaves_what_the_caller_may_only_read(self):
        self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "staff",
            }
        )
        self.marie._assign_to(self.kara, access="access")
        path = f"/contacts/{self.marie.id}"
        self.ask(path, self.token, method="DELETE", status=200)
        self.assertTrue(self.marie.active)
        states = {account: state for account, _actor, state in self.entries(self.marie)}
        self.assertEqual(states, {self.lome: "expired", self.kara: "active"})

    # Others

    def test_key_without_the_scope_is_refused(self):
        key = self.key_with("contacts:read")
        self.ask("/contacts", key=key, status=200)
        self.register(key=key, status=403)

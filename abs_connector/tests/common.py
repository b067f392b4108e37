"""A company with a small tree of Service Accounts, as a governance manager makes it."""

from odoo.tests import TransactionCase, new_test_user


class GovernanceCase(TransactionCase):
    """Togo with two sibling branches; who acts is a governance manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Oves Togo"})
        cls.other_company = cls.env["res.company"].create({"name": "Oves Kenya"})
        companies = cls.company + cls.other_company
        cls.manager = new_test_user(
            cls.env,
            login="governance_manager",
            groups="abs_connector.group_governance_manager,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, companies.ids)],
        )
        cls.env = cls.env(
            user=cls.manager,
            context={**cls.env.context, "allowed_company_ids": companies.ids},
        )
        cls.accounts = cls.env["ov.serviced_account"]
        cls.global_root = cls.env.ref("abs_connector.global_root")
        cls.root = cls.root_of(cls.company)
        cls.lome = cls.branch("Togo - Lomé", "TG-LOM", cls.root)
        cls.kara = cls.branch("Togo - Kara", "TG-KAR", cls.root)

    @classmethod
    def root_of(cls, company):
        """Return the root Service Account of a company."""
        return cls.accounts.search([("source_company_id", "=", company.id)])

    @classmethod
    def branch(cls, name, code, parent):
        """Create an active branch."""
        account = cls.accounts.create(
            {"name": name, "account_code": code, "parent_id": parent.id}
        )
        account.action_activate()
        return account

    @classmethod
    def employee(cls, name, company=None, **vals):
        """Create an employee of the API."""
        return cls.env["abs.employee"].create(
            {
                "name": name,
                "email": f"{name.lower()}@oves.example.com",
                "company_id": (company or cls.company).id,
                **vals,
            }
        )

    @classmethod
    def member(cls, name, account=None, role="staff", **vals):
        """Enrol a new employee in a Service Account, Lomé by default."""
        account = account or cls.lome
        company = account.company_id or cls.company
        return cls.env["ov.membership"].create(
            {
                "employee_id": cls.employee(name, company).id,
                "account_id": account.id,
                "role_code": role,
                **vals,
            }
        )

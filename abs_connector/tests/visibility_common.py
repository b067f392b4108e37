"""Records of every governed kind, and who asks for them."""

from odoo.tests import new_test_user

from ..tools.member import with_member
from .common import GovernanceCase

KINDS = (
    "res.partner",
    "sale.order",
    "stock.picking",
    "account.move",
    "account.payment",
)
#: What a seller with all of the usual rights has in Odoo.
WEB_GROUPS = (
    "base.group_partner_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_user",
    "account.group_account_invoice",
    "abs_connector.group_sa_governed",
)


class VisibilityCase(GovernanceCase):
    """Two companies; what they have is nobody's, until a test assigns it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = cls.company + cls.other_company
        cls.system = cls.env(su=True)
        cls.let_api_reach_all_kinds()
        cls.other_root = cls.root_of(cls.other_company)
        for account in (cls.lome, cls.kara, cls.root, cls.other_root):
            cls.member(f"Head.{account.id}", account)

    @classmethod
    def let_api_reach_all_kinds(cls):
        """Give the API's user the access that the endpoints of each kind will."""
        group = cls.system.ref("abs_connector.group_api")
        cls.system["ir.model.access"].create(
            [
                {
                    "name": f"API on {kind}",
                    "model_id": cls.system["ir.model"]._get_id(kind),
                    "group_id": group.id,
                    **dict.fromkeys(
                        ("perm_read", "perm_write", "perm_create", "perm_unlink"), True
                    ),
                }
                for kind in KINDS
            ]
        )

    @classmethod
    def api_env(cls, member, companies=None):
        """Return the environment in which the API works for a member."""
        ids = (companies or cls.company).ids
        user = cls.system.ref("abs_connector.user_api")
        env = cls.env(user=user, su=False, context={"allowed_company_ids": ids})
        return with_member(env, member)

    @classmethod
    def env_of(cls, *memberships):
        """Return the environment in which the API works for their employee."""
        employee = memberships[0].employee_id
        member = cls.env["ov.membership"]._member_of(employee)
        return cls.api_env(member, memberships[0].account_id.company_id or cls.company)

    @classmethod
    def web_user(cls, login, employee=None, groups=WEB_GROUPS):
        """Create a user of both companies, for an employee."""
        user = new_test_user(
            cls.system,
            login=login,
            groups=",".join(groups),
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.companies.ids)],
        )
        if employee:
            employee.sudo().write({"partner_id": user.partner_id, "user_id": user})
        return user

    @classmethod
    def customer(cls, name, **vals):
        """Create a customer of no company, whom nobody holds."""
        return cls.system["res.partner"].create(
            {"name": name, "customer_rank": 1, **vals}
        )

    @classmethod
    def order(cls, partner, **vals):
        """Create an order without lines."""
        company = vals.pop("company", cls.company)
        return (
            cls.system["sale.order"]
            .with_company(company)
            .create({"partner_id": partner.id, "company_id": company.id, **vals})
        )

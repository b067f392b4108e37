"""Gives a demo database its Service Accounts, people, customers and orders.

Afterwards two branches of the company have a manager and agents who log in to the API,
customers and orders held by them, and a few records that nobody holds. Playing again
changes nothing.
"""

import logging

from odoo.tools import convert_file

_logger = logging.getLogger(__name__)

MODULE = "abs_connector"
#: With which everybody logs in to the API of the demo.
PASSWORD = "demo of the API"
#: name, Service Account, role and policy; who leads comes first
PEOPLE = (
    ("Ada Admin", "OVGLOBAL-ROOT", "admin", "sa_wide"),
    ("Kofi Manager", "TG-LOM", "staff", "sa_wide"),
    ("Esi Agent", "TG-LOM", "agent", "assigned_only"),
    ("Afi Agent", "TG-LOM", "agent", "assigned_plus_unassigned"),
    ("Yao Manager", "TG-KAR", "staff", "sa_wide"),
)
#: name, city, Service Account, and who acts
CUSTOMERS = (
    ("Marie Mensah", "Lomé", "TG-LOM", "Esi Agent"),
    ("Kwame Boateng", "Lomé", "TG-LOM", "Esi Agent"),
    ("Akosua Lawson", "Aného", "TG-LOM", "Afi Agent"),
    ("Clinique du Lac", "Lomé", "TG-LOM", None),
    ("Koffi Adjei", "Kara", "TG-KAR", None),
    ("Lycée de Sokodé", "Sokodé", "TG-KAR", "Yao Manager"),
    ("Rose Amegah", "Atakpamé", None, None),
)
#: customer, and how far its order goes
ORDERS = (
    ("Marie Mensah", "paid"),
    ("Kwame Boateng", "confirmed"),
    ("Akosua Lawson", "invoiced"),
    ("Clinique du Lac", "quoted"),
    ("Koffi Adjei", "confirmed"),
    ("Rose Amegah", "quoted"),
)


def play(env, say=_logger.info):
    """Play the story once.

    :param env: environment of the superuser
    :param say: called with a sentence for each step
    """
    if not env.ref(f"{MODULE}.user_manager", raise_if_not_found=False):
        # The database was made without demo data.
        convert_file(env, MODULE, "demo/abs_demo.xml", None, mode="init", noupdate=True)
    Story(env, say).play()


class Story:
    """One run of the story.

    :param env: environment of the superuser
    :param say: called with a sentence for each step
    """

    def __init__(self, env, say):
        self.company = env.ref("base.main_company")
        self.env = env(context={**env.context, "allowed_company_ids": self.company.ids})
        self.say = say

    def play(self):
        """Make branches, enrol people, and sell."""
        if self.env["abs.employee"].search_count([("name", "=", "Esi Agent")]):
            self.say("The story of the Service Accounts was played before.")
            return
        self.branch("Togo - Lomé", "TG-LOM")
        self.branch("Togo - Kara", "TG-KAR")
        self.enrol()
        self.customers = {row[0]: self.customer(*row) for row in CUSTOMERS}
        for name, stage in ORDERS:
            order = self.sell(self.customers[name], stage)
            holder = order.x_sa_id.name or "nobody"
            self.say(f"{order.name} of {name}: {stage}, held by {holder}.")

    def account(self, code):
        return self.env["ov.serviced_account"].search([("account_code", "=", code)])

    def branch(self, name, code):
        """Open a branch below the company's root."""
        accounts = self.env["ov.serviced_account"]
        root = accounts.search([("source_company_id", "=", self.company.id)])
        accounts.create(
            {"name": name, "account_code": code, "parent_id": root.id}
        ).action_activate()

    def enrol(self):
        """Hire everybody, with the same password."""
        users = {"Esi Agent": self.env.ref(f"{MODULE}.user_agent").id}
        for name, code, role, policy in PEOPLE:
            employee = self.env["abs.employee"].create(
                {
                    "name": name,
                    "email": f"{name.replace(' ', '.').lower()}@reyder.example.com",
                    "company_id": self.company.id,
                    "password": PASSWORD,
                    "user_id": users.get(name),
                }
            )
            self.env["ov.membership"].create(
                {
                    "employee_id": employee.id,
                    "account_id": self.account(code).id,
                    "role_code": role,
                    "scope_policy": policy,
                }
            )
        self.say(f"{len(PEOPLE)} people log in to the API with “{PASSWORD}”.")

    def customer(self, name, city, code, actor):
        """Register a customer, held by a Service Account or by nobody."""
        customer = self.env["res.partner"].create(
            {
                "name": name,
                "city": city,
                "email": f"{name.split()[0].lower()}@customers.example.com",
                "customer_rank": 1,
                "company_id": self.company.id,
            }
        )
        if code:
            employee = self.env["abs.employee"].search([("name", "=", actor)])
            customer._assign_to(self.account(code), employee.partner_id)
        return customer

    def sell(self, customer, stage):
        """Quote a kit with its installation, and go on from there."""
        products = ("product_kit", "product_installation")
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "company_id": self.company.id,
                "order_line": [
                    (0, 0, {"product_id": self.env.ref(f"{MODULE}.{name}").id})
                    for name in products
                ],
            }
        )
        if stage != "quoted":
            order.action_confirm()
        if stage in ("invoiced", "paid"):
            order._create_invoices().action_post()
        if stage == "paid":
            self.pay(order.invoice_ids)
        return order

    def pay(self, invoices):
        """Register the payment of invoices."""
        payments = self.env["account.payment.register"]
        payments.with_context(
            active_model="account.move", active_ids=invoices.ids
        ).create({}).action_create_payments()

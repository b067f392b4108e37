"""What the tests of this addon share: events written as the login path writes them."""

from odoo.tests import TransactionCase

from ..tools.client import Client
from ..tools.record import Event, insert

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


class LoginAuditCase(TransactionCase):
    """A transaction in which events can be written, and rolled back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.audit = cls.env["fusion.login.audit"]
        cls.user = cls.env["res.users"].create(
            {
                "name": "Ada Audit",
                "login": "ada@example.com",
                "email": "ada@example.com",
            }
        )

    @classmethod
    def event(cls, result="success", login="ada@example.com", ip="203.0.113.7", **more):
        """Write one event and return its record.

        :param more: `at` (datetime, now when absent), `agent`, and fields of `Event`
        """
        at = more.pop("at", None)
        agent = more.pop("agent", CHROME)
        written = insert(cls.env.cr, Event(result, login, Client(ip, agent), **more))
        row_id = written["id"]
        if at:
            cls.env.cr.execute(
                "UPDATE fusion_login_audit SET event_time = %s WHERE id = %s",
                [at, row_id],
            )
        cls.env.invalidate_all()
        return cls.audit.browse(row_id)

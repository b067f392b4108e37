from contextlib import contextmanager

from odoo.exceptions import UserError

from .common import PaymentCase


class LockCase(PaymentCase):
    """A call that is refused changes nothing, as for a user whose request fails."""

    @contextmanager
    def refused(self, pattern):
        """Expect a refusal, and take back what was done before it.

        :param str pattern: what it says
        """
        with self.assertRaisesRegex(UserError, pattern), self.env.cr.savepoint():
            yield

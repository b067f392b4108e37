from odoo import _, models
from odoo.exceptions import AccessError, UserError, ValidationError

_REFUSALS = (UserError, AccessError, ValidationError)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def action_batch_submit(self):
        """Submit many payments.

        :return: action that shows what became of each
        """
        return self._take_each("action_submit", _("Submit for Review"))

    def action_batch_review(self):
        """Review many payments.

        :return: action that shows what became of each
        """
        return self._take_each("action_review", _("Review"))

    def action_batch_approve(self):
        """Approve many payments.

        :return: action that shows what became of each
        """
        return self._take_each("action_approve", _("Approve"))

    def action_batch_recall(self):
        """Recall many payments.

        :return: action that shows what became of each
        """
        return self._take_each("action_recall", _("Recall"))

    def action_batch_post(self):
        """Post many payments; without control as Odoo does, all or none.

        :return: action that shows what became of each
        """
        if not any(self.mapped("payment_control")):
            return self.action_post()
        return self._take_each("action_post", _("Post"))

    def _take_each(self, step, title):
        """Take a step of each payment; one that is refused does not hold up the others.

        :param str step: name of the method
        :param str title: of the dialog
        :return: action that shows what became of each
        """
        lines = self._try_all(step) or [self._try_one(one, step) for one in self]
        result = self.env["payment.batch.result"].create(
            {"line_ids": [(0, 0, line) for line in lines]}
        )
        return result._open(title)

    def _try_all(self, step):
        """Take a step of all at once, which is the quick way when nothing is refused.

        :return: list of results; None when one is refused, and then nothing was done
        """
        try:
            with self.env.cr.savepoint():
                getattr(self, step)()
        except _REFUSALS:
            return None
        return [{"payment_id": payment.id, "done": True} for payment in self]

    def _try_one(self, payment, step):
        try:
            with self.env.cr.savepoint():
                getattr(payment, step)()
        except _REFUSALS as error:
            return {
                "payment_id": payment.id,
                "done": False,
                "message": error.args[0],
            }
        return {"payment_id": payment.id, "done": True}

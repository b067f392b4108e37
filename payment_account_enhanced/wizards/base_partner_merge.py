from odoo import _, api, models


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Merge, and send back the payments that nobody reviewed for whom they now pay.

        Odoo does it in SQL, so that no lock of a payment is asked.
        """
        payments = (
            self.env["account.payment"]
            # Who merges contacts may not see their payments.
            .sudo()
            .search([("partner_id", "in", src_partners.ids)])
            .filtered("payment_control")
        )
        reason = _(
            "%(old)s is merged into %(new)s.",
            old=", ".join(src_partners.mapped("display_name")),
            new=dst_partner.display_name,
        )
        res = super()._update_foreign_keys(src_partners, dst_partner)
        payments.invalidate_recordset()
        payments.filtered(lambda one: one._is_waiting())._send_back(reason)
        posted = payments.filtered("is_posted")
        posted._log_decision("merge", reason, before=posted._states())
        return res

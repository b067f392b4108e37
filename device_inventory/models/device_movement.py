from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import is_internal


class DeviceMovement(models.Model):
    """Audit row for each physical or custody change; written, never changed."""

    _name = "device.movement"
    _description = "Device Movement"
    _order = "id desc"
    _rec_name = "lot_id"

    lot_id = fields.Many2one("stock.lot", "Device", required=True, index=True)
    product_id = fields.Many2one(related="lot_id.product_id")
    custody_id = fields.Many2one("device.custody", index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True, index=True)
    movement_type = fields.Selection(
        [
            ("receipt", "Received"),
            ("qc_in", "Handed to QC"),
            ("qc_session", "QC Session"),
            ("qc_complete", "QC Completed"),
            ("qc_failed", "QC Failed"),
            ("qc_reset", "QC Reset"),
            ("allocate", "Allocated"),
            ("release", "Released"),
            ("pack", "Packed"),
            ("unpack", "Unpacked"),
            ("ship", "Shipped"),
            ("return", "Returned"),
            ("settle", "Settled"),
            ("status", "Status Repaired"),
            ("override", "Gate Overridden"),
        ],
        required=True,
        index=True,
    )
    old_value = fields.Char("From")
    new_value = fields.Char("To")
    reference = fields.Char("Document")
    note = fields.Char()
    user_id = fields.Many2one("res.users", required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    @api.model
    def _log(self, movement_type, custodies, **vals):
        """Write one row for each custody cycle.

        :param str movement_type: key of :attr:`movement_type`
        :param custodies: `device.custody` recordset
        :param vals: further values, the same for every row
        """
        # Every role that may cause a transition leaves its trace; nobody writes here
        # by hand, hence no role has create rights.
        return self.sudo().create(
            [
                {
                    "movement_type": movement_type,
                    "lot_id": custody.lot_id.id,
                    "custody_id": custody.id,
                    "company_id": custody.company_id.id,
                    "user_id": self.env.uid,
                    **vals,
                }
                for custody in custodies
            ]
        )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("Movement history cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not is_internal(self):
            raise UserError(self.env._("Movement history cannot be deleted."))

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .guard import check_protected, internal

MANAGER_GROUPS = ("stock.group_stock_manager", "sales_team.group_sale_manager")


class DeviceGateOverride(models.Model):
    """A manager's reasoned exception from the sale-readiness gate, for one cycle."""

    _name = "device.gate.override"
    _description = "Gate Override"
    _order = "id desc"
    _rec_name = "lot_id"

    custody_id = fields.Many2one("device.custody", required=True, index=True)
    lot_id = fields.Many2one("stock.lot", "Device", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    rules = fields.Char(required=True, help="The rules that were not met.")
    reason = fields.Text(required=True)
    reference = fields.Char("Document")
    user_id = fields.Many2one("res.users", required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    @api.model
    def _grant(self, custodies, reason, document=None):
        """Let devices pass the gate although a rule is not met.

        :param custodies: `device.custody` recordset
        :param str reason: why; required
        :param document: record whose chatter records the exception
        :raises AccessError: when the user is no sales or inventory manager
        :raises UserError: when the reason is empty
        """
        if not any(self.env.user.has_group(group) for group in MANAGER_GROUPS):
            raise AccessError(
                self.env._(
                    "Only a sales or inventory manager may override the QC and "
                    "cost gate."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("An override needs a reason."))
        failures = custodies._get_gate_failures(ignore_overrides=True)
        reference = document.display_name if document else False
        overrides = internal(self).create(
            [
                {
                    "custody_id": custody.id,
                    "lot_id": custody.lot_id.id,
                    "company_id": custody.company_id.id,
                    "rules": "; ".join(rules),
                    "reason": reason,
                    "reference": reference,
                    "user_id": self.env.uid,
                }
                for custody, rules in failures.items()
            ]
        )
        self.env["device.movement"]._log(
            "override", overrides.custody_id, reference=reference, note=reason
        )
        if document and overrides:
            document.message_post(body=overrides._override_message())
        return overrides

    def _override_message(self):
        return self.env._(
            "Gate overridden for %(imeis)s. Reason: %(reason)s",
            imeis=", ".join(self.lot_id.mapped("name")),
            reason=self[:1].reason,
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, set(vals))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("An override is a record of a decision and cannot be changed.")
        )


class DeviceCustody(models.Model):
    _inherit = "device.custody"

    def _get_gate_failures(self, ignore_overrides=False):
        """Which rules of the sale-readiness gate are not met.

        :param bool ignore_overrides: also report devices with a manager's exception
        :return: dict of `device.custody` to a list of sentences; those that pass are
            absent
        """
        overridden = self.browse()
        if not ignore_overrides:
            # Whoever packs or sells profits from the exception without reading it.
            overridden = (
                self.env["device.gate.override"]
                .sudo()
                .search([("custody_id", "in", self.ids)])
                .custody_id
            )
        failures = {}
        for custody in self:
            rules = custody._list_gate_failures()
            if rules and custody.id not in overridden._ids:
                failures[custody] = rules
        return failures

    def _list_gate_failures(self):
        self.ensure_one()
        lot = self.lot_id
        rules = []
        if lot.qc_status != "qc_complete":
            labels = dict(lot._fields["qc_status"]._description_selection(self.env))
            rules.append(
                self.env._("QC is %(status)s", status=labels.get(lot.qc_status, "-"))
            )
        if self.accounting_mode == "own" and self.purchase_cost <= 0:
            rules.append(self.env._("it has no purchase cost"))
        if lot.carrier_check == "blacklisted":
            rules.append(self.env._("the carrier has blacklisted it"))
        if lot.icloud_status == "on":
            rules.append(self.env._("its activation lock is on"))
        if lot.mdm_status == "present":
            rules.append(self.env._("it is still under device management (MDM)"))
        return rules

    def _check_gate(self, action):
        """Refuse devices that are not ready for sale.

        :param str action: what was about to happen, for the message
        :raises UserError: naming each device and rule, and who may override
        """
        failures = self._get_gate_failures()
        if not failures:
            return
        lines = [
            self.env._(
                "- %(imei)s: %(rules)s", imei=c.lot_id.name, rules=", ".join(rules)
            )
            for c, rules in list(failures.items())[:20]
        ]
        if len(failures) > 20:
            lines.append(self.env._("… and %(count)s more", count=len(failures) - 20))
        raise UserError(
            self.env._(
                "%(action)s refused, %(count)s device(s) are not ready for sale:\n"
                "%(lines)s\n\nA sales or inventory manager can override this with a "
                "reason.",
                action=action,
                count=len(failures),
                lines="\n".join(lines),
            )
        )

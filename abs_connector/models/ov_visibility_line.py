"""Lines are seen and changed with the governed record that they belong to."""

from odoo import api, fields, models

from ..compat import TRUE, some
from ..tools.member import KEY
from ..tools.visibility import answered, of_system
from .ov_visibility import CHANGES


class OvGovernedLineMixin(models.AbstractModel):
    """A record of another one: `_governed_by` names the field."""

    _name = "ov.governed.line.mixin"
    _description = "Line of a Governed Record"
    _governed_by = None

    x_is_visible = fields.Boolean(
        "Is Visible",
        compute="_compute_x_is_visible",
        search="_search_x_is_visible",
        help="Whoever asks may see it, as what it belongs to.",
    )
    x_is_changeable = fields.Boolean(
        "Is Changeable",
        compute="_compute_x_is_changeable",
        search="_search_x_is_changeable",
        help="Whoever asks may change it, as what it belongs to.",
    )

    @api.depends(lambda self: self._governed_depends())
    @api.depends_context("uid", KEY)
    def _compute_x_is_visible(self):
        self._mark_as_whole("x_is_visible")

    @api.depends(lambda self: self._governed_depends())
    @api.depends_context("uid", KEY)
    def _compute_x_is_changeable(self):
        self._mark_as_whole("x_is_changeable")

    def _governed_depends(self):
        return (self._governed_by,) if self._governed_by else ()

    def _mark_as_whole(self, name):
        for line in self:
            whole = line.sudo()[self._governed_by]
            line[name] = not whole or whole[name]

    def _search_x_is_visible(self, operator, value):
        return self._as_whole(
            operator, value, lambda whole, member: whole._domain_visible(member)
        )

    def _search_x_is_changeable(self, operator, value):
        return self._as_whole(
            operator,
            value,
            lambda whole, member: whole._domain_with_access(member, CHANGES),
        )

    def _as_whole(self, operator, value, domain):
        """Return the domain of a condition on one of the fields.

        :param domain: callable that gives the domain of the records that lines are of
        """
        whole = self.env[self._fields[self._governed_by].comodel_name]
        member = whole._bound_member()
        if member is None:
            return answered(self, operator, value, TRUE)
        wholes = of_system(whole)._search(domain(whole, member))
        parts = [[(self._governed_by, "in", wholes)], [(self._governed_by, "=", False)]]
        return answered(self, operator, value, some(parts))


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "ov.governed.line.mixin"]
    _governed_by = "order_id"


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["stock.move", "ov.governed.line.mixin"]
    _governed_by = "picking_id"


class StockMoveLine(models.Model):
    _name = "stock.move.line"
    _inherit = ["stock.move.line", "ov.governed.line.mixin"]
    _governed_by = "picking_id"


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "ov.governed.line.mixin"]
    _governed_by = "move_id"

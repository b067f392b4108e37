from odoo import models

from .guard import INTERNAL
from .stock_quant import OWNERLESS


class StockMove(models.Model):
    _inherit = "stock.move"

    def _compute_display_assign_serial(self):
        """Consecutive IMEIs mostly fail their check digit: do not offer them."""
        result = super()._compute_display_assign_serial()
        for move in self.filtered("product_id.is_device"):
            move.display_assign_serial = False
        return result

    def _update_reserved_quantity(
        self,
        need,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        """Reserve devices from allocations only, and no other owner's goods.

        The steps of a chain pass everything in its place, hence the whole signature.

        :param float need: quantity wanted, in the product's unit
        :param location_id: `stock.location` to take from
        :return: quantity that was reserved
        """
        if self.product_id.is_device and not lot_id:
            return self._reserve_allocated_devices(need, location_id)
        if self._takes_only_own_goods(owner_id):
            self = self.with_context(**{OWNERLESS: INTERNAL})
        return super()._update_reserved_quantity(
            need, location_id, lot_id, package_id, owner_id, strict
        )

    def _takes_only_own_goods(self, owner):
        """Whether a reservation must leave the goods of other owners alone."""
        return (
            not owner
            and not self.restrict_partner_id
            and not self.product_id.is_device
            and self.location_dest_id.usage not in ("internal", "transit", "view")
        )

    def _reserve_allocated_devices(self, need, location):
        """Reserve the lots allocated to this move's order line, each with its owner.

        :return: number of devices reserved
        """
        allocations = self._get_allocations_to_reserve()
        quants = self._get_free_device_quants(allocations.lot_id, location)
        quants = quants[: max(int(need), 0)]
        if quants:
            self.env["stock.move.line"].create(
                [
                    self._prepare_move_line_vals(quantity=1, reserved_quant=quant)
                    for quant in quants
                ]
            )
        return len(quants)

    def _get_allocations_to_reserve(self):
        # The reservation also runs for users who may not read allocations.
        return (
            self.env["sale.order.line.device"]
            .sudo()
            .search(
                [
                    ("sale_order_line_id", "=", self.sale_line_id.id),
                    ("sale_order_line_id", "!=", False),
                    ("state", "in", ("allocated", "picked")),
                    ("lot_id", "not in", self.move_line_ids.lot_id.ids),
                ],
                order="id",
            )
        )

    def _get_free_device_quants(self, lots, location):
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search(
                [
                    ("lot_id", "in", lots.ids),
                    ("product_id", "=", self.product_id.id),
                    ("location_id", "child_of", location.id),
                    ("quantity", ">", 0),
                ]
            )
        )
        return quants.filtered(lambda q: q.reserved_quantity < q.quantity)

    def _action_synch_order(self):
        """Let a product that was not ordered onto the purchase order (19.0 only)."""
        if any(self.product_id.mapped("is_device")):
            # The warehouse receives an unexpected model; the order is the buyer's.
            self = self.sudo()
        return super()._action_synch_order()

from odoo import api, fields, models
from odoo.tools import SQL


class OvSaDeliveryAssignment(models.Model):
    _name = "ov.sa_delivery_assignment"
    _description = "Delivery of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "picking_id"
    _rec_name = "picking_id"
    _source_fields = {
        "stock.picking": [
            "sale_id",
            "backorder_id",
            "return_id",
            "location_id",
            "location_dest_id",
        ],
        "stock.move": [
            "picking_id",
            "sale_line_id",
            "origin_returned_move_id",
            "state",
        ],
        "sale.order.line": ["order_id"],
    }

    picking_id = fields.Many2one(
        "stock.picking", "Delivery", required=True, readonly=True, ondelete="cascade"
    )

    def _sources(self):
        """The transfer that it returns, else its orders, else its neighbours.

        Neighbours are the transfer that it continues, and those that its moves feed:
        a step of a route may know no order. What a supplier sends is no delivery
        unless it goes straight to a customer.
        """
        return SQL(
            """
            SELECT link.picking_id AS record_id, 1 AS rank, held.account_id,
                   held.actor_id, held.access
              FROM (
                   SELECT picking.id AS picking_id, picking.return_id AS source_id
                     FROM wanted JOIN stock_picking picking ON picking.id = wanted.id
                    WHERE picking.return_id IS NOT NULL
                    UNION
                   SELECT move.picking_id, returned.picking_id
                     FROM wanted
                     JOIN stock_move move ON move.picking_id = wanted.id
                     JOIN stock_move returned
                       ON returned.id = move.origin_returned_move_id) link
              JOIN ov_sa_delivery_assignment held
                ON held.picking_id = link.source_id AND held.state = 'active'
             UNION ALL
            SELECT link.picking_id, 2, held.account_id, held.actor_id, held.access
              FROM (
                   SELECT picking.id AS picking_id, picking.sale_id AS order_id
                     FROM wanted JOIN stock_picking picking ON picking.id = wanted.id
                     JOIN stock_location origin ON origin.id = picking.location_id
                     JOIN stock_location target ON target.id = picking.location_dest_id
                    WHERE picking.sale_id IS NOT NULL
                      AND (origin.usage != 'supplier' OR target.usage = 'customer')
                    UNION
                   SELECT move.picking_id, line.order_id
                     FROM wanted
                     JOIN stock_move move ON move.picking_id = wanted.id
                     JOIN sale_order_line line ON line.id = move.sale_line_id
                     JOIN stock_location origin ON origin.id = move.location_id
                     JOIN stock_location target ON target.id = move.location_dest_id
                    WHERE move.state != 'cancel'
                      AND (origin.usage != 'supplier' OR target.usage = 'customer')
                   ) link
              JOIN ov_sa_sale_order_assignment held
                ON held.order_id = link.order_id AND held.state = 'active'
             UNION ALL
            SELECT link.picking_id, 3, held.account_id, held.actor_id, held.access
              FROM (
                   SELECT picking.id AS picking_id, picking.backorder_id AS source_id
                     FROM wanted JOIN stock_picking picking ON picking.id = wanted.id
                    WHERE picking.sale_id IS NULL AND picking.backorder_id IS NOT NULL
                    UNION
                   SELECT picking.id, fed.picking_id
                     FROM wanted JOIN stock_picking picking ON picking.id = wanted.id
                     JOIN stock_location origin ON origin.id = picking.location_id
                     JOIN stock_move move ON move.picking_id = picking.id
                     JOIN stock_move_move_rel chain ON chain.move_orig_id = move.id
                     JOIN stock_move fed ON fed.id = chain.move_dest_id
                    WHERE picking.sale_id IS NULL AND origin.usage != 'supplier') link
              JOIN ov_sa_delivery_assignment held
                ON held.picking_id = link.source_id AND held.state = 'active'
            """
        )


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "ov.governed.mixin"]
    _ledger = "ov.sa_delivery_assignment"
    _has_open = True
    _kind_fields = ("company_id", "sale_id")
    _lines = ("stock.move", "stock.move.line")

    @api.model
    def _domain_open(self):
        """Receipts, adjustments and whatever else knows no order, and nobody holds."""
        return [("sale_id", "=", False), ("x_sa_id", "=", False)]

    @api.model
    def _domain_of_customer(self, partner_id):
        return [("sale_id.partner_id", "=", partner_id)]

    def _open_of_orders(self, orders):
        """Return the transfers of orders that are neither done nor cancelled."""
        return self.search(
            [
                ("state", "not in", ("done", "cancel")),
                "|",
                ("sale_id", "in", orders.ids),
                ("move_ids.sale_line_id.order_id", "in", orders.ids),
            ]
        )

    def _create_backorder(self, backorder_moves=None):
        """Create what is left over; it is held as what it continues."""
        backorders = super()._create_backorder(backorder_moves)
        backorders._inherit_governance()
        return backorders


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_confirm(self, *args, **kwargs):
        """Confirm; here every move has found its transfer, whoever made it."""
        moves = super()._action_confirm(*args, **kwargs)
        moves.picking_id._inherit_governance()
        return moves

from odoo import api, fields, models

from .compat import move_vals


class SampleNote(models.Model):
    _name = "sample.note"
    _description = "Sample Note"
    _order = "name, id"

    name = fields.Char(required=True)
    rate = fields.Float(digits="Product Unit of Measure")
    order_id = fields.Many2one("sale.order", auto_join=True)
    line_id = fields.Many2one("sale.order.line", domain=[("tax_id", "!=", False)])
    line_uom_id = fields.Many2one(related="line_id.product_uom")
    tax_count = fields.Integer(compute="_compute_tax_count")
    package_id = fields.Many2one("stock.quant.package")
    group_id = fields.Many2one("res.groups")

    _sql_constraints = [
        ("name_unique", "UNIQUE(name)", "Two notes may not share a name."),
        # Rates count downwards from one.
        (
            "rate_range",
            "CHECK(rate >= 0 AND rate <= 1)",
            "A rate lies between zero and one.",
        ),
    ]

    @api.depends("order_id.order_line.tax_id", "line_id.product_uom")
    def _compute_tax_count(self):
        for note in self:
            note.tax_count = len(note.order_id.order_line.tax_id)

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """Search names as core does."""
        args = list(args or [])
        return super().name_search(name, args=args, operator=operator, limit=limit)

    def readers(self):
        """Return the users of the note's group, also by implication."""
        self.ensure_one()
        return self.group_id.users | self.env["res.users"].search(
            [("groups_id", "in", self.group_id.ids)]
        )

    def admit(self, user):
        """Put a user into the note's group."""
        user.write({"groups_id": [fields.Command.link(self.group_id.id)]})
        return user.has_group("base.group_user")

    def quote(self, partner, product):
        """Return a quotation over one piece without taxes."""
        vals = {
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "tax_id": False,
        }
        return self.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [fields.Command.create(vals)]}
        )

    def buy(self, partner, product):
        """Return a purchase order over one piece."""
        order = self.env["purchase.order"].create(
            {
                "partner_id": partner.id,
                "notes": "Terms",
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_uom": product.uom_id.id,
                            "taxes_id": [(5,)],
                        },
                    )
                ],
            }
        )
        for line in order.order_line:
            line.product_uom = product.uom_id
        return order

    def move(self, product, source, target):
        """Return a draft move; its unit is spelt the same in every series."""
        move = self.env["stock.move"].create(
            move_vals(
                self.name,
                {
                    "product_id": product.id,
                    "product_uom": product.uom_id.id,
                    "product_uom_qty": 1,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                },
            )
        )
        assert move.product_uom == product.uom_id
        return move

    def uses_periodic_valuation(self, product):
        """Tell whether nothing is posted when the product moves."""
        return product.valuation == "manual_periodic"

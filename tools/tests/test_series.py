"""The renderer of series: every row of its table, and what a run promises."""

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import series
from series_table import SERIES, Forbidden, Gone, Literal, Rename, Step
from series_text import SeriesError

TOOLS = Path(__file__).resolve().parents[1]
SAMPLES = Path(__file__).parent / "data" / "series"
MANIFEST = '{"name": "A", "version": "18.0.1.0.0", "category": "Sales/Sales"}\n'
ROWS = SERIES["19.0"].rows


def write(source, files):
    """Write an addon ``addon`` with these files below a source folder."""
    for name, content in {"__manifest__.py": MANIFEST, **files}.items():
        path = source / "addon" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def rendered(tmp_path, content, name="models/thing.py", **more):
    """Return what one file of an addon becomes for 19.0."""
    write(tmp_path / "source", {name: content, **more})
    series.render(tmp_path / "source", tmp_path / "target", "19.0")
    return (tmp_path / "target" / "addon" / name).read_text()


def refusal(tmp_path, content, name="models/thing.py"):
    """Return the words with which one file of an addon is refused."""
    with pytest.raises(SeriesError) as caught:
        rendered(tmp_path, content, name)
    assert not (tmp_path / "target").exists()
    return str(caught.value)


def model(body, head='_name = "thing"'):
    """Return the source of a model class around a body."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.split("\n"))
    return f"class Thing(models.Model):\n    {head}\n\n{lines}\n"


def method(body, head='_name = "thing"'):
    """Return the source of a model class with one method."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return model(f"def run(self, arg):\n{lines}", head)


def on(name):
    """Return the first lines of a class that extends a model."""
    return f'_inherit = "{name}"'


PYTHON = {
    # -- manifest and steps -------------------------------------------------------
    "constraints on lines of their own": (
        model(
            "_sql_constraints = [\n"
            '    ("name_unique", "UNIQUE(name)", "Taken."),\n'
            "    # Why this one.\n"
            "    (\n"
            '        "rate",\n'
            '        "CHECK(rate > 0 "\n'
            '        "AND rate < 1)",\n'
            '        "Below one.",\n'
            "    ),\n"
            "]\n"
            "other = 1"
        ),
        model(
            "\n"
            '_name_unique = models.Constraint("UNIQUE(name)", "Taken.")\n'
            "# Why this one.\n"
            "_rate = models.Constraint(\n"
            "\n"
            '        "CHECK(rate > 0 "\n'
            '        "AND rate < 1)",\n'
            '        "Below one.",\n'
            "    )\n"
            "\n"
            "other = 1"
        ),
    ),
    "constraints on one line": (
        model('_sql_constraints = [("a", "CHECK(x)", "No"), ("b", "CHECK(y)")]'),
        model(
            '_a = models.Constraint("CHECK(x)", "No"); '
            '_b = models.Constraint("CHECK(y)")'
        ),
    ),
    "index in init stays": (
        method('self.env.cr.execute("CREATE INDEX IF NOT EXISTS a ON b (c)")'),
        method('self.env.cr.execute("CREATE INDEX IF NOT EXISTS a ON b (c)")'),
    ),
    "route type": (
        '@http.route("/a", auth="user", type="json")\ndef a(self):\n    pass\n',
        '@http.route("/a", auth="user", type="jsonrpc")\ndef a(self):\n    pass\n',
    ),
    "route types of other kinds stay": (
        '@route("/a", type="http")\ndef a(self):\n    return dict(type="json")\n',
        '@route("/a", type="http")\ndef a(self):\n    return dict(type="json")\n',
    ),
    "routing type of a dispatcher": (
        'rpc = request.dispatcher.routing_type == "json"\n',
        'rpc = request.dispatcher.routing_type == "jsonrpc"\n',
    ),
    "parameter of name_search": (
        model(
            'def name_search(self, name="", args=None, limit=100):\n'
            "    return super().name_search(name, args=args, limit=limit)"
        ),
        model(
            'def name_search(self, name="", domain=None, limit=100):\n'
            "    return super().name_search(name, domain=domain, limit=limit)"
        ),
    ),
    "args of another method stay": (
        method("return arg.run(args=arg)"),
        method("return arg.run(args=arg)"),
    ),
    "joins without access rules": (
        model('a_id = fields.Many2one("a", auto_join=True)'),
        model('a_id = fields.Many2one("a", bypass_search_access=True)'),
    ),
    # -- literals -----------------------------------------------------------------
    "package model and its views": (
        method(
            'self.env["stock.quant.package"].search([])\n'
            'self.env.ref("stock.model_stock_quant_package")\n'
            'self.env.ref("stock.view_quant_package_form")\n'
            'self.env.ref("stock.view_quant_package_tree")\n'
            'self.env.ref("stock.view_quant_package_kanban")\n'
            'self.env.ref("stock.quant_package_search_view")\n'
            'self.env.ref("stock.seq_quant_package")\n'
            'self.env.ref("stock.action_report_quant_package_barcode")\n'
            'self.env.ref("stock.action_report_quant_package_barcode_small")'
        ),
        method(
            'self.env["stock.package"].search([])\n'
            'self.env.ref("stock.model_stock_package")\n'
            'self.env.ref("stock.stock_package_view_form")\n'
            'self.env.ref("stock.stock_package_view_list")\n'
            'self.env.ref("stock.stock_package_view_kanban")\n'
            'self.env.ref("stock.stock_package_view_search")\n'
            'self.env.ref("stock.seq_package")\n'
            'self.env.ref("stock.action_report_package_barcode")\n'
            'self.env.ref("stock.action_report_package_barcode_small")'
        ),
    ),
    "decimal precision of units": (
        model(
            'a = fields.Float(digits="Product Unit of Measure")\n'
            'b = "product.decimal_product_uom"'
        ),
        model('a = fields.Float(digits="Product Unit")\nb = "uom.decimal_product_uom"'),
    ),
    "prose is no literal": (
        model('"""Rounds to the Product Unit of Measure, as manual_periodic does."""'),
        model('"""Rounds to the Product Unit of Measure, as manual_periodic does."""'),
    ),
    "periodic valuation": (
        method('return arg.valuation == "manual_periodic"'),
        method('return arg.valuation == "periodic"'),
    ),
    "application categories": (
        method(
            'self.env.ref("base.module_category_inventory")\n'
            'self.env.ref("base.module_category_inventory_inventory")\n'
            'self.env.ref("base.module_category_inventory_purchase")'
        ),
        method(
            'self.env.ref("base.module_category_supply_chain")\n'
            'self.env.ref("base.module_category_supply_chain_inventory")\n'
            'self.env.ref("base.module_category_supply_chain_purchase")'
        ),
    ),
    # -- renames ------------------------------------------------------------------
    "groups of a user: read, written, searched": (
        method(
            'user = self.env["res.users"].create({"groups_id": [(4, 1)]})\n'
            "user.groups_id |= arg\n"
            "user.groups_id = arg\n"
            "if arg in user.groups_id and user.has_group('base.group_user'):\n"
            '    return user.search([("groups_id", "in", arg.ids)])'
        ),
        method(
            'user = self.env["res.users"].create({"group_ids": [(4, 1)]})\n'
            "user.group_ids |= arg\n"
            "user.group_ids = arg\n"
            "if arg in user.all_group_ids and user.has_group('base.group_user'):\n"
            '    return user.search([("all_group_ids", "in", arg.ids)])'
        ),
    ),
    "groups of the current user": (
        method("return self.env.user.groups_id | arg.with_user(1).env.user.groups_id"),
        method(
            "return self.env.user.all_group_ids"
            " | arg.with_user(1).env.user.all_group_ids"
        ),
    ),
    "groups of views, menus and actions": (
        "".join(
            method(f'self.env["{name}"].create({{"groups_id": arg}}).groups_id')
            for name in (
                "ir.cron",
                "ir.ui.view",
                "ir.ui.menu",
                "ir.actions.act_window",
                "ir.actions.server",
                "ir.actions.report",
            )
        ),
        "".join(
            method(f'self.env["{name}"].create({{"group_ids": arg}}).group_ids')
            for name in (
                "ir.cron",
                "ir.ui.view",
                "ir.ui.menu",
                "ir.actions.act_window",
                "ir.actions.server",
                "ir.actions.report",
            )
        ),
    ),
    "users and implied groups of a group": (
        method(
            'group = self.env.ref("base.group_system")\n'
            'group.write({"users": [(4, 1)]})\n'
            "return group.users, group.trans_implied_ids"
        ),
        method(
            'group = self.env.ref("base.group_system")\n'
            'group.write({"user_ids": [(4, 1)]})\n'
            "return group.all_user_ids, group.all_implied_ids"
        ),
    ),
    "users of anything else stay": (
        method('return arg.users, {"users": 1}'),
        method('return arg.users, {"users": 1}'),
    ),
    "unit and taxes of a sale line": (
        method(
            "for line in self.env['sale.order'].browse(1).order_line:\n"
            "    line.product_uom = line.tax_id.mapped('id')\n"
            "    line.write({'tax_id': [(5,)]})\n"
            "    line.filtered('tax_id').mapped('product_uom.name')"
        ),
        method(
            "for line in self.env['sale.order'].browse(1).order_line:\n"
            "    line.product_uom_id = line.tax_ids.mapped('id')\n"
            "    line.write({'tax_ids': [(5,)]})\n"
            "    line.filtered('tax_ids').mapped('product_uom_id.name')"
        ),
    ),
    "order lines in commands": (
        method(
            'self.env["sale.order"].create({\n'
            '    "order_line": [\n'
            '        Command.create({"product_uom": arg}),\n'
            '        (0, 0, {"tax_id": [(5,)]}),\n'
            "    ],\n"
            "})"
        ),
        method(
            'self.env["sale.order"].create({\n'
            '    "order_line": [\n'
            '        Command.create({"product_uom_id": arg}),\n'
            '        (0, 0, {"tax_ids": [(5,)]}),\n'
            "    ],\n"
            "})"
        ),
    ),
    "purchase order, its lines and prices": (
        method(
            "order = self.env['purchase.order'].create({'notes': arg})\n"
            "order.button_done()\n"
            "line = order.order_line[0]\n"
            "self.env['purchase.order.line'].browse(line.id).taxes_id = arg\n"
            "self.env['product.supplierinfo'].create({'product_uom': arg})\n"
            "return order.notes, line.product_uom, line.taxes_id"
        ),
        method(
            "order = self.env['purchase.order'].create({'note': arg})\n"
            "order.button_lock()\n"
            "line = order.order_line[0]\n"
            "self.env['purchase.order.line'].browse(line.id).tax_ids = arg\n"
            "self.env['product.supplierinfo'].create({'product_uom_id': arg})\n"
            "return order.note, line.product_uom_id, line.tax_ids"
        ),
    ),
    "units in reports": (
        method(
            'self.env["sale.report"]._read_group([], ["product_uom"])\n'
            'self.env["purchase.report"].search([("product_uom", "=", 1)])'
        ),
        method(
            'self.env["sale.report"]._read_group([], ["product_uom_id"])\n'
            'self.env["purchase.report"].search([("product_uom_id", "=", 1)])'
        ),
    ),
    "unit of a move and taxes of a product stay": (
        method(
            "self.env['stock.move'].create({'product_uom': arg}).product_uom\n"
            "return self.env['product.product'].browse(1).taxes_id"
        ),
        method(
            "self.env['stock.move'].create({'product_uom': arg}).product_uom\n"
            "return self.env['product.product'].browse(1).taxes_id"
        ),
    ),
    "compute methods named after their field": (
        model(
            "def _compute_tax_id(self):\n"
            "    return super()._compute_tax_id()\n\n"
            "def _compute_product_uom(self):\n"
            "    return super()._compute_product_uom()",
            on("sale.order.line"),
        ),
        model(
            "def _compute_tax_ids(self):\n"
            "    return super()._compute_tax_ids()\n\n"
            "def _compute_product_uom_id(self):\n"
            "    return super()._compute_product_uom_id()",
            on("sale.order.line"),
        ),
    ),
    "field declared anew": (
        model("tax_id = fields.Many2many(tracking=True)", on("sale.order.line")),
        model("tax_ids = fields.Many2many(tracking=True)", on("sale.order.line")),
    ),
    "paths through fields of the addon": (
        model(
            'line_id = fields.Many2one("sale.order.line")\n'
            'uom_id = fields.Many2one(related="line_id.product_uom")\n\n'
            '@api.depends("line_id.tax_id")\n'
            "def _compute(self):\n"
            "    return self.line_id.tax_id"
        ),
        model(
            'line_id = fields.Many2one("sale.order.line")\n'
            'uom_id = fields.Many2one(related="line_id.product_uom_id")\n\n'
            '@api.depends("line_id.tax_ids")\n'
            "def _compute(self):\n"
            "    return self.line_id.tax_ids"
        ),
    ),
    "a domain in a string is of the comodel, its names of the model": (
        model(
            'a_id = fields.Many2one("purchase.order.line",\n'
            " domain=\"[('product_uom', '=', product_uom), ('taxes_id', '=', 1)]\")",
            on("stock.move"),
        ),
        model(
            'a_id = fields.Many2one("purchase.order.line",\n'
            " domain=\"[('product_uom_id', '=', product_uom), ('tax_ids', '=', 1)]\")",
            on("stock.move"),
        ),
    ),
    "values in a variable that is created from": (
        method(
            'vals = {"product_uom": 1}\n'
            'vals["tax_id"] = [(5,)]\n'
            'return self.env["sale.order.line"].create([vals])'
        ),
        method(
            'vals = {"product_uom_id": 1}\n'
            'vals["tax_ids"] = [(5,)]\n'
            'return self.env["sale.order.line"].create([vals])'
        ),
    ),
    "values that an override receives": (
        model(
            "def create(self, vals_list):\n"
            "    for vals in vals_list:\n"
            '        vals.setdefault("tax_id", [])\n'
            "    return super().create(vals_list)",
            on("sale.order.line"),
        ),
        model(
            "def create(self, vals_list):\n"
            "    for vals in vals_list:\n"
            '        vals.setdefault("tax_ids", [])\n'
            "    return super().create(vals_list)",
            on("sale.order.line"),
        ),
    ),
    "values that a method returns": (
        model(
            "def _vals(self):\n"
            '    return {"product_uom": 1}\n\n'
            "def run(self):\n"
            '    return self.env["sale.order.line"].create(self._vals())'
        ),
        model(
            "def _vals(self):\n"
            '    return {"product_uom_id": 1}\n\n'
            "def run(self):\n"
            '    return self.env["sale.order.line"].create(self._vals())'
        ),
    ),
    "forms and attributes of a test": (
        "class TestThing(TransactionCase):\n"
        "    def setUp(self):\n"
        '        self.order = self.env["sale.order"].create({})\n\n'
        "    def test(self):\n"
        "        with Form(self.order) as form, form.order_line.new() as line:\n"
        "            line.product_uom = 1\n"
        "        with Form(self.env['res.users']) as user:\n"
        "            user.groups_id.add(1)\n"
        "        return self.order.order_line.tax_id\n",
        "class TestThing(TransactionCase):\n"
        "    def setUp(self):\n"
        '        self.order = self.env["sale.order"].create({})\n\n'
        "    def test(self):\n"
        "        with Form(self.order) as form, form.order_line.new() as line:\n"
        "            line.product_uom_id = 1\n"
        "        with Form(self.env['res.users']) as user:\n"
        "            user.group_ids.add(1)\n"
        "        return self.order.order_line.tax_ids\n",
    ),
    "f-strings": (
        method(
            "line = self.env['sale.order.line']\n"
            "return f'{arg}: {line.product_uom.name} ä {line.tax_id}'"
        ),
        method(
            "line = self.env['sale.order.line']\n"
            "return f'{arg}: {line.product_uom_id.name} ä {line.tax_ids}'"
        ),
    ),
    "window actions as dicts": (
        method(
            "return {\n"
            "    'res_model': 'sale.order.line',\n"
            "    'domain': [('tax_id', '=', False)],\n"
            "    'context': {'default_product_uom': arg},\n"
            "}"
        ),
        method(
            "return {\n"
            "    'res_model': 'sale.order.line',\n"
            "    'domain': [('tax_ids', '=', False)],\n"
            "    'context': {'default_product_uom_id': arg},\n"
            "}"
        ),
    ),
    "a comment keeps a line": (
        method("return arg.product_uom  # series: keep"),
        method("return arg.product_uom  # series: keep"),
    ),
    "a comment states a model": (
        method("return arg.product_uom  # series: sale.order.line"),
        method("return arg.product_uom_id  # series: sale.order.line"),
    ),
    "a comment states a model of values": (
        method("return {'tax_id': 1}  # series: sale.order.line"),
        method("return {'tax_ids': 1}  # series: sale.order.line"),
    ),
}


@pytest.mark.parametrize("case", PYTHON)
def test_python_is_respelt(tmp_path, case):
    before, after = PYTHON[case]
    assert rendered(tmp_path, before) == after


@pytest.mark.parametrize("case", PYTHON)
def test_python_keeps_its_lines(tmp_path, case):
    before = PYTHON[case][0]
    assert rendered(tmp_path, before).count("\n") == before.count("\n")


def record(name, fields):
    """Return a data file with one record."""
    return f'<odoo><record id="a" model="{name}">{fields}</record></odoo>'


def view(name, arch):
    """Return a data file with one view."""
    return record(
        "ir.ui.view",
        f'<field name="model">{name}</field>'
        f'<field name="arch" type="xml">{arch}</field>',
    )


ORDER_LINES = "//field[@name='order_line']/list/field"
CATEGORY = (
    '<record id="module_category_a" model="ir.module.category">'
    '<field name="name">A</field><field name="sequence">4</field>{parent}</record>'
)
PARENT = '<field name="parent_id" ref="base.module_category_{}" />'


def group(field, category, name="a", implied=""):
    """Return the record of a group in a category, or with a privilege."""
    if implied:
        implied = f"[(4, ref('{implied}'))]"
        implied = f'<field name="implied_ids" eval="{implied}" />'
    return (
        f'<record id="group_{name}" model="res.groups">'
        f'<field name="name">{name}</field>'
        f'<field name="{field}" ref="{category}" />{implied}</record>'
    )


def privilege(name, label, category):
    """Return the record of a generated privilege."""
    return (
        f'<record id="privilege_{name}" model="res.groups.privilege">'
        f'<field name="name">{label}</field>'
        f'<field name="category_id" ref="{category}" /></record>'
    )


XML = {
    "groups of users and of screens": (
        "".join(
            record(name, '<field name="groups_id" eval="[(4, 1)]" />')
            for name in ("res.users", "ir.ui.menu", "ir.actions.report")
        ),
        "".join(
            record(name, '<field name="group_ids" eval="[(4, 1)]" />')
            for name in ("res.users", "ir.ui.menu", "ir.actions.report")
        ),
    ),
    "users of a group": (
        record("res.groups", '<field name="users" eval="[(4, 1)]" />'),
        record("res.groups", '<field name="user_ids" eval="[(4, 1)]" />'),
    ),
    "groups attributes stay": (
        view("sale.order", '<form><field name="a" groups="base.group_user" /></form>'),
        view("sale.order", '<form><field name="a" groups="base.group_user" /></form>'),
    ),
    "groups that imply each other share the privilege of their category": (
        f"<odoo>{CATEGORY.format(parent='')}\n"
        f"{group('category_id', 'module_category_a')}\n"
        f"{group('category_id', 'module_category_a', 'b', 'group_a')}\n"
        f"{group('category_id', 'addon.module_category_a', 'c', 'group_b')}</odoo>",
        f"<odoo>{CATEGORY.format(parent='')}"
        '<record id="privilege_a" model="res.groups.privilege">'
        '<field name="name">A</field><field name="sequence">4</field>'
        '<field name="category_id" ref="addon.module_category_a" /></record>\n'
        f"{group('privilege_id', 'privilege_a')}\n"
        f"{group('privilege_id', 'privilege_a', 'b', 'group_a')}\n"
        f"{group('privilege_id', 'privilege_a', 'c', 'group_b')}</odoo>",
    ),
    "groups side by side have a privilege each": (
        f"<odoo>{CATEGORY.format(parent=PARENT.format('inventory'))}\n"
        f"{group('category_id', 'module_category_a')}\n"
        f"{group('category_id', 'module_category_a', 'b')}\n"
        f"{group('category_id', 'module_category_a', 'c', 'group_a')}</odoo>",
        f"<odoo>{CATEGORY.format(parent=PARENT.format('supply_chain'))}\n"
        f"{privilege('group_a', 'a', 'addon.module_category_a')}"
        f"{group('privilege_id', 'privilege_group_a')}\n"
        f"{privilege('group_b', 'b', 'addon.module_category_a')}"
        f"{group('privilege_id', 'privilege_group_b', 'b')}\n"
        f"{privilege('group_c', 'c', 'addon.module_category_a')}"
        f"{group('privilege_id', 'privilege_group_c', 'c', 'group_a')}</odoo>",
    ),
    "a category's parent holds its privilege": (
        f"<odoo>{CATEGORY.format(parent=PARENT.format('inventory'))}"
        f"{group('category_id', 'module_category_a')}</odoo>",
        f"<odoo>{CATEGORY.format(parent=PARENT.format('supply_chain'))}"
        '<record id="privilege_a" model="res.groups.privilege">'
        '<field name="name">A</field><field name="sequence">4</field><field'
        ' name="category_id" ref="base.module_category_supply_chain" /></record>'
        f"{group('privilege_id', 'privilege_a')}</odoo>",
    ),
    "categories of core have their privileges": (
        "\n".join(
            group("category_id", f"base.module_category_{category}", name)
            for name, category in (
                ("a", "sales_sales"),
                ("b", "inventory_inventory"),
                ("c", "inventory_purchase"),
                ("d", "accounting_accounting"),
            )
        ),
        "\n".join(
            group("privilege_id", f"{owner}.res_groups_privilege_{last}", name)
            for name, owner, last in (
                ("a", "sales_team", "sales"),
                ("b", "stock", "inventory"),
                ("c", "purchase", "purchase"),
                ("d", "account", "accounting"),
            )
        ),
    ),
    "hidden groups have no privilege": (
        record(
            "res.groups",
            '\n  <field name="category_id" ref="base.module_category_hidden" />\n',
        ),
        record("res.groups", "\n\n"),
    ),
    "views of order lines inside an order": (
        view(
            "sale.order",
            '<form><field name="order_line"><list>'
            '<field name="product_uom" invisible="not tax_id" />'
            "<field name=\"tax_id\" domain=\"[('type_tax_use', '=', parent.x)]\" />"
            "</list></field></form>",
        ),
        view(
            "sale.order",
            '<form><field name="order_line"><list>'
            '<field name="product_uom_id" invisible="not tax_ids" />'
            "<field name=\"tax_ids\" domain=\"[('type_tax_use', '=', parent.x)]\" />"
            "</list></field></form>",
        ),
    ),
    "views of other models stay": (
        view(
            "stock.picking",
            '<form><field name="move_ids"><list>'
            '<field name="product_uom" /></list></field>'
            '<field name="note" context="{\'a\': tax_id}" /></form>',
        ),
        None,
    ),
    "xpath into order lines": (
        view(
            "sale.order",
            f"<xpath expr=\"{ORDER_LINES}[@name='tax_id']\""
            ' position="after"><field name="product_uom" /></xpath>'
            '<xpath expr="//field[@name=\'product_uom\']" position="attributes">'
            '<attribute name="invisible">tax_id</attribute></xpath>',
        ),
        view(
            "sale.order",
            f"<xpath expr=\"{ORDER_LINES}[@name='tax_ids']\""
            ' position="after"><field name="product_uom_id" /></xpath>'
            '<xpath expr="//field[@name=\'product_uom_id\']" position="attributes">'
            '<attribute name="invisible">tax_id</attribute></xpath>',
        ),
    ),
    "search views": (
        view(
            "sale.order.line",
            '<search><field name="tax_id" />'
            "<group><filter name=\"a\" context=\"{'group_by': 'product_uom'}\" />"
            "</group><filter name=\"b\" domain=\"[('tax_id', '!=', False)]\" />"
            "</search>",
        ),
        view(
            "sale.order.line",
            '<search><field name="tax_ids" />'
            "<group><filter name=\"a\" context=\"{'group_by': 'product_uom_id'}\" />"
            "</group><filter name=\"b\" domain=\"[('tax_ids', '!=', False)]\" />"
            "</search>",
        ),
    ),
    "buttons and their methods": (
        view(
            "purchase.order",
            '<form><button name="button_done" type="object" />'
            '<label for="notes" /></form>',
        ),
        view(
            "purchase.order",
            '<form><button name="button_lock" type="object" />'
            '<label for="note" /></form>',
        ),
    ),
    "window actions": (
        record(
            "ir.actions.act_window",
            '<field name="res_model">sale.order.line</field>'
            '<field name="domain">[("tax_id", "=", False)]</field>'
            "<field name=\"context\">{'default_product_uom': 1}</field>",
        ),
        record(
            "ir.actions.act_window",
            '<field name="res_model">sale.order.line</field>'
            '<field name="domain">[("tax_ids", "=", False)]</field>'
            "<field name=\"context\">{'default_product_uom_id': 1}</field>",
        ),
    ),
    "rules ask for the closure of groups": (
        record(
            "ir.rule",
            '<field name="model_id" ref="sale.model_sale_order_line" />'
            "<field name=\"domain_force\">[('tax_id', 'in', user.groups_id.ids)]"
            "</field>",
        ),
        record(
            "ir.rule",
            '<field name="model_id" ref="sale.model_sale_order_line" />'
            "<field name=\"domain_force\">[('tax_ids', 'in', user.all_group_ids.ids)]"
            "</field>",
        ),
    ),
    "models and external ids": (
        record(
            "ir.actions.act_window",
            '<field name="res_model">stock.quant.package</field>'
            '<field name="view_id" ref="stock.view_quant_package_tree" />'
            "<field name=\"context\">{'a': ref('product.decimal_product_uom')}"
            "</field>",
        ),
        record(
            "ir.actions.act_window",
            '<field name="res_model">stock.package</field>'
            '<field name="view_id" ref="stock.stock_package_view_list" />'
            "<field name=\"context\">{'a': ref('uom.decimal_product_uom')}"
            "</field>",
        ),
    ),
    "values in records and functions": (
        record(
            "sale.order",
            '<field name="order_line" eval="[(0, 0, {\'tax_id\': 1})]" />',
        )
        + '<function model="res.users" name="write">'
        "<value eval=\"{'groups_id': [(4, 1)]}\" /></function>",
        record(
            "sale.order",
            '<field name="order_line" eval="[(0, 0, {\'tax_ids\': 1})]" />',
        )
        + '<function model="res.users" name="write">'
        "<value eval=\"{'group_ids': [(4, 1)]}\" /></function>",
    ),
    "records that are searched for": (
        record("a", "<field name=\"user_id\" search=\"[('groups_id', '=', 1)]\" />"),
        record(
            "a", "<field name=\"user_id\" search=\"[('all_group_ids', '=', 1)]\" />"
        ),
    ),
    "inherited reports of core": (
        '<odoo><template id="t" inherit_id="sale.report_saleorder_document">'
        "<xpath expr=\"//span[@t-field='line.product_uom']\">"
        '<p t-out="doc.order_line.tax_id" /></xpath></template></odoo>',
        '<odoo><template id="t" inherit_id="sale.report_saleorder_document">'
        "<xpath expr=\"//span[@t-field='line.product_uom_id']\">"
        '<p t-out="doc.order_line.tax_ids" /></xpath></template></odoo>',
    ),
    "prose and comments stay": (
        record(
            "mail.template",
            '<!-- stock.quant.package --><field name="body">'
            "On stock.quant.package.</field>",
        ),
        None,
    ),
    "a comment states a model": (
        '<odoo><template id="t"><p t-out="x.tax_id" />'
        "<!-- series: sale.order.line --></template></odoo>",
        '<odoo><template id="t"><p t-out="x.tax_ids" />'
        "<!-- series: sale.order.line --></template></odoo>",
    ),
    "a comment keeps a line": (
        '<odoo><template id="t"><p t-out="x.tax_id" /><!-- series: keep -->'
        "</template></odoo>",
        None,
    ),
    "reports know their documents": (
        '<odoo><record id="r" model="ir.actions.report">'
        '<field name="model">sale.order</field>'
        '<field name="report_name">addon.t</field></record>'
        '<template id="t"><t t-foreach="docs" t-as="o">'
        '<t t-set="lines" t-value="o.order_line" />'
        '<t t-foreach="lines" t-as="l"><p t-field="l.product_uom" /></t>'
        '</t><p t-if="user.groups_id" /></template></odoo>',
        '<odoo><record id="r" model="ir.actions.report">'
        '<field name="model">sale.order</field>'
        '<field name="report_name">addon.t</field></record>'
        '<template id="t"><t t-foreach="docs" t-as="o">'
        '<t t-set="lines" t-value="o.order_line" />'
        '<t t-foreach="lines" t-as="l"><p t-field="l.product_uom_id" /></t>'
        '</t><p t-if="user.all_group_ids" /></template></odoo>',
    ),
}


@pytest.mark.parametrize("case", XML)
def test_xml_is_respelt(tmp_path, case):
    before, after = XML[case]
    assert rendered(tmp_path, before, "views/a.xml") == (after or before)


@pytest.mark.parametrize("case", XML)
def test_xml_keeps_its_lines(tmp_path, case):
    before = XML[case][0]
    content = rendered(tmp_path, before, "views/a.xml")
    assert content.count("\n") == before.count("\n")


def gone_cases():
    """Return a line of Python for every field that is gone."""
    return [
        (name, field)
        for row in ROWS
        if isinstance(row, Gone)
        for name in row.models
        for field in row.names
    ]


@pytest.mark.parametrize(("name", "field"), gone_cases())
def test_field_that_is_gone_is_refused(tmp_path, name, field):
    source = f'def run(env):\n    return env["{name}"].browse(1).{field}\n'
    words = refusal(tmp_path, source)
    assert words.startswith(f"addon/models/thing.py:2: {name}.{field} is gone (")


@pytest.mark.parametrize(("name", "field"), gone_cases()[:3])
def test_field_that_is_gone_is_refused_in_values_and_paths(tmp_path, name, field):
    values = f'def run(env):\n    env["{name}"].create({{"{field}": 1}})\n'
    path = f'def run(env):\n    env["{name}"].search([("{field}.x", "=", 1)])\n'
    assert f":2: {name}.{field} is gone" in refusal(tmp_path, values)
    assert f":2: {name}.{field} is gone" in refusal(tmp_path, path)


def test_field_that_is_gone_is_refused_in_a_view(tmp_path):
    source = view("stock.move", '<list>\n<field name="scrapped" />\n</list>')
    words = refusal(tmp_path, source, "views/a.xml")
    assert words.startswith("addon/views/a.xml:2: stock.move.scrapped is gone")


def test_compat_may_name_what_is_gone(tmp_path):
    source = 'def run(env):\n    return env["stock.move"].create({"name": "a"})\n'
    assert rendered(tmp_path, source, "models/compat.py") == source


REFUSED = {
    "odoo.osv": "from odoo.osv import expression\n",
    "_cr": "def a(self):\n    self._cr.execute(b)\n",
    "_uid": "def a(self):\n    return self._uid\n",
    "_context": "def a(self):\n    return self._context\n",
    "read_group": "def a(self):\n    return self.read_group([], [], [])\n",
    "toggle_active": "def a(self):\n    self.toggle_active()\n",
    "check_access_rights": "def a(self):\n    self.check_access_rights('read')\n",
    "check_access_rule": "def a(self):\n    self.check_access_rule('read')\n",
    "_filter_access_rules": "def a(self):\n    self._filter_access_rules('read')\n",
    "_filter_access_rules_python": (
        "def a(self):\n    self._filter_access_rules_python('read')\n"
    ),
    "check_field_access_rights": (
        "def a(self):\n    self.check_field_access_rights('read', [])\n"
    ),
    "_apply_ir_rules": "def a(self):\n    self._apply_ir_rules(b)\n",
    "_condition_to_sql": "def a(self):\n    self._condition_to_sql(b)\n",
    "_flush_search": "def a(self):\n    self._flush_search(b)\n",
    "_setup_base": "def a(self):\n    super()._setup_base()\n",
    "_setup_complete": "def a(self):\n    super()._setup_complete()\n",
    "_where_calc": "def a(self):\n    return self._where_calc(b)\n",
    "clear_caches": "def a(self):\n    self.clear_caches()\n",
    "_check_recursion": "def a(self):\n    return self._check_recursion()\n",
    "group_operator": "a = fields.Float(group_operator='sum')\n",
    "returns": "@api.returns('self')\ndef a(self):\n    pass\n",
    "cr": "a = request.cr\n",
    "uid": "a = request.uid\n",
    "context": "a = request.context\n",
    "odoo.registry": "import odoo\nwith odoo.registry('a').cursor():\n    pass\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_spelling_is_refused_with_file_and_line(tmp_path, name):
    source = REFUSED[name]
    line = 1 + source[: source.index(name.rpartition(".")[2])].count("\n")
    words = refusal(tmp_path, source)
    assert words.startswith(f"addon/models/thing.py:{line}: {name}")
    assert ": " in words.partition(name)[2], "the refusal says what to write"


def import_cases():
    """Return every import that is refused."""
    return [
        name
        for row in ROWS
        if isinstance(row, Forbidden) and row.kind == "import"
        for name in row.names
    ]


@pytest.mark.parametrize("name", import_cases())
def test_import_is_refused(tmp_path, name):
    package, _dot, last = name.rpartition(".")
    words = refusal(tmp_path, f"\nfrom {package} import {last}\n")
    assert words.startswith(f"addon/models/thing.py:2: {name} ")


def word_cases():
    """Return every model and external id that is refused."""
    return [
        name
        for row in ROWS
        if isinstance(row, Forbidden) and row.kind == "word"
        for name in row.names
    ]


@pytest.mark.parametrize("name", word_cases())
def test_word_is_refused_in_python_xml_and_csv(tmp_path, name):
    """Models and records that are gone, wherever they are named whole."""
    source = f'def run(env):\n    return env.ref("{name}")\n'
    assert refusal(tmp_path, source).startswith(f"addon/models/thing.py:2: {name} (")
    write(tmp_path / "source", {"models/thing.py": ""})
    source = record("a", f'\n<field name="b" ref="{name}" />')
    words = refusal(tmp_path, source, "data/a.xml")
    assert words.startswith(f"addon/data/a.xml:2: {name} (")
    source = record("a", f'\n<field name="b" eval="ref(\'{name}\')" />')
    words = refusal(tmp_path, source, "data/a.xml")
    assert words.startswith(f"addon/data/a.xml:2: {name} (")
    write(tmp_path / "source", {"data/a.xml": "<odoo />"})
    words = refusal(tmp_path, f"id,b:id\nc,{name}\n", "data/a.csv")
    assert words.startswith(f"addon/data/a.csv:2: {name} (")


def test_word_in_prose_is_not_refused(tmp_path):
    source = '"""Takes the place of uom.category."""\n'
    assert rendered(tmp_path, source) == source


def test_method_that_is_gone_is_refused_where_it_is_overridden(tmp_path):
    words = refusal(
        tmp_path, model("def build_email(self):\n    pass", on("ir.mail_server"))
    )
    assert words.startswith("addon/models/thing.py:4: ir.mail_server.build_email is")


def test_field_of_our_own_is_not_gone(tmp_path):
    source = model(
        "title = fields.Char()\n\ndef run(self):\n    return self.title",
        on("res.partner"),
    )
    assert rendered(tmp_path, source) == source


def test_refused_import_is_found_behind_its_package(tmp_path):
    words = refusal(
        tmp_path,
        "from odoo import tools\n\n@tools.ormcache_context()\ndef a(self):\n    pass\n",
    )
    assert words.startswith("addon/models/thing.py:3: odoo.tools.ormcache_context")


SEARCH = "<search>\n<group {}>\n<filter name='a' /></group></search>"
REFUSED_XML = {
    "tree": view("a", "<form>\n<tree /></form>"),
    "expand": view("a", SEARCH.format('expand="0"')),
    "string": view("a", SEARCH.format('string="Group By"')),
    "kanban-box": view("a", "<kanban>\n<t t-name='kanban-box' /></kanban>"),
    "kanban-menu": view("a", "<kanban>\n<t t-name='kanban-menu' /></kanban>"),
    "inline": record("ir.actions.act_window", '\n<field name="target">inline</field>'),
}


@pytest.mark.parametrize("name", REFUSED_XML)
def test_xml_is_refused_with_file_and_line(tmp_path, name):
    words = refusal(tmp_path, REFUSED_XML[name], "views/a.xml")
    assert words.startswith(f"addon/views/a.xml:2: {name} (")


def test_group_of_a_form_may_have_a_string(tmp_path):
    source = view("a", '<form><group string="A" /></form>')
    assert rendered(tmp_path, source, "views/a.xml") == source


def test_foreign_category_without_privilege_is_refused(tmp_path):
    source = f"<odoo>\n{group('category_id', 'other.module_category_b')}</odoo>"
    words = refusal(tmp_path, source, "security/a.xml")
    assert words.startswith("addon/security/a.xml:2: no privilege is known for")


@pytest.mark.parametrize("name", ["product_uom", "tax_id", "taxes_id"])
def test_name_of_unknown_model_asks_for_a_comment(tmp_path, name):
    words = refusal(tmp_path, f"def a(thing):\n    return thing.{name}\n")
    assert words.startswith(
        f"addon/models/thing.py:2: cannot tell which model '{name}'"
    )
    assert "series: keep" in words


def test_column_in_sql_is_refused(tmp_path):
    words = refusal(
        tmp_path, 'def a(cr):\n    cr.execute("SELECT product_uom FROM x")\n'
    )
    assert words.startswith("addon/models/thing.py:2: 'product_uom' inside SQL")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("BASE", "write a plain list"),
        ("[('a', 'CHECK(x)', _('No'))]", "the message is translated by itself"),
        ("[('a b', 'CHECK(x)', 'No')]", "'a b' is no attribute name"),
        ("[make()]", "write (name, definition, message) tuples"),
    ],
)
def test_constraints_that_are_not_plain_are_refused(tmp_path, value, rule):
    words = refusal(tmp_path, model(f"_sql_constraints = {value}"))
    assert words.startswith("addon/models/thing.py:4: _sql_constraints: ")
    assert rule in words


def test_every_refusal_is_told_at_once(tmp_path):
    words = refusal(tmp_path, "from odoo.osv import a\n\nb = request.cr\n")
    assert re.findall(r"thing\.py:(\d)", words) == ["1", "3"]


def test_syntax_error_names_file_and_line(tmp_path):
    words = refusal(tmp_path, "a = 1\nb = (\n")
    assert words.startswith("addon/models/thing.py:2: syntax: ")


# -- other files ------------------------------------------------------------------


def test_manifest_gets_version_and_category(tmp_path):
    write(tmp_path / "source", {})
    manifest = tmp_path / "source/addon/__manifest__.py"
    manifest.write_text(
        '{\n    "version": "18.0.2.3.4",\n    "category": "Inventory/Devices",\n}\n'
    )
    series.render(tmp_path / "source", tmp_path / "target", "19.0")
    assert (tmp_path / "target/addon/__manifest__.py").read_text() == (
        '{\n    "version": "19.0.2.3.4",\n    "category": "Supply Chain/Devices",\n}\n'
    )


@pytest.mark.parametrize("version", ["19.0.1.0.0", "1.0", "18.0.1.0"])
def test_manifest_of_another_series_is_refused(tmp_path, version):
    write(tmp_path / "source", {})
    manifest = tmp_path / "source/addon/__manifest__.py"
    manifest.write_text(f'{{\n    "version": "{version}",\n}}\n')
    with pytest.raises(SeriesError, match=r"__manifest__.py:2: manifest version '"):
        series.render(tmp_path / "source", tmp_path / "target", "19.0")


def test_csv_header_and_cells_are_respelt(tmp_path):
    source = "id,groups_id/id,comodel\na,base.group_user,stock.quant.package\n"
    expected = "id,group_ids/id,comodel\na,base.group_user,stock.package\n"
    assert rendered(tmp_path, source, "data/res.users.csv") == expected


def test_access_rights_of_packages_are_respelt(tmp_path):
    source = "id,model_id:id,group_id:id\na,stock.model_stock_quant_package,b\n"
    expected = "id,model_id:id,group_id:id\na,stock.model_stock_package,b\n"
    assert rendered(tmp_path, source, "security/ir.model.access.csv") == expected


def test_tour_helpers_are_imported_from_their_new_place(tmp_path):
    source = 'import { stepUtils } from "@web_tour/tour_service/tour_utils";\n'
    expected = 'import { stepUtils } from "@web_tour/tour_utils";\n'
    assert rendered(tmp_path, source, "static/tests/a.js") == expected


def test_model_names_in_scripts_are_respelt(tmp_path):
    source = 'orm.read("stock.quant.package", ids); // stock.quant.package\n'
    expected = 'orm.read("stock.package", ids); // stock.quant.package\n'
    assert rendered(tmp_path, source, "static/src/a.js") == expected


@pytest.mark.parametrize("word", ["groups_id", "tax_id", "uom.category"])
def test_renamed_words_in_scripts_are_refused(tmp_path, word):
    words = refusal(tmp_path, f'\norm.read("a", ["{word}"]);\n', "static/src/a.js")
    assert words.startswith("addon/static/src/a.js:2: ")
    assert word in words


def test_renamed_words_in_server_actions_are_refused(tmp_path):
    source = record("ir.actions.server", '<field name="code">\na = b.tax_id</field>')
    words = refusal(tmp_path, source, "data/a.xml")
    assert words.startswith("addon/data/a.xml:2: cannot tell which model 'tax_id'")


def test_module_that_is_gone_is_refused(tmp_path):
    write(tmp_path / "source", {})
    manifest = tmp_path / "source/addon/__manifest__.py"
    manifest.write_text('{"version": "18.0.1.0.0",\n"depends": ["base", "web_editor"]}')
    with pytest.raises(SeriesError, match=r"__manifest__.py:2: web_editor \(modules"):
        series.render(tmp_path / "source", tmp_path / "target", "19.0")


def test_templates_of_the_web_client_are_left_alone(tmp_path):
    source = '<templates><t t-name="a"><p t-out="x.tax_id" /></t></templates>\n'
    assert rendered(tmp_path, source, "static/src/a.xml") == source


@pytest.mark.parametrize(
    ("groups", "kind", "owner"),
    [
        (("a",), "ir.module.category", "module_category_a"),
        (("a", "b"), "res.groups", "group_a"),
    ],
)
def test_privilege_takes_the_translation_of_what_it_stands_for(
    tmp_path, groups, kind, owner
):
    records = [group("category_id", "module_category_a", name) for name in groups]
    data = f"<odoo>{CATEGORY.format(parent='')}{''.join(records)}</odoo>"
    other = "#: model:ir.module.category,name:addon.module_category_b\n"
    source = f"{other}#: model:{kind},name:addon.{owner}\nmsgid a\n"
    content = rendered(tmp_path, source, "i18n/de.po", **{"security/a.xml": data})
    name = f"privilege_{owner.removeprefix('module_category_')}"
    assert content == (
        f"{other}#: model:{kind},name:addon.{owner}"
        f" model:res.groups.privilege,name:addon.{name}\nmsgid a\n"
    )


def test_binary_files_are_copied(tmp_path):
    write(tmp_path / "source", {"models/a.py": ""})
    image = tmp_path / "source/addon/static/icon.png"
    image.parent.mkdir()
    image.write_bytes(bytes(range(256)))
    series.render(tmp_path / "source", tmp_path / "target", "19.0")
    assert (tmp_path / "target/addon/static/icon.png").read_bytes() == bytes(range(256))


# -- the sample addon -------------------------------------------------------------


def snapshot(folder):
    """Return content and time stamp of every file below a folder."""
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def contents(folder):
    """Return the content of every file below a folder, without marks."""
    return {
        name: data
        for name, (data, _time) in snapshot(folder).items()
        if name.name != series.MARK
    }


def difference(source, target):
    """Return what differs between two trees of text files, without context."""
    before, after = contents(source), contents(target)
    lines = [f"{name}: in one tree\n" for name in before.keys() ^ after.keys()]
    for name in sorted(before.keys() & after.keys()):
        old, new = (c[name].decode().splitlines(True) for c in (before, after))
        lines += difflib.unified_diff(old, new, str(name), str(name), n=0)
    return "".join(lines)


def test_sample_addon_is_rendered_as_recorded(tmp_path):
    """A change that is meant: the file this writes is the new record."""
    series.render(SAMPLES / "source", tmp_path / "target", "19.0")
    actual = difference(SAMPLES / "source", tmp_path / "target")
    (tmp_path / "19.0.diff").write_text(actual)
    assert actual == (SAMPLES / "19.0.diff").read_text(), tmp_path / "19.0.diff"


def test_sample_addon_keeps_every_line_number(tmp_path):
    series.render(SAMPLES / "source", tmp_path / "target", "19.0")
    source = contents(SAMPLES / "source")
    for name, data in contents(tmp_path / "target").items():
        assert data.count(b"\n") == source[name].count(b"\n"), name


def test_source_series_is_a_plain_copy(tmp_path):
    series.render(SAMPLES / "source", tmp_path / "target", "18.0")
    assert contents(tmp_path / "target") == contents(SAMPLES / "source")


def test_rendering_is_deterministic(tmp_path):
    script = (
        "import sys, pathlib, series\n"
        "series.render(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), '19.0')"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, SAMPLES / "source", tmp_path / seed],
            check=True,
            cwd=TOOLS,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_rendering_again_writes_nothing(tmp_path):
    target = tmp_path / "target"
    assert series.render(SAMPLES / "source", target, "19.0")
    before = snapshot(target)
    assert series.render(SAMPLES / "source", target, "19.0") == []
    assert snapshot(target) == before


# -- the target folder ------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """A source with one addon, and its rendering."""
    source, target = tmp_path / "source", tmp_path / "target"
    write(source, {"models/a.py": "a = 1\n", "models/b.py": "b = 1\n"})
    series.render(source, target, "19.0")
    return source, target


def test_only_changed_files_are_written(tree):
    source, target = tree
    before = snapshot(target)
    (source / "addon/models/a.py").write_text("a = 2\n")
    assert series.render(source, target, "19.0") == [Path("addon/models/a.py")]
    after = snapshot(target)
    untouched = Path("addon/models/b.py")
    assert after[untouched] == before[untouched]
    assert (target / "addon/models/a.py").read_text() == "a = 2\n"


def test_files_and_addons_gone_from_the_source_are_removed(tree):
    source, target = tree
    (source / "addon/models/a.py").unlink()
    (source / "addon/models/b.py").unlink()
    series.render(source, target, "19.0")
    assert set(contents(target)) == {Path("addon/__manifest__.py")}
    assert not (target / "addon/models").exists()


def test_file_that_was_edited_in_the_target_is_restored(tree):
    source, target = tree
    (target / "addon/models/a.py").write_text("broken")
    assert series.render(source, target, "19.0") == [Path("addon/models/a.py")]
    assert (target / "addon/models/a.py").read_text() == "a = 1\n"


def test_caches_and_repositories_are_not_copied(tmp_path):
    source = tmp_path / "source"
    write(
        source,
        {
            "models/a.py": "",
            "models/__pycache__/a.pyc": "x",
            "static/node_modules/a/index.js": "x",
            ".git/config": "x",
        },
    )
    write(source, {})
    (source / "docs").mkdir()
    (source / "docs/a.md").write_text("no addon")
    series.render(source, tmp_path / "target", "19.0")
    names = {str(name) for name in contents(tmp_path / "target")}
    assert names == {"addon/__manifest__.py", "addon/models/a.py"}


def test_refused_source_leaves_the_target_as_it_was(tree):
    source, target = tree
    before = snapshot(target)
    (source / "addon/models/a.py").write_text("from odoo.osv import expression\n")
    (source / "addon/models/b.py").write_text("b = 2\n")
    with pytest.raises(SeriesError):
        series.render(source, target, "19.0")
    assert snapshot(target) == before
    assert series.finished(target)


def test_interrupted_run_is_not_finished_until_the_next(tree, monkeypatch):
    source, target = tree
    for name in "ab":
        (source / f"addon/models/{name}.py").write_text(f"{name} = 2\n")
    replace, calls = series._replace, []

    def interrupted(path, data):
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(path, data)

    monkeypatch.setattr(series, "_replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        series.render(source, target, "19.0")
    assert not series.finished(target)
    monkeypatch.undo()
    series.render(source, target, "19.0")
    assert series.finished(target)
    assert (target / "addon/models/b.py").read_text() == "b = 2\n"
    assert not list(target.rglob("*.part"))


def test_folder_of_someone_else_is_not_overwritten(tmp_path):
    write(tmp_path / "source", {})
    target = tmp_path / "target"
    target.mkdir()
    (target / "thesis.txt").write_text("precious")
    with pytest.raises(SeriesError, match="not empty and not rendered"):
        series.render(tmp_path / "source", target, "19.0")
    assert (target / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("inside", ["", "addon", "addon/static"])
def test_target_inside_the_source_is_refused(tmp_path, inside):
    write(tmp_path / "source", {})
    with pytest.raises(SeriesError, match="the target lies inside"):
        series.render(tmp_path / "source", tmp_path / "source" / inside, "19.0")


@pytest.mark.parametrize("name", ["17.0", "20.0", "19", ""])
def test_series_that_is_not_supported_is_refused_by_name(tmp_path, name):
    write(tmp_path / "source", {})
    with pytest.raises(SeriesError, match=f"'{name}' is not one of 18.0, 19.0"):
        series.render(tmp_path / "source", tmp_path / "target", name)


def test_folder_without_addons_is_refused(tmp_path):
    with pytest.raises(SeriesError, match="no addon here"):
        series.render(tmp_path, tmp_path / "target", "19.0")


# -- the command ------------------------------------------------------------------


def run(*arguments):
    """Run the command; return its exit status and all that it printed."""
    done = subprocess.run(
        [sys.executable, TOOLS / "series.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_command_renders_a_source_folder(tmp_path):
    status, words = run("19.0", tmp_path / "t", "--source", SAMPLES / "source")
    assert status == 0, words
    series.render(SAMPLES / "source", tmp_path / "u", "19.0")
    assert contents(tmp_path / "t") == contents(tmp_path / "u")


def test_command_prints_refusals_and_fails(tmp_path):
    write(tmp_path / "source", {"models/a.py": "from odoo.osv import expression\n"})
    status, words = run("19.0", tmp_path / "t", "--source", tmp_path / "source")
    assert status == 1
    assert words.startswith("addon/models/a.py:1: odoo.osv.expression (domains): ")


# -- the table --------------------------------------------------------------------

SEEN = "\n".join(
    [
        *(before for before, _after in PYTHON.values()),
        *(before for before, _after in XML.values()),
        *REFUSED.values(),
        *REFUSED_XML.values(),
    ]
)


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if isinstance(r, Rename)],
    ids=lambda r: f"{r.models[0]}.{r.old}",
)
def test_row_of_a_rename_has_a_case_for_each_model(row):
    assert row.old in SEEN
    for name in row.models:
        assert name in SEEN


@pytest.mark.parametrize(
    "row", [r for r in ROWS if isinstance(r, Literal)], ids=lambda r: r.old
)
def test_row_of_a_literal_has_a_case(row):
    assert f'"{row.old}"' in SEEN


@pytest.mark.parametrize(
    "row", [r for r in ROWS if isinstance(r, Forbidden)], ids=lambda r: r.topic
)
def test_row_of_a_refusal_has_a_case_for_each_name(row):
    tested = {*REFUSED, *REFUSED_XML, *import_cases(), *word_cases()}
    assert set(row.names) <= tested or row.kind == "depends"


@pytest.mark.parametrize(
    "row", [r for r in ROWS if isinstance(r, Step)], ids=lambda r: r.handler
)
def test_row_of_a_step_has_a_handler(row):
    steps = {**series.STEPS, **series.series_python.STEPS, **series.series_xml.STEPS}
    assert row.handler in steps


@pytest.mark.parametrize(
    "row", [r for r in ROWS if isinstance(r, Forbidden)], ids=lambda r: r.topic
)
def test_row_of_a_refusal_is_of_a_kind_that_is_looked_for(row):
    kinds = series.FORBIDDEN | series.series_python.FORBIDDEN
    kinds |= series.series_xml.FORBIDDEN
    assert row.kind in kinds

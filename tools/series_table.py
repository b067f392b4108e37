"""What is spelt differently in another series: the one table of the renderer.

The source is written for `SOURCE`. `SERIES` holds one `Series` for each other
series it can be rendered for, and every difference is a row of it. A row names its
topic, the spelling in the source, the spelling in the target and the models or
files it applies to. The engines `series_python` and `series_xml` know how to find a
spelling and nothing about any series: to render for 17.0, add `"17.0": Series(...)`.

How a row finds its model is said by `Hints`. A line that the hints read wrongly
carries a trailing comment: ``# series: keep`` (nothing on it is changed or refused)
or ``# series: sale.order.line`` (every field on it that the hints cannot place
belongs to this model). In XML the same words stand in a comment on that line.
"""

from dataclasses import dataclass, field

SOURCE = "18.0"


@dataclass(frozen=True)
class Rename:
    """A field or method with another name in the target.

    :param topic: words for the documentation
    :param models: models that have it; related ones repeat the row
    :param old: name in the source
    :param new: name in the target
    :param read: name where it is read or searched, if that differs: a field that
        in the source held the closure and in the target only what was written
    :param unsure: what becomes of the name on a receiver of unknown model:
        ``leave`` it, ``rename`` it, or ``refuse`` the line until a comment says
    """

    topic: str
    models: tuple[str, ...]
    old: str
    new: str
    read: str = ""
    unsure: str = "leave"


@dataclass(frozen=True)
class Gone:
    """A field, method or context key that the target lacks: the source avoids it."""

    topic: str
    models: tuple[str, ...]
    names: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class Literal:
    """A whole string (model, external id, selection value) spelt anew.

    It is replaced where a string literal, an XML attribute, an XML text or a CSV
    cell is this word and nothing else, and external ids also inside expressions.
    """

    topic: str
    old: str
    new: str


@dataclass(frozen=True)
class Forbidden:
    """Something the source must not write, since the target rejects it or warns.

    :param kind: where it is looked for, one of `series_python.FORBIDDEN`,
        `series_xml.FORBIDDEN` or `series.FORBIDDEN`
    :param names: the names in question; of an import, dotted
    """

    topic: str
    kind: str
    names: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class Step:
    """A rewriting that is more than a name, done by a named handler.

    :param handler: name in `series_python.STEPS`, `series_xml.STEPS` or
        `series.STEPS`
    :param files: file name suffix, or whole file name, that it applies to
    """

    topic: str
    handler: str
    files: str
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """All rows of one target series."""

    name: str
    rows: tuple = ()

    def of(self, kind):
        """Return the rows of one kind, in table order."""
        return [row for row in self.rows if isinstance(row, kind)]


@dataclass(frozen=True)
class Hints:
    """How the engines learn which model an expression is of.

    Beside these, they read `self` of a model class, `env[...]`, record methods,
    assignments, loops, lambdas, what methods of the addons return, relational
    fields the addons declare, and external ids the addons' data files define.
    """

    # Fields of Odoo itself, by model or "*" where the name always means the same.
    relations: dict
    # Methods that give the same model as their receiver.
    same: frozenset
    # Names of variables and parameters, when nothing else tells.
    names: dict
    # Methods that take the values of a record, by position of the argument.
    takes_values: dict
    # Methods that return the values of one record of a model.
    gives_values: dict
    # Methods of a record set that take field names, paths or domains of its model.
    takes_paths: frozenset
    # External ids of Odoo itself, by prefix.
    xmlids: dict
    # Variables of Odoo's own QWeb templates, by the external id that is inherited.
    templates: dict


HINTS = Hints(
    relations={
        ("*", "company_id"): "res.company",
        ("*", "company_ids"): "res.company",
        ("*", "create_uid"): "res.users",
        ("*", "write_uid"): "res.users",
        ("*", "user_id"): "res.users",
        ("*", "partner_id"): "res.partner",
        ("*", "product_id"): "product.product",
        ("*", "product_tmpl_id"): "product.template",
        ("*", "categ_id"): "product.category",
        ("*", "lot_id"): "stock.lot",
        ("*", "lot_ids"): "stock.lot",
        ("*", "picking_id"): "stock.picking",
        ("*", "picking_ids"): "stock.picking",
        ("*", "picking_type_id"): "stock.picking.type",
        ("*", "location_id"): "stock.location",
        ("*", "location_dest_id"): "stock.location",
        ("*", "move_line_ids"): "stock.move.line",
        ("*", "quant_ids"): "stock.quant",
        ("*", "invoice_ids"): "account.move",
        ("*", "invoice_line_ids"): "account.move.line",
        ("*", "account_id"): "account.account",
        ("*", "sale_line_id"): "sale.order.line",
        ("*", "sale_line_ids"): "sale.order.line",
        ("*", "sale_order_id"): "sale.order",
        ("*", "purchase_line_id"): "purchase.order.line",
        ("*", "purchase_id"): "purchase.order",
        ("*", "implied_ids"): "res.groups",
        ("*", "seller_ids"): "product.supplierinfo",
        ("sale.order", "order_line"): "sale.order.line",
        ("sale.order.line", "order_id"): "sale.order",
        ("sale.order.line", "move_ids"): "stock.move",
        ("sale.order.line", "invoice_lines"): "account.move.line",
        ("purchase.order", "order_line"): "purchase.order.line",
        ("purchase.order.line", "order_id"): "purchase.order",
        ("purchase.order.line", "move_ids"): "stock.move",
        ("purchase.order.line", "invoice_lines"): "account.move.line",
        ("stock.picking", "move_ids"): "stock.move",
        ("stock.picking", "sale_id"): "sale.order",
        ("stock.move", "sale_line_id"): "sale.order.line",
        ("stock.move.line", "move_id"): "stock.move",
        ("stock.lot", "sale_order_ids"): "sale.order",
        ("stock.lot", "purchase_order_ids"): "purchase.order",
        ("account.move", "line_ids"): "account.move.line",
        ("account.move.line", "move_id"): "account.move",
        ("account.payment", "move_id"): "account.move",
        ("res.users", "groups_id"): "res.groups",
        ("res.groups", "users"): "res.users",
        ("res.partner", "user_ids"): "res.users",
        ("res.company", "user_ids"): "res.users",
        ("product.template", "product_variant_ids"): "product.product",
    },
    same=frozenset(
        [
            "browse",
            "search",
            "create",
            "copy",
            "new",
            "exists",
            "sudo",
            "with_context",
            "with_company",
            "with_user",
            "with_env",
            "with_prefetch",
            "filtered",
            "filtered_domain",
            "sorted",
            "concat",
            "union",
            "ensure_one",
            "edit",
            "save",
            "_filtered_access",
            "search_fetch",
            "_origin",
        ]
    ),
    names={
        "user": "res.users",
        "users": "res.users",
        "group": "res.groups",
        "groups": "res.groups",
        # Of stock or of account: neither has a field that is renamed.
        "move": "*.move",
        "moves": "*.move",
        "move_line": "stock.move.line",
        "move_lines": "stock.move.line",
        "picking": "stock.picking",
        "quant": "stock.quant",
        "lot": "stock.lot",
        "product": "product.product",
        "products": "product.product",
        "partner": "res.partner",
        "company": "res.company",
        "so_line": "sale.order.line",
        "sale_line": "sale.order.line",
        "sale_order": "sale.order",
        "po_line": "purchase.order.line",
        "purchase_line": "purchase.order.line",
        "purchase_order": "purchase.order",
    },
    takes_values={"create": 0, "write": 0, "new": 0, "update": 0, "copy": 0},
    gives_values={
        "_prepare_stock_move_vals": "stock.move",
        "_get_stock_move_values": "stock.move",
        "_prepare_move_line_vals": "stock.move.line",
        "_prepare_account_move_line": "account.move.line",
        "_prepare_invoice_line": "account.move.line",
        "_prepare_invoice": "account.move",
    },
    takes_paths=frozenset(
        [
            "search",
            "search_count",
            "search_read",
            "search_fetch",
            "read",
            "mapped",
            "filtered",
            "sorted",
            "filtered_domain",
            "_read_group",
            "_search",
            "fields_get",
            "fetch",
            "web_search_read",
            "web_read_group",
            "flush_model",
            "flush_recordset",
            "invalidate_model",
            "invalidate_recordset",
            "modified",
            "export_data",
            "name_search",
            "grouped",
        ]
    ),
    xmlids={
        "base.user_": "res.users",
        "base.group_": "res.groups",
        "base.main_company": "res.company",
        "base.main_partner": "res.partner",
        "base.partner_": "res.partner",
        "uom.product_uom_": "uom.uom",
    },
    templates={
        "sale.report_saleorder_document": {
            "doc": "sale.order",
            "line": "sale.order.line",
        },
        "sale.sale_order_portal_content": {
            "sale_order": "sale.order",
            "line": "sale.order.line",
        },
        "purchase.report_purchaseorder_document": {
            "o": "purchase.order",
            "line": "purchase.order.line",
        },
        "purchase.report_purchasequotation_document": {
            "o": "purchase.order",
            "order_line": "purchase.order.line",
        },
        "account.report_invoice_document": {
            "o": "account.move",
            "line": "account.move.line",
        },
        "stock.report_picking": {"o": "stock.picking", "move": "stock.move"},
        "stock.report_delivery_document": {
            "o": "stock.picking",
            "move": "stock.move",
        },
    },
)

_ACTIONS = (
    "ir.actions.act_window",
    "ir.actions.server",
    "ir.actions.report",
    "ir.cron",
    "ir.ui.menu",
    "ir.ui.view",
)

_TO_19 = (
    # -- manifest -----------------------------------------------------------------
    Step("manifest version", "manifest_version", "__manifest__.py"),
    Step(
        "manifest category of the stock applications",
        "manifest_category",
        "__manifest__.py",
        {"Inventory/": "Supply Chain/"},
    ),
    # -- models -------------------------------------------------------------------
    Step("SQL constraints are attributes", "sql_constraints", ".py"),
    Step("JSON-RPC route type", "route_type", ".py", {"json": "jsonrpc"}),
    Step(
        "JSON-RPC routing type of a dispatcher",
        "routing_type",
        ".py",
        {"json": "jsonrpc"},
    ),
    Step(
        "name_search takes a domain",
        "parameter_call",
        ".py",
        {"method": "name_search", "old": "args", "new": "domain"},
    ),
    Step(
        "name_search takes a domain",
        "parameter",
        ".py",
        {"method": "name_search", "old": "args", "new": "domain"},
    ),
    Step(
        "joins without access rules",
        "field_keyword",
        ".py",
        {"auto_join": "bypass_search_access"},
    ),
    Literal("packages", "stock.quant.package", "stock.package"),
    Literal("packages", "stock.model_stock_quant_package", "stock.model_stock_package"),
    Literal(
        "packages", "stock.view_quant_package_form", "stock.stock_package_view_form"
    ),
    Literal(
        "packages", "stock.view_quant_package_tree", "stock.stock_package_view_list"
    ),
    Literal(
        "packages", "stock.view_quant_package_kanban", "stock.stock_package_view_kanban"
    ),
    Literal(
        "packages", "stock.quant_package_search_view", "stock.stock_package_view_search"
    ),
    Literal("packages", "stock.seq_quant_package", "stock.seq_package"),
    Literal(
        "packages",
        "stock.action_report_quant_package_barcode",
        "stock.action_report_package_barcode",
    ),
    Literal(
        "packages",
        "stock.action_report_quant_package_barcode_small",
        "stock.action_report_package_barcode_small",
    ),
    Literal("decimal precision of units", "Product Unit of Measure", "Product Unit"),
    Literal(
        "decimal precision of units",
        "product.decimal_product_uom",
        "uom.decimal_product_uom",
    ),
    Literal("periodic valuation", "manual_periodic", "periodic"),
    Literal(
        "application categories",
        "base.module_category_inventory",
        "base.module_category_supply_chain",
    ),
    Literal(
        "application categories",
        "base.module_category_inventory_inventory",
        "base.module_category_supply_chain_inventory",
    ),
    Literal(
        "application categories",
        "base.module_category_inventory_purchase",
        "base.module_category_supply_chain_purchase",
    ),
    # -- fields -------------------------------------------------------------------
    Rename(
        "groups of a user: written ones, and with implied ones where read",
        ("res.users",),
        "groups_id",
        "group_ids",
        read="all_group_ids",
        unsure="rename",
    ),
    Rename("groups of views, menus, actions", _ACTIONS, "groups_id", "group_ids"),
    Rename(
        "users of a group: written ones, and implied ones where read",
        ("res.groups",),
        "users",
        "user_ids",
        read="all_user_ids",
    ),
    Rename("implied groups", ("res.groups",), "trans_implied_ids", "all_implied_ids"),
    Rename(
        "unit of an order line",
        (
            "sale.order.line",
            "purchase.order.line",
            "product.supplierinfo",
            "sale.report",
            "purchase.report",
        ),
        "product_uom",
        "product_uom_id",
        unsure="refuse",
    ),
    Rename(
        "taxes of a sale line",
        ("sale.order.line",),
        "tax_id",
        "tax_ids",
        unsure="refuse",
    ),
    Rename(
        "taxes of a purchase line",
        ("purchase.order.line",),
        "taxes_id",
        "tax_ids",
        unsure="refuse",
    ),
    Rename("terms of a purchase order", ("purchase.order",), "notes", "note"),
    Rename(
        "compute methods named after their field",
        ("sale.order.line",),
        "_compute_tax_id",
        "_compute_tax_ids",
    ),
    Rename(
        "compute methods named after their field",
        ("sale.order.line",),
        "_compute_product_uom",
        "_compute_product_uom_id",
    ),
    Rename(
        "locking a purchase order", ("purchase.order",), "button_done", "button_lock"
    ),
    Step(
        "privileges between groups and application categories",
        "privileges",
        ".xml",
        {
            "base.module_category_sales_sales": "sales_team.res_groups_privilege_sales",
            "base.module_category_inventory_inventory": (
                "stock.res_groups_privilege_inventory"
            ),
            "base.module_category_inventory_purchase": (
                "purchase.res_groups_privilege_purchase"
            ),
            "base.module_category_accounting_accounting": (
                "account.res_groups_privilege_accounting"
            ),
            # No privilege stands for what the source hides.
            "base.module_category_hidden": "",
            "base.module_category_usability": "",
        },
    ),
    # -- JavaScript ---------------------------------------------------------------
    Step(
        "tour helpers",
        "module_path",
        ".js",
        {"@web_tour/tour_service/tour_utils": "@web_tour/tour_utils"},
    ),
    # -- fields that are gone -----------------------------------------------------
    Gone(
        "name of a stock move",
        ("stock.move",),
        ("name",),
        "19.0 has no such field: branch in compat.py",
    ),
    Gone(
        "procurement groups",
        (
            "stock.move",
            "stock.picking",
            "stock.rule",
            "purchase.order",
            "purchase.order.line",
        ),
        ("group_id",),
        "19.0 has stock.reference instead: link with a field of your own",
    ),
    Gone(
        "procurement groups",
        ("sale.order",),
        ("procurement_group_id",),
        "19.0 has stock.reference instead: link with a field of your own",
    ),
    Gone(
        "scrapped moves",
        ("stock.move",),
        ("scrapped",),
        "use location_dest_id.usage == 'inventory', or scrap_id",
    ),
    Gone(
        "scrap locations",
        ("stock.location",),
        ("scrap_location",),
        "branch in compat.py on usage",
    ),
    Gone(
        "moves by package",
        ("stock.picking",),
        (
            "date",
            "has_packages",
            "move_ids_without_package",
            "move_line_exist",
            "move_line_ids_without_package",
            "package_level_ids",
            "package_level_ids_details",
        ),
        "use move_ids, move_line_ids, scheduled_date or date_done",
    ),
    Gone(
        "package levels",
        ("stock.move", "stock.move.line"),
        ("package_level_id", "picking_type_entire_packs"),
        "19.0 nests packages",
    ),
    Gone(
        "packing",
        ("stock.picking",),
        ("_package_move_lines", "_post_put_in_pack_hook", "_pre_put_in_pack_hook"),
        "19.0 packs in stock.move.line: branch in compat.py",
    ),
    Gone(
        "packagings",
        ("stock.move", "sale.order.line", "purchase.order.line"),
        (
            "_compute_product_packaging_qty",
            "product_packaging_id",
            "product_packaging_qty",
        ),
        "19.0 has units instead of packagings",
    ),
    Gone(
        "packages",
        ("stock.quant.package",),
        ("package_use",),
        "19.0 knows no reusable boxes",
    ),
    Gone(
        "last customer of a lot",
        ("stock.lot",),
        ("last_delivery_partner_id",),
        "branch in compat.py: partner_ids in 19.0",
    ),
    Gone(
        "unit categories",
        ("uom.uom",),
        ("category_id", "factor_inv", "uom_type", "ratio"),
        "branch in compat.py: relative_uom_id and relative_factor in 19.0",
    ),
    Gone(
        "unit categories",
        ("sale.order.line", "purchase.order.line", "stock.move", "stock.move.line"),
        ("product_uom_category_id",),
        "19.0 has no unit categories",
    ),
    Gone(
        "purchase unit",
        ("product.template", "product.product"),
        ("packaging_ids", "uom_category_id", "uom_po_id"),
        "19.0 takes the unit of the vendor's price: leave it out",
    ),
    Gone(
        "blocking warnings",
        ("product.template", "product.product"),
        ("purchase_line_warn", "sale_line_warn"),
        "19.0 has the message alone",
    ),
    Gone(
        "blocking warnings",
        ("res.partner",),
        (
            "invoice_warn",
            "invoice_warn_msg",
            "picking_warn",
            "purchase_warn",
            "sale_warn",
        ),
        "19.0 has the message alone",
    ),
    Gone(
        "partner phones and titles",
        ("res.partner", "res.users"),
        ("mobile", "title"),
        "use phone",
    ),
    Gone("company phone", ("res.company",), ("mobile",), "use phone"),
    Gone(
        "options of a quotation",
        ("sale.order", "sale.order.line"),
        ("sale_order_option_ids",),
        "19.0 has sections with is_optional",
    ),
    Gone(
        "procurement of an order",
        ("sale.order.line",),
        ("_get_procurement_group", "_prepare_procurement_group_vals"),
        "19.0 has stock.reference: branch in compat.py",
    ),
    Gone(
        "cancelling an order",
        ("sale.order",),
        ("_show_cancel_wizard",),
        "19.0 asks nothing: call _action_cancel",
    ),
    Gone(
        "mailed confirmations of a purchase",
        ("purchase.order",),
        (
            "_prepare_group_vals",
            "confirm_reminder_mail",
            "mail_reception_confirmed",
            "mail_reception_declined",
            "mail_reminder_confirmed",
        ),
        "19.0 has acknowledged, and stock.reference",
    ),
    Gone(
        "route of a sale line",
        ("sale.order.line",),
        ("route_id",),
        "branch in compat.py: route_ids in 19.0",
    ),
    Gone(
        "archived accounts",
        ("account.account",),
        ("deprecated",),
        "branch in compat.py: active in 19.0",
    ),
    Gone(
        "accounts of a journal",
        ("account.account",),
        ("allowed_journal_ids",),
        "19.0 restricts no journal",
    ),
    Gone(
        "accounts of a journal",
        ("account.journal",),
        ("account_control_ids", "autocheck_on_post"),
        "19.0 restricts no journal",
    ),
    Gone(
        "valuation accounts",
        ("product.category",),
        (
            "property_account_creditor_price_difference_categ",
            "property_stock_account_input_categ_id",
            "property_stock_account_output_categ_id",
        ),
        "19.0 has only property_stock_valuation_account_id: branch in compat.py",
    ),
    Gone(
        "valuation accounts",
        ("stock.location",),
        ("valuation_in_account_id", "valuation_out_account_id"),
        "branch in compat.py: valuation_account_id in 19.0",
    ),
    Gone(
        "valuation layers",
        ("stock.move", "stock.lot", "product.product"),
        ("stock_valuation_layer_ids",),
        "19.0 keeps the value on stock.move: branch in compat.py",
    ),
    Gone(
        "valuation layers",
        ("stock.lot", "product.product"),
        ("quantity_svl", "value_svl"),
        "total_value in both series",
    ),
    Gone(
        "valuation layers",
        ("account.move", "account.move.line"),
        ("stock_valuation_layer_ids",),
        "19.0 keeps the value on stock.move: branch in compat.py",
    ),
    Gone(
        "entries of a move",
        ("stock.move",),
        (
            "_account_entry_move",
            "_create_in_svl",
            "_create_out_svl",
            "_generate_valuation_lines_data",
            "_get_accounting_data_for_valuation",
            "_prepare_account_move_vals",
            "account_move_ids",
            "product_price_update_before_done",
        ),
        "19.0 posts with invoices: branch in compat.py on account_move_id",
    ),
    Gone(
        "entries of a move",
        ("account.move",),
        ("_stock_account_prepare_anglo_saxon_out_lines_vals", "stock_move_id"),
        "branch in compat.py: stock_move_ids in 19.0",
    ),
    Gone(
        "entries of a move",
        ("account.move.line",),
        ("_eligible_for_cogs", "_stock_account_get_anglo_saxon_price_unit"),
        "branch in compat.py: _eligible_for_stock_account in 19.0",
    ),
    Gone(
        "sequences",
        ("ir.sequence",),
        ("get", "get_id"),
        "use next_by_code or next_by_id",
    ),
    Gone("user of a filter", ("ir.filters",), ("user_id",), "user_ids in 19.0"),
    Gone(
        "locks of a cron",
        ("ir.cron",),
        ("_try_lock", "try_write"),
        "19.0 has try_lock_for_update",
    ),
    Gone(
        "access to attachments",
        ("ir.attachment",),
        ("_check_attachments_access", "_filter_attachment_access", "validate_access"),
        "use check_access",
    ),
    Gone(
        "mail servers",
        ("ir.mail_server",),
        ("_prepare_email_message", "_smtp_login", "build_email", "connect"),
        "use send_email, or branch in compat.py",
    ),
    Gone(
        "logging in",
        ("res.users",),
        ("_check_one_user_type", "_should_alert_new_device", "_totp_check", "check"),
        "branch in compat.py",
    ),
    Gone(
        "payment notifications",
        ("payment.transaction",),
        (
            "_get_tx_from_notification_data",
            "_handle_notification_data",
            "_process_notification_data",
        ),
        "19.0 has _process and its hooks: branch in compat.py",
    ),
    Gone(
        "settings",
        ("res.config.settings",),
        (
            "group_stock_accounting_automatic",
            "group_stock_packaging",
            "po_lead",
            "use_po_lead",
            "user_default_rights",
        ),
        "19.0 has no such setting",
    ),
    # -- refused in the source ----------------------------------------------------
    Forbidden(
        "domains",
        "import",
        ("odoo.osv",),
        "19.0 warns: join plain lists of domain terms instead",
    ),
    Forbidden(
        "record shortcuts",
        "attribute",
        ("_cr", "_uid", "_context"),
        "deprecated: use self.env.cr, self.env.uid or self.env.context",
    ),
    Forbidden("grouping", "call", ("read_group",), "deprecated: use _read_group"),
    Forbidden(
        "archiving",
        "attribute",
        ("toggle_active",),
        "deprecated: use action_archive or action_unarchive",
    ),
    Forbidden(
        "access checks",
        "attribute",
        (
            "check_access_rights",
            "check_access_rule",
            "_filter_access_rules",
            "_filter_access_rules_python",
        ),
        "deprecated: use check_access, has_access or _filtered_access",
    ),
    Forbidden(
        "field access",
        "attribute",
        ("check_field_access_rights",),
        "19.0 deprecates it: branch in compat.py on _has_field_access",
    ),
    Forbidden("cycles", "attribute", ("_check_recursion",), "use _has_cycle"),
    Forbidden(
        "internals of the ORM",
        "attribute",
        (
            "_apply_ir_rules",
            "_condition_to_sql",
            "_flush_search",
            "_setup_base",
            "_setup_complete",
            "_where_calc",
            "clear_caches",
        ),
        "19.0 has none: use _search, _as_query, env.registry.clear_cache",
    ),
    Forbidden(
        "models that are gone",
        "word",
        (
            "procurement.group",
            "product.packaging",
            "res.partner.title",
            "sale.order.cancel",
            "sale.order.option",
            "sale.order.template.option",
            "stock.change.product.qty",
            "stock.package_level",
            "stock.valuation.layer",
            "stock.valuation.layer.revaluation",
            "uom.category",
        ),
        "19.0 has no such model: branch in compat.py",
    ),
    Forbidden(
        "records that are gone",
        "word",
        (
            "account.group_purchase_receipts",
            "account.group_sale_receipts",
            "base.default_user",
            "portal.portal_my_details_fields",
            "product.cat_expense",
            "product.group_stock_packaging",
            "product.product_category_1",
            "product.product_category_all",
            "purchase.mt_rfq_done",
            "purchase_stock.view_category_property_form",
            "sale.mail_template_sale_cancellation",
            "sale.menu_product_uom_categ_form_action",
            "sale.next_id_16",
            "sale_stock.view_order_form_inherit_sale_stock_qty",
            "stock.dashboard_open_quants",
            "stock.duplicated_sn_warning",
            "stock.location_open_quants",
            "stock.menu_stock_unit_measure_stock",
            "stock.product_uom_menu",
            "stock.sequence_proc_group",
            "stock.stock_location_locations",
            "stock.stock_location_locations_partner",
            "stock.stock_location_locations_virtual",
            "stock_account.group_stock_accounting_automatic",
            "stock_account.menu_valuation",
            "stock_account.stock_valuation_layer_action",
            "stock_account.view_move_form_inherit",
            "uom.product_uom_categ_kgm",
            "uom.product_uom_categ_unit",
            "uom.product_uom_categ_vol",
        ),
        "19.0 has no such record: define one of your own or look one up",
    ),
    Forbidden("aggregates", "keyword", ("group_operator",), "use aggregator"),
    Forbidden("api.returns", "decorator", ("returns",), "19.0 has no api.returns"),
    Forbidden(
        "request shortcuts",
        "request",
        ("cr", "uid", "context"),
        "deprecated: use request.env.cr, request.env.uid, request.env.context",
    ),
    Forbidden(
        "caches",
        "import",
        ("odoo.tools.ormcache_context", "odoo.tools.cache.ormcache_context"),
        "use ormcache with self.env.context.get(...) in its key",
    ),
    Forbidden(
        "imports that moved",
        "import",
        (
            "odoo.registry",
            "odoo.tools.lazy_property",
            "odoo.tools.create_unique_index",
            "odoo.tools.date_range",
            "odoo.tools.get_month",
            "odoo.tools.get_quarter",
            "odoo.tools.get_fiscal_year",
            "odoo.tools.check_barcode_encoding",
            "odoo.tools.image_process",
            "odoo.tools.pycompat",
            "odoo.tools.misc.xlsxwriter",
            "odoo.tools.misc.xlwt",
            "odoo.fields.first",
            "odoo.http.JSON_MIMETYPES",
            "odoo.http.CSRF_FREE_METHODS",
            "odoo.modules.get_module_resource",
            "odoo.modules.module.get_resource_path",
            "odoo.modules.module.get_module_resource",
            "odoo.service.model.execute_kw",
            "odoo.tests.common.Form",
            "odoo.addons.base.tests.common.BaseUsersCommon",
        ),
        "19.0 has it elsewhere or not at all: import it from where both series do",
    ),
    Forbidden(
        "modules that are gone",
        "depends",
        (
            "auth_totp_mail_enforce",
            "hr_contract",
            "membership",
            "product_images",
            "sale_async_emails",
            "web_editor",
        ),
        "19.0 has no such module",
    ),
    Forbidden("list views", "tag", ("tree",), "the tag is list since 18.0"),
    Forbidden(
        "search groups",
        "search_group",
        ("expand", "string"),
        "19.0 rejects it on a group of a search view: write neither",
    ),
    Forbidden(
        "kanban cards", "kanban_box", ("kanban-box", "kanban-menu"), "name it card"
    ),
    Forbidden(
        "inline actions", "action_target", ("inline",), "19.0 has no such target"
    ),
)

SERIES = {"19.0": Series("19.0", _TO_19)}

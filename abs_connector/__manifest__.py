# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "ABS Connector",
    "summary": "Service Account governance and a REST API for field agents",
    "version": "18.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Fusion Apps",
    "license": "LGPL-3",
    "depends": ["sale_management", "sale_stock"],
    "data": [
        "security/governance_groups.xml",
        "security/ir.model.access.csv",
        "security/governance_rules.xml",
        "data/global_root.xml",
        "data/ir_cron_data.xml",
        "data/abs_api_scope_data.xml",
        "wizards/ov_serviced_account_close_views.xml",
        "views/ov_membership_views.xml",
        "views/ov_serviced_account_views.xml",
        "views/abs_employee_views.xml",
        "wizards/abs_api_key_show_views.xml",
        "views/abs_api_key_views.xml",
        "views/menus.xml",
    ],
    "post_init_hook": "post_init_hook",
    # In work: nothing of the API stands on it yet.
    "installable": False,
}

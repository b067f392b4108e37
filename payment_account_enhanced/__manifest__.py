# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Payment Account Enhanced",
    "summary": "Payment approval with segregation of duties, and locks that hold",
    "version": "18.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Fusion Apps",
    "license": "LGPL-3",
    "depends": ["account"],
    "data": [
        "security/payment_groups.xml",
        "security/ir.model.access.csv",
        "security/payment_security.xml",
        "wizards/payment_reason_views.xml",
        "views/account_payment_views.xml",
        "views/payment_approval_rule_views.xml",
        "views/payment_approval_log_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "post_init_hook": "post_init_hook",
}

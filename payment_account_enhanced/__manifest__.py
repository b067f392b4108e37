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
        "data/voucher_sequences.xml",
        "data/mail_activity_type_data.xml",
        "data/ir_cron_data.xml",
        "report/payment_voucher_report.xml",
        "report/payment_voucher_templates.xml",
        "wizards/payment_reason_views.xml",
        "views/account_payment_views.xml",
        "views/account_move_views.xml",
        "views/payment_approval_rule_views.xml",
        "views/payment_approval_log_views.xml",
        "views/payment_approval_board_views.xml",
        "views/res_partner_bank_views.xml",
        "views/res_config_settings_views.xml",
        "views/voucher_verify_templates.xml",
        "views/menus.xml",
    ],
    "demo": [
        "demo/payment_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "payment_account_enhanced/static/src/form/*",
        ],
        "web.report_assets_common": [
            "payment_account_enhanced/static/src/report/payment_voucher.scss",
        ],
    },
    "post_init_hook": "post_init_hook",
}

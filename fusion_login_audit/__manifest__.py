# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Fusion Login Audit",
    "summary": "A durable record of every login, good or bad, with alerts",
    "version": "18.0.1.0.0",
    "category": "Tools",
    "author": "Fusion Apps",
    "license": "LGPL-3",
    "depends": ["base", "mail"],
    "external_dependencies": {"python": ["dnspython", "user-agents"]},
    "data": [
        "security/login_audit_groups.xml",
        "security/ir.model.access.csv",
        "security/login_audit_security.xml",
        "data/ir_config_parameter.xml",
        "data/ir_cron_data.xml",
        "data/mail_template_data.xml",
        "views/fusion_login_audit_views.xml",
        "views/fusion_login_alert_views.xml",
        "views/fusion_login_seal_views.xml",
        "views/fusion_login_geo_views.xml",
        "views/fusion_login_own_activity_views.xml",
        "views/res_users_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "fusion_login_audit/static/src/**/*",
            ("remove", "fusion_login_audit/static/src/graph/**/*"),
        ],
        "web.assets_backend_lazy": ["fusion_login_audit/static/src/graph/**/*"],
    },
}

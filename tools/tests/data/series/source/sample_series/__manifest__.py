{
    "name": "Sample of the series renderer",
    "summary": "Meets most of what is spelt differently between series",
    "version": "18.0.1.2.3",
    "category": "Inventory/Inventory",
    "license": "LGPL-3",
    "author": "Suite authors",
    "depends": ["sale_stock", "purchase_stock"],
    "data": [
        "security/sample_groups.xml",
        "security/ir.model.access.csv",
        "views/sample_note_views.xml",
        "views/sale_order_views.xml",
        "report/sample_report.xml",
    ],
    "assets": {
        "web.assets_tests": ["sample_series/static/tests/tours/*"],
    },
}

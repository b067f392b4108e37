# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "ABS Connector: Letters",
    "summary": "Lets the API change addresses of customers who are sent letters",
    "version": "18.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Fusion Apps",
    "license": "LGPL-3",
    "depends": ["abs_connector", "snailmail"],
    "data": ["security/ir.model.access.csv"],
    "auto_install": True,
    # As abs_connector itself.
    "installable": False,
}

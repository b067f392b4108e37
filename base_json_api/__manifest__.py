# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "JSON API Base",
    "summary": "Declared, validated and documented JSON endpoints for other addons",
    "version": "18.0.1.0.0",
    "category": "Hidden/Tools",
    "author": "Fusion Apps",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "external_dependencies": {"python": ["pydantic", "pyjwt"]},
    "data": ["security/ir.model.access.csv"],
}

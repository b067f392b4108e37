from hashlib import sha256

from odoo import models, tools

from ..api import openapi, registry


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @tools.ormcache("api_name", cache="routing")
    def _json_api_document(self, api_name: str) -> tuple[bytes, str]:
        """Return the OpenAPI document of an API and its entity tag.

        It is made of what Odoo really routes, once for each routing map.
        """
        api = next(api for api in registry.apis() if api.name == api_name)
        document = openapi.written(api, registry.routed(self.env, api))
        return document, f'"{sha256(document).hexdigest()[:32]}"'

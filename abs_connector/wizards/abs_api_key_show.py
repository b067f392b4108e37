from odoo import fields, models


class AbsApiKeyShow(models.AbstractModel):
    """Shows a new key once; it travels in the context and is stored nowhere."""

    _name = "abs.api.key.show"
    _description = "New API Key"

    # Without it the web client asks for no default values.
    id = fields.Id()
    key = fields.Char(readonly=True)

from odoo import _, api, fields, models

from ..tools.flags import flag

PRIVATE = "--"
_NEGATIVE = {"!=": "=", "not in": "in", "not like": "like", "not ilike": "ilike"}


class FusionLoginPlace(models.AbstractModel):
    """Where an event came from, as its screens show it."""

    _name = "fusion.login.place"
    _description = "Place of a Login Event"

    country_code = fields.Char(size=2, readonly=True)
    country_name = fields.Char("Country", size=64, readonly=True)
    country_display = fields.Char(
        "From", compute="_compute_country_display", search="_search_country_display"
    )

    @api.depends("country_code", "country_name")
    def _compute_country_display(self):
        for event in self:
            event.country_display = self._fc_place_label(
                event.country_code, event.country_name
            )

    def _search_country_display(self, operator, value):
        """Find countries by name or code, and private networks by their label.

        The codes are found first: they have an index, the names of countries none.
        """
        positive = _NEGATIVE.get(operator, operator)
        countries = self.env["res.country"].search([("name", positive, value)])
        texts = [value] if isinstance(value, str) else list(value or [])
        for text in texts:
            countries |= countries.search([("code", "=ilike", text)])
        codes = countries.mapped("code")
        private = self._fc_place_label(PRIVATE, False).lower()
        if any(text and text.lower() in private for text in texts):
            codes.append(PRIVATE)
        return [("country_code", "in" if positive == operator else "not in", codes)]

    @api.model
    def _fc_place_label(self, code, name):
        """Return a country for people: its flag and name.

        :param str code: ISO 3166-1 alpha-2, or :data:`PRIVATE`
        :param str name: the country's name, when it is known
        :return: str; empty while the place is not known
        """
        if code == PRIVATE:
            return _("\N{HOUSE BUILDING} Private network")
        return f"{flag(code)} {name or code or ''}".strip()

from odoo import http, release

from odoo.addons.base_json_api.api import PUBLIC, SuiteAnswer

from ..api import api


class HealthAnswer(SuiteAnswer):
    status: str
    """`ok`, whenever this is answered: with a database that can be read."""
    series: str
    """Of Odoo, such as `18.0`."""


class HealthController(http.Controller):
    @api.endpoint("/health", "GET", auth=PUBLIC, answer=HealthAnswer, rate="none")
    def health(self, call):
        """Tell whether the server works."""
        call.env.cr.execute("SELECT 1")
        return {"status": "ok", "series": release.series}

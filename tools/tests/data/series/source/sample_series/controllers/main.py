from odoo import http
from odoo.http import request


class SampleController(http.Controller):
    @http.route("/sample_series/ping", type="json", auth="user", methods=["POST"])
    def ping(self):
        """Answer with the type of the route."""
        return {
            "routing_type": request.dispatcher.routing_type,
            "is_rpc": request.dispatcher.routing_type == "json",
        }

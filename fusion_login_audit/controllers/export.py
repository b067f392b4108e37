import json
from datetime import date

from werkzeug.exceptions import BadRequest, Forbidden

from odoo import _, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import content_disposition, request


class LoginAuditExport(http.Controller):
    @http.route(
        "/fusion_login_audit/export",
        type="http",
        auth="user",
        methods=["POST"],
        readonly=True,
    )
    def export(self, domain="[]", token=None):
        """Send login events as CSV while they are read.

        :param str domain: JSON of the domain of the events
        :param token: the web client sends one with each download; it means nothing
        """
        try:
            rows = request.env["fusion.login.audit"]._fc_export_csv(
                _read_domain(domain)
            )
        except AccessError as error:
            raise Forbidden(_as_web_client_reads(error)) from error
        except UserError as error:
            raise BadRequest(_as_web_client_reads(error)) from error
        name = f"login_events_{date.today().isoformat()}.csv"
        return request.make_response(
            rows,
            headers=[
                ("Content-Type", "text/csv; charset=utf-8"),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ],
        )


def _read_domain(text):
    """Return the domain of a request.

    :raises ValidationError: when it is no JSON, or no list
    """
    try:
        domain = json.loads(text)
    except ValueError:
        domain = None
    if not isinstance(domain, list):
        raise ValidationError(_("The export's domain must be a list in JSON."))
    return domain


def _as_web_client_reads(error):
    """Return an error for the dialog that the web client shows."""
    data = http.serialize_exception(error)
    return json.dumps({"code": 0, "message": str(error), "data": data})

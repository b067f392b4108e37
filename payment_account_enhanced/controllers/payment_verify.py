from odoo import http
from odoo.http import request

_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
_STATUS = {"valid": 200, "superseded": 200, "unknown": 404, "busy": 429}


class PaymentVerify(http.Controller):
    """The page that a voucher's QR code opens, for anybody who holds the paper."""

    @http.route(
        "/payment/verify/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=False,
        sitemap=False,
    )
    def verify(self, token):
        """Say whether a voucher is valid, superseded or unknown.

        :param str token: what the QR code says
        """
        address = request.httprequest.remote_addr
        if not request.env["payment.verify.hit"]._take(address):
            return self._answer("busy")
        status, payment = request.env["account.payment"]._verify_voucher(token)
        return self._answer(status, payment)

    def _answer(self, status, payment=None):
        """Return the page; it shows nothing that the paper does not show."""
        html = request.env["ir.qweb"]._render(
            "payment_account_enhanced.voucher_verify",
            {"status": status, "payment": payment},
        )
        headers = {**_HEADERS, "Content-Type": "text/html; charset=utf-8"}
        if status == "busy":
            headers["Retry-After"] = "60"
        return request.make_response(
            html, list(headers.items()), status=_STATUS[status]
        )

"""What the QR code of a voucher says, and how it is checked.

A token holds the payment's id, a digest of what was printed, and a seal over both. The
seal tells a token that was once printed from an invented one without a look at the
payments, so that nobody finds out by trying which of them exist; the digest tells a
payment as it was printed from one that has changed since.
"""

import base64
import binascii
import hashlib
import json
from hmac import compare_digest

from odoo import api, models
from odoo.tools import float_repr, hmac

#: Lines of the decision log that change nothing of what is printed.
_UNPRINTED = ("override", "unmatch")
_ID, _PART = 8, 16
_LENGTH = _ID + 2 * _PART


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _voucher_url(self):
        """Return the address at which anybody can check the voucher as it is now."""
        self.ensure_one()
        return f"{self.get_base_url()}/payment/verify/{self._voucher_token()}"

    def _voucher_qr(self):
        """Return the QR code of the address as a data URI."""
        # Without a border, which `quiet` gives in one series and takes in the other:
        # the style sheet leaves white around the code.
        png = self.env["ir.actions.report"].barcode(
            "QR", self._voucher_url(), width=480, height=480, barBorder=0, barLevel="M"
        )
        return f"data:image/png;base64,{base64.b64encode(png).decode()}"

    def _voucher_token(self):
        """Return the token of the payment as it is now."""
        self.ensure_one()
        head = self.id.to_bytes(_ID, "big") + self._voucher_digest()
        token = base64.urlsafe_b64encode(head + self._voucher_seal(head))
        return token.decode().rstrip("=")

    def _voucher_digest(self):
        """Return the code of id, amount, currency, partner and decisions."""
        payment = self.sudo()
        places = payment.currency_id.decimal_places
        printed = [
            payment.id,
            float_repr(payment.amount, places),
            payment.currency_id.id,
            payment.partner_id.id,
            payment._decision_digest(),
        ]
        code = hmac(payment.env, "payment_voucher_digest", json.dumps(printed))
        return bytes.fromhex(code)[:_PART]

    def _decision_digest(self):
        """Return the digest of the decisions that were taken on the payment."""
        lines = self.sudo().approval_log_ids
        told = [
            [
                line.id,
                line.action,
                line.user_id.id,
                line.delegator_id.id,
                str(line.decided_at),
                line.reason or "",
            ]
            for line in lines.sorted("id")
            if line.action not in _UNPRINTED
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @api.model
    def _voucher_seal(self, head):
        """Return the seal over the first parts of a token.

        :param bytes head: id and digest
        """
        code = hmac(self.sudo().env, "payment_voucher_seal", head.hex())
        return bytes.fromhex(code)[:_PART]

    @api.model
    def _verify_voucher(self, token):
        """Check a token.

        :param str token: what the QR code says
        :return: tuple of `valid`, `superseded` or `unknown`, and the payment, which is
            empty unless the token was once printed
        """
        payments = self.sudo().browse()
        raw = _decode(token)
        head, seal = raw[:-_PART], raw[-_PART:]
        if len(raw) != _LENGTH or not compare_digest(self._voucher_seal(head), seal):
            return "unknown", payments
        payment = payments.browse(int.from_bytes(head[:_ID], "big")).exists()
        same = payment and compare_digest(payment._voucher_digest(), head[_ID:])
        valid = same and payment.is_posted
        return "valid" if valid else "superseded", payment


def _decode(token):
    """Return the bytes of a token, none when it is not one.

    Only the one spelling that is printed is taken.
    """
    try:
        raw = base64.urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}")
    except (binascii.Error, ValueError):
        return b""
    spelt = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return raw if spelt == token else b""

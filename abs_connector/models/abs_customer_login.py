from odoo import _, api, models

from odoo.addons.base_json_api.api import problems

#: For whom access tokens of customers are (`aud`): none passes for an employee's.
AUDIENCE = "abs-customer"
_TOKEN_MINUTES = ("abs_connector.customer_token_minutes", 60)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def init(self):
        """Find customers by their e-mail among millions."""
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS res_partner_customer_email_idx"
            " ON res_partner (email_normalized) WHERE customer_rank > 0"
        )
        return super().init()

    @api.model
    def _customer_of_email(self, email):
        """Return the customer who logs in with an e-mail; of several, the first made.

        :param str email: normalised
        """
        return self.search(
            [
                ("email_normalized", "=", email),
                ("customer_rank", ">", 0),
                *self._domain_customer_login(),
            ],
            order="id",
            limit=1,
        )

    @api.model
    def _domain_customer_login(self):
        """Return the domain of customers who may be logged in."""
        return [
            ("active", "=", True),
            "|",
            ("company_id", "=", False),
            ("company_id.active", "=", True),
        ]

    def _customer_tokens(self):
        """Return what a customer needs to go on.

        :return: dict with `access_token`, `token_type` and `expires_in`, in seconds
        """
        self.ensure_one()
        seconds = self.env["abs.session"]._setting(_TOKEN_MINUTES) * 60
        keyring = self.env["abs.signing.key"]._keyring()
        return {
            "access_token": keyring.sign(str(self.id), AUDIENCE, seconds),
            "token_type": "Bearer",
            "expires_in": seconds,
        }

    @api.model
    def _of_customer_token(self, token):
        """Return the customer of an access token, as it is now.

        :param str token: what the caller has presented
        :return: one `res.partner`
        :raises Unauthorized: when the token or its customer is not valid
        """
        claims = self.env["abs.signing.key"]._keyring().verify(token, AUDIENCE)
        found = self.search_fetch(
            [("id", "=", int(claims["sub"])), *self._domain_customer_login()],
            ["company_id"],
        )
        if not found:
            raise problems.Unauthorized(
                _("This login is over. Log in again."),
                code="session_ended",
                challenge='Bearer error="invalid_token"',
            )
        return found

import os

from odoo import api, fields, models
from odoo.tools import ormcache

from odoo.addons.base_json_api.api import Key, Keyring

#: Keys from outside the database, `kid:secret` separated by commas; the first signs.
SECRETS = "ABS_CONNECTOR_JWT_SECRETS"
ALGORITHMS = [("HS256", "HS256 (shared secret)"), ("EdDSA", "EdDSA (Ed25519)")]
_ALGORITHM = "abs_connector.jwt_algorithm"


class AbsSigningKey(models.Model):
    """A key that signs access tokens, or has signed some that may still be about.

    The newest signs, all verify. Secrets of the environment win over those kept here.
    """

    _name = "abs.signing.key"
    _description = "Signing Key of the API"
    _order = "id desc"
    _rec_name = "kid"

    kid = fields.Char("Key", required=True, readonly=True)
    algorithm = fields.Selection(ALGORITHMS, required=True, readonly=True)
    secret = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)

    _sql_constraints = [("kid_unique", "UNIQUE(kid)", "Another key has this name.")]

    @api.model
    def _rotate(self):
        """Make a new key, which signs from now on; those before go on verifying.

        The algorithm is the system parameter `abs_connector.jwt_algorithm`, HS256
        unless it says EdDSA.

        :return: the new key
        """
        wanted = self.env["ir.config_parameter"].sudo().get_param(_ALGORITHM)
        key = Key.generate("EdDSA" if wanted == "EdDSA" else "HS256")
        self._forget_keyring()
        return self.sudo().create(
            {"kid": key.kid, "algorithm": key.algorithm, "secret": key.secret}
        )

    def action_rotate(self):
        """Make a new key; for governance managers.

        :raises AccessError: for others
        """
        self.env["abs.employee"].check_access("write")
        self._rotate()
        return {"type": "ir.actions.client", "tag": "reload"}

    def unlink(self):
        """Delete keys: tokens that they signed are worth nothing from now on."""
        self._forget_keyring()
        return super().unlink()

    def _forget_keyring(self):
        """Read the keys anew: now, and when others can see what has changed.

        A thread that reads them before the commit would keep the former ones.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.model
    @ormcache()
    def _keyring(self):
        """Return the `Keyring` of access tokens.

        The issuer is this database, so that the token of a copy is no token here.
        """
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        keys = _keys_of_environment() + [
            Key(one.kid, one.algorithm, one.secret) for one in self.sudo().search([])
        ]
        return Keyring(keys, f"abs_connector/{uuid}")


def _keys_of_environment():
    """Return the keys that the server was started with.

    :raises ValueError: for a secret of less than 32 bytes
    """
    pairs = (one.partition(":") for one in os.environ.get(SECRETS, "").split(","))
    return [
        Key(kid.strip(), "HS256", secret.strip())
        for kid, _colon, secret in pairs
        if kid.strip()
    ]

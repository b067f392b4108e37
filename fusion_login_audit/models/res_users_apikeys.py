from odoo import models

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

from ..tools.attempt import current_attempt
from ..tools.login import key_attempt
from ..tools.once import keyed_hash

KEYS = "res.users.apikeys"


class ResUsersApikeys(models.Model):
    _inherit = KEYS

    def _check_credentials(self, *, scope, key):
        if self._name != KEYS:
            # Trusted devices inherit this model; they are no API keys.
            return super()._check_credentials(scope=scope, key=key)
        attempt = current_attempt()
        if attempt is None:
            # A caller with a way of its own to bring a key along, as the mail plugins.
            with key_attempt(self.env.registry, "bearer") as attempt:
                uid = super()._check_credentials(scope=scope, key=key)
                self._fc_note_key(attempt, key, uid)
            return uid
        uid = super()._check_credentials(scope=scope, key=key)
        self._fc_note_key(attempt, key, uid)
        return uid

    def _fc_note_key(self, attempt, key, uid):
        """Note in an attempt what became of a key.

        :param attempt: the :class:`Attempt`
        :param str key: the key that was checked; only its hash is noted
        :param uid: whose key it is, None when it was refused
        """
        if uid:
            parameters = self.env["ir.config_parameter"].sudo()
            attempt.key_digest = keyed_hash(
                f"fusion_login_audit:{parameters.get_param('database.secret')}", key
            )
        owner, reason = (uid, None) if uid else self._fc_why_refused(key)
        if attempt.interface == "bearer":
            attempt.checked = True
            attempt.user_id = owner
            attempt.reason = reason or (None if uid else "bad_api_key")
        elif reason and owner == attempt.user_id:
            attempt.key_like, attempt.reason = True, reason

    def _fc_why_refused(self, key):
        """Return the owner of a refused key and the `failure_reason`.

        :return: (user id, reason); (None, None) for a key that there never was
        """
        self.env.cr.execute(
            """
            SELECT keys.user_id, keys.key, users.active,
                   keys.expiration_date < now() AT TIME ZONE 'utc'
              FROM res_users_apikeys keys JOIN res_users users ON users.id = user_id
             WHERE index = %s
            """,
            [key[:INDEX_SIZE]],
        )
        for user_id, hashed, active, expired in self.env.cr.fetchall():
            if KEY_CRYPT_CONTEXT.verify(key, hashed):
                if not active:
                    return user_id, "disabled_user"
                return user_id, "expired_api_key" if expired else "bad_api_key"
        return None, None

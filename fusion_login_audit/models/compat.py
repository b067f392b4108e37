"""Where the signatures and the transactions of Odoo's logins differ between series."""

import logging
from functools import partial

from odoo import api, models, release

from ..tools.attempt import current_attempt
from ..tools.login import call_attempt, login_attempt, login_event
from ..tools.record import record

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

SERIES = release.version_info[0]

if SERIES >= 19:

    class ResUsersLogin(models.Model):
        """Logins run in the request's transaction: success is known at its commit."""

        _inherit = "res.users"

        def authenticate(self, credential, user_agent_env):
            registry = self.env.registry
            with login_attempt(registry, credential, user_agent_env) as attempt:
                auth_info = super().authenticate(credential, user_agent_env)
            user = self.browse(auth_info["uid"])
            event = login_event(attempt, auth_info, user._mfa_url)
            self.env.cr.postcommit.add(partial(record, registry, event))
            return auth_info

        @api.model
        def _check_uid_passwd(self, uid, passwd):
            with call_attempt(self.env.registry, uid, passwd):
                return super()._check_uid_passwd(uid, passwd)

else:

    class ResUsersLogin(models.Model):
        """Logins have cursors of their own, committed when `authenticate` returns."""

        _inherit = "res.users"

        @classmethod
        def authenticate(cls, db, credential, user_agent_env):
            with login_attempt(cls.pool, credential, user_agent_env) as attempt:
                auth_info = super().authenticate(db, credential, user_agent_env)

            def mfa_url():
                try:
                    with cls.pool.cursor() as cr:
                        user = api.Environment(cr, auth_info["uid"], {}).user
                        return user._mfa_url()
                except Exception:
                    # The login is decided; only its record is at stake.
                    _logger.exception("fusion_login_audit: second factor not known")
                    return None

            record(cls.pool, login_event(attempt, auth_info, mfa_url))
            return auth_info

        @classmethod
        def check(cls, db, uid, passwd):
            with call_attempt(cls.pool, uid, passwd):
                return super().check(db, uid, passwd)


class ResUsersCredentials(models.Model):
    _inherit = "res.users"

    def _check_credentials(self, credential, env):
        attempt = current_attempt()
        if attempt is None:
            # Somebody who is logged in confirms who it is: no login.
            return super()._check_credentials(credential, env)
        # The user whose credential it is: `self` where a second factor is checked for
        # the public user's session, the environment's where `self` is no record.
        attempt.note_check(self.id or self.env.uid, credential)
        if not (env or {}).get("interactive", True) and not attempt.key_like:
            attempt.key_like = self.env.user._rpc_api_keys_only()
        auth_info = super()._check_credentials(credential, env)
        attempt.note_method(auth_info.get("auth_method"))
        return auth_info


def commit_progress(env, done, remaining):
    """Commit, and tell Odoo how far a cron's run came.

    :param int done: what the run has done since it last said so
    :param int remaining: what is left for a run right after this one
    """
    cron = env["ir.cron"]
    if SERIES >= 19:
        cron._commit_progress(done, remaining=remaining)
    else:
        cron._notify_progress(done=done, remaining=remaining)
        env.cr.commit()  # pylint: disable=invalid-commit

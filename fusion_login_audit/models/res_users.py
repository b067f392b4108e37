from odoo import models

from ..tools.attempt import current_attempt


class ResUsers(models.Model):
    _inherit = "res.users"

    def _on_login_cooldown(self, failures, previous):
        cooling = super()._on_login_cooldown(failures, previous)
        attempt = current_attempt()
        if cooling and attempt:
            attempt.reason = "throttled"
        return cooling

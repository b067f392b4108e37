from functools import partial

from odoo import models
from odoo.http import request

from ..tools.attempt import Attempt, deciding
from ..tools.login import RETRIED, event_of, key_attempt
from ..tools.record import record

# Where providers send people back to; a refusal there never reaches `authenticate`.
PROVIDER_ROUTES = {"/auth_oauth/signin": "oauth", "/auth_oauth/oea": "oauth"}


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_bearer(cls):
        with key_attempt(request.env.registry, "bearer"):
            return super()._auth_method_bearer()

    @classmethod
    def _dispatch(cls, endpoint):
        session = request.session
        if session.get("pre_uid") and not session.get("uid"):
            return cls._fc_second_factor(partial(super()._dispatch, endpoint))
        method = PROVIDER_ROUTES.get(request.httprequest.path)
        if method:
            return cls._fc_provider(partial(super()._dispatch, endpoint), method)
        return super()._dispatch(endpoint)

    @classmethod
    def _fc_second_factor(cls, dispatch):
        """Serve a request of somebody whose password was right, and record whether it
        brings the second factor.

        The session tells: `finalize` turns `pre_uid` into `uid`. That holds for codes,
        trusted devices and whatever else an addon accepts.

        :param callable dispatch: serves the request
        :return: the response
        """
        session = request.session
        attempt = Attempt(session.get("pre_login"), "web", method="trusted_device")
        attempt.user_id = session["pre_uid"]
        if request.httprequest.method == "POST" and request.params.get("totp_token"):
            attempt.checked, attempt.method = True, "totp"
        registry = request.env.registry
        try:
            with deciding(attempt):
                response = dispatch()
        except RETRIED:
            raise
        except Exception:
            if attempt.checked and not attempt.nested:
                record(registry, event_of(attempt, "failure"))
            raise
        if attempt.nested:
            # Logging in from the start again: `authenticate` has recorded it.
            return response
        if session.get("uid") == attempt.user_id:
            event = event_of(attempt, "success")
            request.env.cr.postcommit.add(partial(record, registry, event))
        elif attempt.checked:
            record(registry, event_of(attempt, "failure"))
        return response

    @classmethod
    def _fc_provider(cls, dispatch, method):
        """Serve a provider's answer, and record it when it lets nobody in.

        :param callable dispatch: serves the request
        :param str method: `auth_method` of the provider
        :return: the response
        """
        attempt = Attempt(None, "web", method=method, reason="other")
        with deciding(attempt):
            response = dispatch()
        if not attempt.nested and not request.session.get("uid"):
            record(request.env.registry, event_of(attempt, "failure"))
        return response

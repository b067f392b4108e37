"""The export of login events, by a button and by a route that share every rule."""

import logging

from odoo import _, api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ..tools.spreadsheet import stream_csv

_logger = logging.getLogger(__name__)

_COLUMNS = [
    "id",
    "event_time",
    "user_id",
    "user_ref",
    "attempted_login",
    "result",
    "failure_reason",
    "auth_method",
    "interface",
    "ip_address",
    "ip_hostname",
    "country_code",
    "country_name",
    "geo_state",
    "city",
    "geo_lookup_state",
    "browser",
    "os",
    "device_type",
    "user_agent_raw",
    "database",
    "seal",
]
_ACTIVE_IDS_LIMIT = 20_000


class FusionLoginExport(models.Model):
    _inherit = "fusion.login.audit"

    def action_export_csv(self):
        """Export the selected events, else those of the list's search.

        :return: the client action that fetches the file
        :raises AccessError: see :meth:`_fc_check_export`
        """
        self._fc_check_export()
        if self and len(self) < self._fc_active_ids_limit():
            domain = [("id", "in", self.ids)]
        else:
            # Of a longer selection, which is that of all pages, the web client passes
            # the first ids only.
            domain = self.env.context.get("active_domain") or []
        return {
            "type": "ir.actions.client",
            "tag": "fusion_login_audit.export",
            "params": {"domain": domain},
        }

    @api.model
    def _fc_export_csv(self, domain):
        """Return the rows of a domain as CSV, newest first, a batch at a time.

        :param list domain: as it came from the web client
        :return: generator of bytes, which needs neither this environment nor the
            request any more
        :raises AccessError: see :meth:`_fc_check_export`
        :raises ValidationError: for a domain that is none
        """
        self._fc_check_export()
        query = self._fc_export_query(domain)
        fields_get = self.fields_get(_COLUMNS, ["string", "selection"])
        labels = {
            number: dict(fields_get[name]["selection"])
            for number, name in enumerate(_COLUMNS)
            if "selection" in fields_get[name]
        }
        header = [fields_get[name]["string"] for name in _COLUMNS]
        _logger.info("login events are exported by user %s", self.env.uid)
        return stream_csv(self.env.registry, query, header, labels)

    @api.model
    def _fc_check_export(self):
        """Refuse whoever may not read login events, or not export anything.

        :raises AccessError: naming what is missing
        """
        self.browse().check_access("read")
        user = self.env.user
        if not (self.env.is_admin() or user.has_group("base.group_allow_export")):
            raise AccessError(_("You do not have the right to export data."))

    @api.model
    def _fc_export_query(self, domain):
        """Return the SQL of a domain, under the access rules of the caller."""
        try:
            query = self._search(domain, order="event_time desc, id desc")
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise ValidationError(
                _(
                    "The export's domain %(domain)s is no valid filter: %(error)s",
                    domain=domain,
                    error=error,
                )
            ) from error
        user = query.left_join(self._table, "user_id", "res_users", "id", "user_id")
        partner = query.left_join(user, "partner_id", "res_partner", "id", "partner_id")
        columns = [
            SQL.identifier(partner, "name")
            if name == "user_id"
            else SQL.identifier(self._table, name)
            for name in _COLUMNS
        ]
        return query.select(*columns)

    @api.model
    def _fc_active_ids_limit(self):
        """Return how many selected ids the web client passes at most."""
        limit = self.env["ir.config_parameter"].sudo().get_param("web.active_ids_limit")
        return int(limit or _ACTIVE_IDS_LIMIT)

"""The chain of seals over login events, by days, and what it proves.

The seal of an event is a digest over its columns that never change and the seal of the
event before it, in the order of the ids (`fusion_login_seal_chain`). Each day keeps
the seal of its last event, and has a seal of its own over its facts and the seal of
the day before. So whoever knows one seal can tell whether anything before it was
changed, removed, inserted or swapped since, and a day whose events ended with their
retention period still proves how many there were and which came last.

What the chain cannot prove alone: there is no secret in it, so whoever may write to
the database can compute every seal after a change anew, cut off the newest events
together with their days, or write an event that looks like a login and has it sealed.
The first two show as soon as a seal is known outside the database: each finished day is
logged with its digest and seal, for the log to be kept elsewhere, at level INFO by the
logger `odoo.addons.fusion_login_audit.seal`. A server that logs warnings alone needs
`--log-handler=odoo.addons.fusion_login_audit.seal:INFO` for it.
A day marked as removed by hand looks like one that retention removed; its seal still
says how many events it had. Events younger than the horizon of
`fusion_login_seal_run` are not sealed yet.
"""

from odoo import _, api, fields, models
from odoo.exceptions import AccessError

STATES = [
    ("open", "Open"),
    ("sealed", "Sealed"),
    ("expired", "Being removed"),
    ("removed", "Removed"),
]
VERIFY_STATES = [
    ("due", "To be verified"),
    ("verified", "Verified"),
    ("broken", "Broken"),
]
PROBLEMS = [
    ("changed", "Event or its seal changed"),
    ("missing", "Events missing"),
    ("inserted", "Event inserted later"),
    ("revived", "Event in a removed day"),
    ("record", "Record of the day changed"),
    ("gap", "Record of a day missing"),
]


class FusionLoginSeal(models.Model):
    """One UTC day of sealed login events: the chain's state at its end.

    Days are written by SQL alone: through the ORM nobody can change them.
    """

    _name = "fusion.login.seal"
    _description = "Sealed Day of Login Events"
    _order = "day desc, id desc"
    _rec_name = "day"
    _log_access = False

    day = fields.Date(required=True, readonly=True, help="Day in UTC.")
    first_id = fields.Integer("First Event", readonly=True, aggregator=None)
    last_id = fields.Integer("Last Event", readonly=True, aggregator=None)
    row_count = fields.Integer("Events", readonly=True)
    digest = fields.Char(
        size=64, required=True, readonly=True, help="Seal of the day's last event."
    )
    previous_digest = fields.Char(
        size=64, required=True, readonly=True, help="Digest of the day before."
    )
    seal = fields.Char(
        size=64,
        required=True,
        readonly=True,
        help="SHA-256 over the seal of the day before and this day's date, events and "
        "digests. Keep it outside the database: it proves all days up to this one.",
    )
    state = fields.Selection(STATES, required=True, readonly=True)
    removed_time = fields.Datetime("Removed On", readonly=True)
    last_verified = fields.Datetime(readonly=True)
    verify_state = fields.Selection(VERIFY_STATES, "Verification", readonly=True)
    verify_problem = fields.Selection(PROBLEMS, "Problem", readonly=True)
    first_broken_id = fields.Integer(
        "First Broken Event",
        readonly=True,
        aggregator=None,
        help="Number of the first event that does not fit the chain.",
    )

    _sql_constraints = [("day_unique", "UNIQUE(day)", "A day is sealed once.")]

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: sealing itself writes the days.

        :raises AccessError: always, for the superuser too
        """
        if vals_list:
            raise AccessError(_("Days are sealed by the server; none can be created."))
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change days.

        :raises AccessError: always, for the superuser too
        """
        if self:
            raise AccessError(_("Sealed days cannot be changed, by anyone."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse to delete days.

        :raises AccessError: always, for the superuser too
        """
        raise AccessError(
            _("Sealed days cannot be deleted; they prove what came before them.")
        )

    def action_open_events(self):
        """Open the events of a day.

        :return: the action of the login events, with those of this day
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Events of %(day)s", day=self.display_name),
            "res_model": "fusion.login.audit",
            "view_mode": "list,form",
            "domain": [("id", ">=", self.first_id), ("id", "<=", self.last_id)],
        }

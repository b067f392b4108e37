from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError

FAMILIES = [
    ("good", "Good"),
    ("duplicate", "Duplicate"),
    ("unexpected", "Unexpected"),
    ("refused", "Refused"),
]


class DeviceScan(models.Model):
    """What was scanned and what was answered; a repeated token gets the same reply."""

    _name = "device.scan"
    _description = "Device Scan"
    _order = "id desc"
    _rec_name = "code"

    token = fields.Char(required=True)
    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    user_id = fields.Many2one("res.users", required=True)
    code = fields.Char("Scanned", required=True)
    family = fields.Selection(FAMILIES, required=True)
    reply = fields.Json(required=True)
    line_ref = fields.Integer(help="Id of the line that the scan changed, to undo it.")
    undone = fields.Boolean()

    _sql_constraints = [
        ("token_unique", "UNIQUE(token)", "This scan was sent before."),
    ]

    def init(self):
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS device_scan_document "
            "ON device_scan (res_model, res_id, id DESC)"
        )

    def _get_reply(self):
        return {**self.reply, "scan_id": self.id, "undoable": self._is_undoable()}

    def _is_undoable(self):
        return bool(self.line_ref) and not self.undone

    def _get_recent(self):
        reply = self.reply
        return {
            "id": self.id,
            "token": self.token,
            "imei": reply["imei"],
            "device": reply["device"],
            "code": reply["code"],
            "family": self.family,
            "ok": reply["ok"],
            "message": reply["message"],
            "time": fields.Datetime.to_string(self.create_date),
            "undoable": self._is_undoable(),
            "undone": self.undone,
        }


class DeviceScanMixin(models.AbstractModel):
    """A document whose devices are scanned one by one.

    The document implements `_scan(identity)`, `_undo_scan(scan)` and
    `_get_scan_state()`; this mixin keeps the contract with the scan screen: one
    reply per token, the last ten scans, undo.
    """

    _name = "device.scan.mixin"
    _description = "Scannable Document"

    def scan_device(self, code, token=None):
        """Take one scan.

        :param str code: what the scanner read
        :param str token: unique per scan, chosen by the sender; the same token again
            gets the first reply and changes nothing
        :return: dict ``{ok, code, family, message, imei, device, counts, scan_id}``
        """
        self.ensure_one()
        self.check_access("write")
        repeated = self._find_scan(token)
        if repeated:
            return repeated._get_reply()
        try:
            with self.env.cr.savepoint():
                result = self._try_scan(str(code or ""))
                return self._record_scan(str(code or ""), token, result)._get_reply()
        except UniqueViolation:
            # The same token is being answered by another worker: its reply counts.
            return self._read_committed_reply(token)

    def scan_undo(self, scan_id):
        """Take back one of this document's scans.

        :param int scan_id: id given in the reply of the scan
        :return: as :meth:`scan_device`, with `recent` beside it
        :raises UserError: when the scan belongs elsewhere or is undone already
        """
        self.ensure_one()
        self.check_access("write")
        scan = self._get_scans().filtered(lambda s: s.id == scan_id)
        if not scan or scan.undone or not scan.line_ref:
            raise UserError(self.env._("This scan cannot be undone."))
        self._undo_scan(scan)
        scan.undone = True
        reply = {
            **scan.reply,
            "scan_id": scan.id,
            "ok": True,
            "code": "undone",
            "family": "good",
            "message": self.env._("Undone: %(imei)s", imei=scan.reply["imei"]),
            "counts": self._get_scan_counts(),
        }
        return {**reply, "recent": self._get_recent_scans()}

    def scan_state(self):
        """What the scan screen shows when it opens.

        :return: dict with title, subtitle, state, counts, recent, can_scan,
            blocked_reason and actions
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "title": self.display_name,
            "counts": self._get_scan_counts(),
            "recent": self._get_recent_scans(),
            **self._get_scan_state(),
        }

    # -- hooks ----------------------------------------------------------------

    def _scan(self, code):
        """Act on one scan. Return dict(family, code, message, imei, device, line)."""
        raise NotImplementedError

    def _undo_scan(self, scan):
        """Take back the change that `scan` made."""
        raise NotImplementedError

    def _get_scan_state(self):
        raise NotImplementedError

    def _get_scan_counts(self):
        """Return dict(done, expected, unexpected, duplicate)."""
        raise NotImplementedError

    # -- mechanics ------------------------------------------------------------

    def _find_scan(self, token):
        if not token:
            return self.env["device.scan"]
        return (
            self.env["device.scan"]
            .sudo()
            .search(
                [
                    ("token", "=", token),
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                ]
            )
        )

    def _read_committed_reply(self, token):
        with self.env.registry.cursor() as cr:
            return self.with_env(self.env(cr=cr))._find_scan(token)._get_reply()

    def _try_scan(self, code):
        try:
            with self.env.cr.savepoint():
                return self._scan(code)
        except UserError as error:
            return self._prepare_refusal(code, str(error))
        except UniqueViolation:
            return self._prepare_refusal(
                code,
                self.env._("%(code)s is being scanned by somebody else.", code=code),
            )

    def _prepare_refusal(self, code, message):
        return {
            "family": "refused",
            "code": "refused",
            "message": message,
            "imei": code,
            "device": False,
        }

    def _record_scan(self, code, token, result):
        line = result.pop("line", False)
        reply = {
            "ok": result["family"] == "good",
            **result,
            "counts": self._get_scan_counts(),
        }
        # Nobody has rights on the log itself: it is what the screen answered.
        return (
            self.env["device.scan"]
            .sudo()
            .create(
                {
                    "token": token or self._make_scan_token(),
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                    "user_id": self.env.uid,
                    "code": code[:64] or "-",
                    "family": result["family"],
                    "reply": reply,
                    "line_ref": line.id if line else False,
                }
            )
        )

    @api.model
    def _make_scan_token(self):
        self.env.cr.execute("SELECT gen_random_uuid()::text")
        return self.env.cr.fetchone()[0]

    def _get_scans(self):
        return (
            self.env["device.scan"]
            .sudo()
            .search(
                [("res_model", "=", self._name), ("res_id", "=", self.id)], limit=10
            )
        )

    def _get_recent_scans(self):
        return [scan._get_recent() for scan in self._get_scans()]

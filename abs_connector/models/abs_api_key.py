import hmac
import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tools import SQL

PREFIX = "abs_"
#: The scope that lets a key act for all companies.
EVERY_COMPANY = "companies:all"
_HANDLE_BYTES = 6
_SECRET_BYTES = 32
_FORM = re.compile(rf"({PREFIX}[0-9a-f]{{{2 * _HANDLE_BYTES}}})_[A-Za-z0-9_-]{{43}}")
_USE_NOTED_EVERY = timedelta(minutes=1)
#: The hash of no key.
_NOBODYS = "0" * 64


class System(NamedTuple):
    """Another system that calls.

    :param key: the `abs.api.key` that it presents, as superuser
    :param company_id: the key's `res.company`, as superuser
    :param scopes: codes of what the key may be used for
    :param last_used: when its use was noted last; None for never
    """

    key: Any
    company_id: Any
    scopes: frozenset
    last_used: datetime | None


class AbsApiScope(models.Model):
    """What a key may be used for."""

    _name = "abs.api.scope"
    _description = "API Scope"
    _order = "code"
    _rec_name = "code"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char("Allows", required=True, translate=True)

    _sql_constraints = [("code_unique", "UNIQUE(code)", "Another scope has this code.")]


class AbsApiKey(models.Model):
    """A key of another system, which sees all of its company within its scopes.

    Only a hash is kept. A key is 256 random bits, so that a fast hash serves: there is
    nothing to guess.
    """

    _name = "abs.api.key"
    _description = "API Key"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(
        required=True, tracking=True, help="The system that uses it, and what for."
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        tracking=True,
    )
    scope_ids = fields.Many2many("abs.api.scope", string="Scopes", tracking=True)
    expiry = fields.Datetime(tracking=True, help="Empty: it does not expire.")
    handle = fields.Char(readonly=True, copy=False, help="What the key begins with.")
    secret_hash = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    last_used = fields.Datetime(readonly=True, copy=False)

    _sql_constraints = [
        ("handle_unique", "UNIQUE(handle)", "Another key begins like this."),
    ]

    def write(self, vals):
        """Write; a key's hash is made here alone.

        :raises UserError: for a value of the hash, or all companies by who may not
        """
        if {"handle", "secret_hash"} & vals.keys() and not self.env.su:
            raise UserError(_("Key: generate one; it cannot be typed."))
        result = super().write(vals)
        if "scope_ids" in vals:
            # No constraint: those of 19.0 do not know who writes.
            self._check_grantor()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the key itself is generated afterwards.

        :raises UserError: for a value of the hash, or all companies by who may not
        """
        if any({"handle", "secret_hash"} & vals.keys() for vals in vals_list):
            raise UserError(_("Key: generate one; it cannot be typed."))
        keys = super().create(vals_list)
        keys._check_grantor()
        return keys

    def _check_grantor(self):
        """Who governs some companies gives nobody, and so not themselves, all of them.

        :raises UserError: naming the scope
        """
        over_all = self.filtered(
            lambda one: EVERY_COMPANY in one.scope_ids.mapped("code")
        )
        if over_all and not (
            self.env.su or self.env.user.has_group("base.group_system")
        ):
            raise UserError(
                _(
                    "Scopes: only administrators of the Settings give a key the scope "
                    "%(scope)s.",
                    scope=EVERY_COMPANY,
                )
            )

    def action_generate(self):
        """Make the key anew and show it, for the only time; the former one ends.

        :return: action that opens the dialog with the key
        :raises UserError: for a key of all companies, unless for an administrator
        """
        self.ensure_one()
        self.check_access("write")
        self._check_grantor()
        return {
            "type": "ir.actions.act_window",
            "name": _("Key of %(name)s", name=self.name),
            "res_model": "abs.api.key.show",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": self._generate()},
        }

    def _generate(self):
        """Make and keep a new key.

        :return: the key, which is not kept
        """
        handle = PREFIX + secrets.token_hex(_HANDLE_BYTES)
        key = f"{handle}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        # Nobody reads or writes the hash, the manager who generates it included.
        self.sudo().write({"handle": handle, "secret_hash": _hash(key)})
        self.message_post(body=_("A new key was generated."))
        return key

    @api.model
    def _find(self, key):
        """Return which system presents a key that is valid now; one query.

        :param str key: what the caller has presented
        :return: System; None for a key that is none, or is not valid now
        """
        form = _FORM.fullmatch(key)
        row = self.sudo()._row_of(form[1]) if form else None
        id_, kept, expiry, last_used, scopes, *company = row or (None,) * 5
        # Compared in any case, so that the time tells nothing of the handle.
        same = hmac.compare_digest(kept or _NOBODYS, _hash(key))
        if not same or (expiry and expiry <= fields.Datetime.now()):
            return None
        return System(
            self.sudo().browse(id_),
            self.env["res.company"].sudo()._of_caller(company),
            frozenset(scopes),
            last_used,
        )

    def _row_of(self, handle):
        """Return what there is to know of the key with a handle; None for none."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT key.id, key.secret_hash, key.expiry, key.last_used, ARRAY(
                       SELECT scope.code
                         FROM abs_api_key_abs_api_scope_rel granted
                         JOIN abs_api_scope scope
                           ON scope.id = granted.abs_api_scope_id
                        WHERE granted.abs_api_key_id = key.id), %s
                  FROM abs_api_key key
                  JOIN res_company company
                    ON company.id = key.company_id AND company.active
                 WHERE key.handle = %s AND key.active
                """,
                self.env["res.company"]._caller_columns(),
                handle,
            )
        )
        return rows[0] if rows else None

    def _note_use_apart(self, last):
        """Note that a key is used, on a cursor of its own: a request may only read.

        :param datetime last: when its use was noted last; None for never
        """
        if last and last > fields.Datetime.now() - _USE_NOTED_EVERY:
            return
        with db_connect(self.env.cr.dbname).cursor() as cr:
            self.with_env(self.env(cr=cr))._note_use()

    def _note_use(self):
        """Note that a key is used; no more than once a minute, and without waiting."""
        self.env.cr.execute(
            """
            UPDATE abs_api_key SET last_used = now() AT TIME ZONE 'UTC'
             WHERE id IN (
                   SELECT id FROM abs_api_key
                    WHERE id = ANY(%s)
                      AND (last_used IS NULL OR last_used
                           < now() AT TIME ZONE 'UTC' - interval '1 minute')
                      FOR NO KEY UPDATE SKIP LOCKED)
            """,
            [self.ids],
        )
        self.invalidate_recordset(["last_used"])


def _hash(key):
    return sha256(key.encode("utf-8", "replace")).hexdigest()

import re
import secrets

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize, ormcache
from odoo.tools.sql import column_exists, create_column

_SHORTEST = 10
_LONGEST = 128
_FORM = re.compile(r"\$[^$]+\$[^$]+\$.")


class AbsEmployee(models.Model):
    """Somebody who logs in to the API: a person with a work e-mail and a password."""

    _name = "abs.employee"
    _description = "API Employee"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    email = fields.Char(
        "Work E-mail",
        required=True,
        copy=False,
        tracking=True,
        help="The login of the mobile apps.",
    )
    phone = fields.Char(tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Person",
        required=True,
        index=True,
        copy=False,
        ondelete="restrict",
        help="The contact that stands for this person in assignments.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Odoo User",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The account for the web client, of those who have one.",
    )
    password = fields.Char(
        compute="_compute_password",
        inverse="_inverse_password",
        copy=False,
        groups="abs_connector.group_governance_manager",
        help="Shown to nobody. Empty: it stays as it is.",
    )
    has_password = fields.Boolean(compute="_compute_has_password")
    last_login = fields.Datetime(readonly=True, copy=False)
    membership_ids = fields.One2many("ov.membership", "employee_id", "Memberships")

    _sql_constraints = [
        ("email_unique", "UNIQUE(email)", "Another employee has this work e-mail."),
        ("partner_unique", "UNIQUE(partner_id)", "This person is an employee already."),
        ("user_unique", "UNIQUE(user_id)", "This Odoo user is an employee already."),
    ]

    def init(self):
        """Keep the password's hash in a column that no field reads."""
        if not column_exists(self.env.cr, self._table, "password_hash"):
            create_column(self.env.cr, self._table, "password_hash", "varchar")

    def _compute_password(self):
        for employee in self:
            employee.password = ""

    def _compute_has_password(self):
        self.env.cr.execute(
            "SELECT id FROM abs_employee"
            " WHERE password_hash IS NOT NULL AND id = ANY(%s)",
            [self.ids],
        )
        known = {row[0] for row in self.env.cr.fetchall()}
        for employee in self:
            employee.has_password = employee.id in known

    def _inverse_password(self):
        for employee in self.filtered("password"):
            employee._set_password(employee.password)

    @api.constrains("email")
    def _check_email(self):
        for employee in self:
            if email_normalize(employee.email) != employee.email:
                raise ValidationError(
                    _(
                        "Work E-mail: %(email)s is no e-mail address.",
                        email=employee.email,
                    )
                )

    @api.constrains("user_id", "partner_id")
    def _check_user(self):
        for employee in self.filtered("user_id"):
            if employee.user_id.partner_id != employee.partner_id:
                raise ValidationError(
                    _(
                        "Odoo User: %(user)s stands for another person than "
                        "%(employee)s.",
                        user=employee.user_id.name,
                        employee=employee.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Create employees, with a contact for each that has none."""
        return super().create([self._completed(vals) for vals in vals_list])

    def write(self, vals):
        """Write; the e-mail is kept in the form in which logins are compared."""
        if "email" in vals:
            vals = {**vals, "email": self._normalized(vals["email"])}
        return super().write(vals)

    def _completed(self, vals):
        vals = {**vals, "email": self._normalized(vals.get("email"))}
        if not vals.get("partner_id"):
            user = self.env["res.users"].browse(vals.get("user_id") or [])
            vals["partner_id"] = (user.partner_id or self._create_person(vals)).id
        return vals

    def _normalized(self, email):
        return email_normalize(email or "") or email

    def _create_person(self, vals):
        return self.env["res.partner"].create(
            {
                "name": vals.get("name"),
                "email": vals["email"],
                "phone": vals.get("phone"),
                "company_id": vals.get("company_id") or self.env.company.id,
            }
        )

    # Password

    def _set_password(self, password):
        """Hash and keep a password, as Odoo does those of its users.

        :raises UserError: for a password that is too short or too long
        """
        self.ensure_one()
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise UserError(
                _(
                    "Password: it takes %(shortest)s to %(longest)s characters.",
                    shortest=_SHORTEST,
                    longest=_LONGEST,
                )
            )
        hashed = self.env["res.users"]._crypt_context().hash(password)
        self._keep_hash(hashed)

    def _keep_hash(self, hashed):
        self.env.cr.execute(
            "UPDATE abs_employee SET password_hash = %s WHERE id = %s",
            [hashed, self.id],
        )
        self.invalidate_recordset(["has_password"])

    def _has_password(self, password):
        """Tell whether a password is right; nobody's costs as much as somebody's.

        :param str password: what was typed
        :return: bool, False for an empty recordset
        """
        context = self.env["res.users"]._crypt_context()
        self.env.cr.execute(
            "SELECT password_hash FROM abs_employee WHERE id = ANY(%s)", [self.ids]
        )
        hashed = (self.env.cr.fetchone() or (None,))[0]
        if not hashed or not _FORM.match(hashed):
            context.verify(password[:_LONGEST], self._decoy())
            return False
        valid, replacement = context.verify_and_update(password[:_LONGEST], hashed)
        if replacement:
            self._keep_hash(replacement)
        return valid

    @api.model
    @ormcache()
    def _decoy(self):
        """Return the hash of a password that nobody has, to take as long as another."""
        return self.env["res.users"]._crypt_context().hash(secrets.token_hex())

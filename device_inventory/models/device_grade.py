from odoo import fields, models


class DeviceGrade(models.Model):
    _name = "device.grade"
    _description = "Device Grade"
    _order = "sequence, code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    description = fields.Char(translate=True)
    cosmetic_condition = fields.Text(translate=True)
    functional_condition = fields.Text(translate=True)
    r2v3_category = fields.Selection(
        [
            ("C1", "C1 - Like new"),
            ("C2", "C2 - Excellent"),
            ("C3", "C3 - Good"),
            ("C4", "C4 - Fair"),
            ("C5", "C5 - Poor"),
            ("C6", "C6 - Very poor"),
            ("F1", "F1 - Key functions not tested"),
            ("F2", "F2 - Some functions not working"),
            ("F3", "F3 - Key functions working"),
            ("F4", "F4 - Hardware functional"),
            ("F5", "F5 - Refurbished"),
            ("F6", "F6 - Certified refurbished"),
        ],
        string="R2v3 Category",
        help="The category this grade is reported as under the R2v3 standard.",
    )
    active = fields.Boolean(default=True)

    _sql_constraints = [
        ("code_unique", "UNIQUE(code)", "A grade with this code already exists."),
    ]

    def _compute_display_name(self):
        for grade in self:
            grade.display_name = f"{grade.code} - {grade.name}"

    def _get_by_text(self, texts):
        """Find grades by what suppliers write: a code or a name, in any case.

        :param texts: iterable of str
        :return: dict of lower-cased text to `device.grade`; unknown texts are absent
        """
        wanted = {text.strip().lower() for text in texts if text and text.strip()}
        if not wanted:
            return {}
        grades = self.search([])
        known = {}
        for grade in grades:
            known.setdefault(grade.name.strip().lower(), grade)
        for grade in grades:
            known[grade.code.strip().lower()] = grade
        return {text: known[text] for text in wanted if text in known}

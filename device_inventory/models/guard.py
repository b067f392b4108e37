"""Internal writes that no caller from outside can ask for.

A context made by a client holds JSON values, so it can never hold this object:
`env.context.get(KEY) is INTERNAL` is true only when our own code put it there.
"""

from odoo.exceptions import UserError

KEY = "device_internal"
INTERNAL = object()


def internal(records):
    """Return `records` allowed to make the changes that only our methods may make."""
    return records.with_context(**{KEY: INTERNAL})


def is_internal(records):
    """Whether `records` went through :func:`internal`, or the shell's superuser."""
    return records.env.context.get(KEY) is INTERNAL


def check_protected(records, vals, protected):
    """Refuse to change `protected` fields from a form, an import or a call.

    :param set protected: names of fields that only our own methods write
    :raises UserError: naming the fields
    """
    touched = sorted(protected.intersection(vals))
    if not touched or is_internal(records) or records.env.su:
        return
    labels = ", ".join(records._fields[name].string for name in touched)
    raise UserError(
        records.env._(
            "%(model)s: %(fields)s cannot be edited; it changes through the buttons "
            "of the document alone.",
            model=records._description,
            fields=labels,
        )
    )

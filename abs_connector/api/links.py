"""Ids in bodies, of records that need not be there."""

from odoo import _

from odoo.addons.base_json_api.api import problems


def check_ids(call, field, model, ids):
    """Refuse ids of records that are not there, or not for the caller to see.

    :param str field: what the body calls them
    :param str model: what they are of
    :param ids: an id, several, or None
    :raises Invalid: naming the field and the ids
    """
    asked = {ids} if isinstance(ids, int) else {*(ids or ())}
    if not asked:
        return
    found = call.env[model].search([("id", "in", list(asked))])
    if missing := sorted(asked - {*found.ids}):
        message = _(
            "There is no such record: %(ids)s.", ids=", ".join(map(str, missing))
        )
        raise problems.Invalid(
            errors=[problems.Detail(f"/{field}", "not_found", message)]
        )

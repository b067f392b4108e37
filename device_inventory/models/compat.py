"""Where the behaviour of Odoo's series differs and no respelling helps."""

from odoo import release

SERIES = release.version_info[0]


def move_vals(name, vals):
    """Values of a `stock.move`: 19.0 has no name, older series require one.

    :param str name: what the move is called where it has a name
    :param dict vals: every other value
    :return: dict for `stock.move.create`
    """
    return vals if SERIES >= 19 else {"name": name, **vals}


# What links the transfers of one order, open to every user in core: its name, or its
# partner, is the order's. 18.0 knows the order, 19.0 the moves.
if SERIES >= 19:
    REFERENCE_RULE = (
        "stock.reference",
        "['|', ('move_ids', '=', False), ('move_ids.company_id', 'in', company_ids)]",
    )
else:
    REFERENCE_RULE = (
        "procurement.group",
        "['|', ('sale_id', '=', False), ('sale_id.company_id', 'in', company_ids)]",
    )

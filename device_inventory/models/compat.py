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

"""Where the behaviour of Odoo's series differs and no respelling helps."""

from odoo import release

SERIES = release.version_info[0]


def move_vals(name, vals):
    """Return the values of a stock move: 19.0 has no name, older ones need it."""
    return vals if SERIES >= 19 else {"name": name, **vals}

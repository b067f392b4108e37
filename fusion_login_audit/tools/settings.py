"""The settings, typed. They are system parameters; an absent one is off or zero."""

import math

PREFIX = "fusion_login_audit."
_OFF = frozenset({"", "0", "false", "off", "no"})


def text(env, name):
    """Return the text of a setting, stripped; empty when it is absent."""
    value = env["ir.config_parameter"].sudo().get_param(PREFIX + name)
    return str(value or "").strip()


def switch(env, name):
    """Return whether a setting is on."""
    return text(env, name).lower() not in _OFF


def number(env, name):
    """Return a setting as a number; 0 when it is absent, no number or negative."""
    try:
        value = float(text(env, name) or 0)
    except ValueError:
        return 0
    return max(value, 0) if math.isfinite(value) else 0


def whole(env, name):
    """Return a setting as a whole number; see :func:`number`."""
    return int(number(env, name))

"""What is measured of one table of login events, inside Odoo's shell."""

from login_audit import dataset, keeping
from login_audit.screens import Screens

LARGE = 5_000_000
SMALL = 1_000


def large(env):
    """Fill the large table and measure screens, sealing and retention."""
    yield from _filled(env, LARGE)
    yield from keeping.measure(env)


def small(env):
    """Fill the small table and measure the screens."""
    yield from _filled(env, SMALL)


def _filled(env, rows):
    dataset.fill(env, rows)
    screens = Screens(env, dataset.busiest(env))
    yield from screens.lists()
    yield screens.slowest_first()
    yield from screens.groups()
    yield from screens.user()
    yield from screens.dashboard()

"""Loaded by the server itself: passwords are hashed in one round.

A quarter of a second of hashing, and its noise, would hide what the audit costs. Never
use it outside a benchmark.
"""

from odoo.addons.base.models import res_users

res_users.MIN_ROUNDS = 1

"""What differs between the series of Odoo."""

from odoo import exceptions

# 19.0 has exceptions of its own for locks.
CONCURRENCY_ERRORS: tuple[type[Exception], ...] = tuple(
    getattr(exceptions, name)
    for name in ("LockError", "ConcurrencyError")
    if hasattr(exceptions, name)
)

"""The database that both benchmarks of the audit start from."""

ADDON = "fusion_login_audit"
# RPC became an addon in 19.0.
_CORE_OF_SERIES = {19: ("rpc",)}


def without_audit(suite):
    """Return a new database with what the audit needs, and without the audit."""
    core = suite.runtime.addons[ADDON].depends
    more = _CORE_OF_SERIES.get(suite.runtime.odoo.major, ())
    return suite.database("login_audit", [*core, *more])

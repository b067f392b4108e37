"""Each way of logging in leaves its one row: proven on a server with two workers."""

import pytest

# Its assertions explain themselves as those of the tests do.
pytest.register_assert_rewrite("login_audit.trail")

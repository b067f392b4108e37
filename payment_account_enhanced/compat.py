"""Where the series behave differently and no respelling helps."""

from odoo.release import version_info

#: Since 19.0 Odoo matches the items of draft entries too.
DRAFTS_MATCH = version_info[0] >= 19

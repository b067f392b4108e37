from . import common
from . import test_workflow
from . import test_register
from . import test_bypass
from . import test_voucher
from . import test_voucher_verify
from . import test_views

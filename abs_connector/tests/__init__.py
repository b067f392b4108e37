from . import test_api_key
from . import test_assignment
from . import test_auth
from . import test_backfill
from . import test_employee
from . import test_inheritance
from . import test_membership
from . import test_serviced_account

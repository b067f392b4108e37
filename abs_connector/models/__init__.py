from . import ov_serviced_account
from . import ov_membership
from . import abs_employee
from . import res_company

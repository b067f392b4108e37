from . import abs_api_key
from . import ov_serviced_account
from . import ov_membership
from . import abs_employee
from . import ov_assignment
from . import res_company
from . import res_partner
from . import sale_order

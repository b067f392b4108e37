from . import account_payment_register
from . import abs_api_key_show
from . import ov_serviced_account_close
from . import ov_setup_check

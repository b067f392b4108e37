from . import ov_serviced_account_close

from . import account_payment_register
from . import base_partner_merge
from . import payment_batch_result
from . import payment_reason

from . import payment_batch_result
from . import payment_reason

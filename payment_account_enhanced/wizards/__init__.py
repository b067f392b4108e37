from . import payment_reason

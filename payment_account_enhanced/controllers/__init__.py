from . import payment_verify

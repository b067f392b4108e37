from . import base_json_api_idempotency_key
from . import base_json_api_rate
from . import ir_http

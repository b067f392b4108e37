from . import device_allocation_wizard
from . import device_gate_override_wizard
from . import device_manifest_complete
from . import device_manifest_upload
from . import device_qc_handoff
from . import settlement_paid_wizard

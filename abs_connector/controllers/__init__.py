from . import auth
from . import contacts
from . import customer_auth
from . import health
from . import members
from . import outlets
from . import service_accounts
from . import system

from odoo.addons.base_json_api.api import Api, Limit, bearer

from .principals import employee_of

api = Api(
    __name__,
    "/api",
    title="ABS Connector",
    version="1.0.0",
    description="Sales and service of field agents, governed by Service Accounts.",
    schemes={"employee": bearer(employee_of, description="Of `POST /api/auth/login`.")},
    headers={"X-SA-ID": "The Service Account that the request is made for."},
    limits={"auth": (Limit("ip", 60, 60),), "none": ()},
)

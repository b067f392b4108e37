from odoo.addons.base_json_api.api import Api, Header, Limit

from .principals import SA_HEADER, SCHEMES

api = Api(
    __name__,
    "/api",
    title="ABS Connector",
    version="1.0.0",
    description="Sales and service of field agents, governed by Service Accounts.",
    schemes=SCHEMES,
    headers={
        SA_HEADER: Header(
            "The id of the Service Account that the request is made for.",
            pattern="^([1-9][0-9]{0,8})?$",
        )
    },
    limits={"auth": (Limit("ip", 60, 60),), "none": ()},
)

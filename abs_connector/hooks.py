"""What installing does for the companies that are there."""


def post_init_hook(env):
    """Hang a root under the global root for every company."""
    env["ov.serviced_account"]._create_company_roots(env["res.company"].search([]))

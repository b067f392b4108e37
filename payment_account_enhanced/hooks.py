"""What installing does to the companies and payments that are there."""


def post_init_hook(env):
    """Turn the control on in every company, and fill the approval of old payments."""
    env["res.company"].sudo().search([]).write({"payment_control": True})
    env["account.payment"]._init_approval_state()

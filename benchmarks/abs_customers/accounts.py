"""The user of Odoo who asks for the same customers."""

LOGIN = "bench"
PASSWORD = "bench of customers"

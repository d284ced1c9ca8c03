"""Pure functions of the billing chain: dates and Decimals in, values out, no odoo."""

from odoo import models
from odoo.tools import formatLang

from ..tools.decimals import decimals


class ResCurrency(models.Model):
    _inherit = 'res.currency'

    def _billing_price_text(self, price):
        """``price``, a float, of one unit in the reader's language: with all its decimals, since 0.0125 is not 0.01."""
        self.ensure_one()
        number = formatLang(self.env, price, digits=max(self.decimal_places, decimals(price)))
        parts = (number, "\u00a0", self.symbol)
        return "".join(parts if self.position == 'after' else parts[::-1])

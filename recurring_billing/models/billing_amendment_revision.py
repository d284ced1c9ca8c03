from odoo import fields, models
from odoo.tools import formatLang


class BillingAmendment(models.Model):
    """A revision of prices: by which values, and the letter that tells the customer."""

    _inherit = 'billing.amendment'

    revision_date = fields.Date("Revision of", readonly=True, help="The yearly date whose revision this is.")
    revision_ratio = fields.Float("Ratio", digits=(16, 6), readonly=True, help="New price over old price.")
    revision_limit = fields.Selection([('cap', "Cap"), ('floor', "Floor")], "Limit", readonly=True)
    index_value_id = fields.Many2one('billing.index.value', readonly=True, ondelete='restrict', index='btree_not_null')
    index_now = fields.Float(digits=(16, 4), readonly=True)
    index_base = fields.Float("Index at Base", digits=(16, 4), readonly=True)
    index_base_month = fields.Date("Base Month", readonly=True)

    _revised_once = models.UniqueIndex(
        "(contract_id, revision_date) WHERE kind = 'indexation' AND state = 'applied'",
        "The prices of this contract were revised for this date already: undo that revision first.",
    )

    def _sentences(self):
        yield from super()._sentences()
        if self.kind == 'indexation':
            yield self._revision_formula()

    def _revision_formula(self):
        """How the new prices follow from the old ones, in the language of the reader."""
        self.ensure_one()
        env = self.env
        percent = self._percent_text()
        if not self.index_value_id:
            return env._("New price = old price %(percent)s", percent=percent)
        values = {**self._index_texts(), 'percent': percent}
        if self.revision_limit == 'cap':
            return env._(
                "%(index)s: %(now)s (%(now_month)s) / %(base)s (%(base_month)s), capped: new price = old price "
                "%(percent)s",
                **values,
            )
        if self.revision_limit == 'floor':
            return env._(
                "%(index)s: %(now)s (%(now_month)s) / %(base)s (%(base_month)s), raised to the floor: new price = old "
                "price %(percent)s",
                **values,
            )
        return env._(
            "%(index)s: new price = old price × %(now)s (%(now_month)s) / %(base)s (%(base_month)s), that is "
            "%(percent)s",
            **values,
        )

    def _index_texts(self):
        index = self.index_value_id.index_id
        return {
            'index': index.name,
            'now': index._value_text(self.index_now),
            'now_month': index._month_text(self.index_value_id.month),
            'base': index._value_text(self.index_base),
            'base_month': index._month_text(self.index_base_month),
        }

    def _percent_text(self):
        percent = formatLang(self.env, (self.revision_ratio - 1) * 100, digits=2)
        return f"{percent} %" if percent.startswith('-') else f"+{percent} %"

    # === LETTER === #

    def _letter_rows(self):
        """The revised lines as rows of the letter: what, the price until now, and the new one."""
        self.ensure_one()
        return [
            {
                'name': change.line_id.name.splitlines()[0],
                'old': self._letter_price(change.old_value),
                'new': self._letter_price(change.new_value),
            }
            for change in self.change_ids.filtered(lambda change: change.name == 'price_unit')
        ]

    def _send_letter(self):
        """Write to the customer of this revision; the letter and its way stay in the history of the contract.

        A mail waits in Odoo's queue. Without an e-mail address a person is asked to print the letter and post it.

        :return: 'mailed' or 'print'; 'none' where no price changes
        """
        self.ensure_one()
        if not self.change_ids:
            return 'none'
        contract = self.contract_id.with_context(mail_notify_force_send=False)
        subject, body = self._letter()
        by_mail = bool(self.partner_id.email)
        contract.message_post(
            subject=subject,
            body=body,
            author_id=contract._responsible().partner_id.id,
            email_from=self.company_id.email_formatted or contract._responsible().email_formatted,
            partner_ids=self.partner_id.ids if by_mail else [],
            subtype_xmlid='mail.mt_note',
            email_layout_xmlid='mail.mail_notification_light',
        )
        if not by_mail:
            contract.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=self.env._("Print the letter on new prices and post it: the customer has no e-mail address"),
                user_id=contract._responsible().id,
            )
        return 'mailed' if by_mail else 'print'

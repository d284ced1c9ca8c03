import typing
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class Announcement(typing.NamedTuple):
    """What a customer is to be told of one debit."""

    line: models.BaseModel  # the due item, account.move.line
    mandate: models.BaseModel
    day: date
    amount: float


class BillingNotice(models.Model):
    """What a debtor was told of a direct debit before it came: its day, its amount, and the proof that it was sent."""

    _name = 'billing.notice'
    _description = "Pre-notification"
    _inherit = ['billing.guard.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'company_id',
            'partner_id',
            'mandate_id',
            'mandate_reference',
            'creditor_identifier',
            'kind',
            'move_id',
            'move_line_id',
            'contract_id',
            'period_start',
            'head_id',
            'date',
            'amount',
            'currency_id',
            'sent_on',
            'failure',
            'email_to',
            'recipient_id',
            'message_id',
            'note',
            'user_id',
        },
    )

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict'
    )
    mandate_id = fields.Many2one('billing.mandate', required=True, readonly=True, index=True, ondelete='restrict')
    debtor_id = fields.Many2one(related='mandate_id.partner_id', string="Debtor")
    mandate_reference = fields.Char("Mandate Reference (RUM)", readonly=True, help="As it was told.")
    creditor_identifier = fields.Char("Creditor Identifier (ICS)", readonly=True, help="As it was told.")
    masked_iban = fields.Char(related='mandate_id.masked_iban')
    kind = fields.Selection(
        [
            ('invoice', "With the invoice"),
            ('mail', "E-mail of its own"),
            ('schedule', "Schedule of debits"),
            ('return', "With the word of a return"),
            ('letter', "Letter or otherwise"),
        ],
        "Told By",
        required=True,
        readonly=True,
    )
    move_id = fields.Many2one(
        'account.move', "Invoice", readonly=True, index='btree_not_null', ondelete='restrict', check_company=True
    )
    move_line_id = fields.Many2one(
        'account.move.line', "Due Item", readonly=True, index='btree_not_null', ondelete='set null'
    )
    contract_id = fields.Many2one(
        'billing.contract', readonly=True, index='btree_not_null', ondelete='restrict', check_company=True
    )
    period_start = fields.Date("Period From", readonly=True, help="Of a schedule: first day of the period billed.")
    head_id = fields.Many2one(
        'billing.notice',
        "Told Together With",
        readonly=True,
        index='btree_not_null',
        ondelete='restrict',
        help="The first of the debits that one message announces.",
    )
    date = fields.Date("Debit On", required=True, readonly=True, help="The announced day of the debit.")
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    sent_on = fields.Date(
        readonly=True, help="The day on which the customer's mail really left, or was told otherwise."
    )
    days_before = fields.Integer(compute='_compute_days_before', help="Calendar days between the notice and the debit.")
    failure = fields.Char("Why It Failed", readonly=True)
    state = fields.Selection(
        [('waiting', "Waiting to be sent"), ('sent', "Announced"), ('failed', "Not sent")],
        "Status",
        compute='_compute_state',
        store=True,
    )
    recipient_id = fields.Many2one('res.partner', "Told To", readonly=True, ondelete='restrict')
    email_to = fields.Char("Sent To", readonly=True, help="The address on the day of the notice.")
    message_id = fields.Many2one('mail.message', readonly=True, index='btree_not_null', ondelete='restrict')
    message_body = fields.Html("Message", related='message_id.body')
    note = fields.Char("How It Was Told", readonly=True)
    user_id = fields.Many2one('res.users', "By", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends('sent_on', 'failure')
    def _compute_state(self):
        for notice in self:
            notice.state = 'sent' if notice.sent_on else 'failed' if notice.failure else 'waiting'

    @api.depends('sent_on', 'date')
    def _compute_days_before(self):
        for notice in self:
            notice.days_before = (notice.date - notice.sent_on).days if notice.sent_on else 0

    @api.depends('partner_id', 'date', 'amount')
    def _compute_display_name(self):
        for notice in self:
            amount = notice.currency_id.format(notice.amount)
            day = format_date(self.env, notice.date)
            notice.display_name = f"{notice.partner_id.display_name} · {day} · {amount}"

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Notices of debits are kept as proof: they cannot be deleted."))

    # === ACTION METHODS === #

    def action_invoice(self):
        self.ensure_one()
        return (self.move_id or self.contract_id)._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _write_down(self, announcements, kind, **values):
        """Keep what ``announcements`` tell, as one message.

        :param kind: by which way, see the field
        :param values: of all of them, as `sent_on` where they are told already
        :return: the notices, the first of which is the head of all
        """
        return self._keep([{**self._values(announcement), 'kind': kind, **values} for announcement in announcements])

    @api.model
    def _keep(self, vals_list):
        """The notices of one message; nobody may make one by hand."""
        notices = self.sudo()._unguarded().create(vals_list)  # no role has the right to
        notices.head_id = notices[:1]
        return notices.with_env(self.env)

    @api.model
    def _values(self, announcement):
        line, mandate = announcement.line, announcement.mandate
        return {
            'company_id': line.company_id.id,
            'partner_id': line.move_id.commercial_partner_id.id,
            **self._mandate_values(mandate),
            'move_id': line.move_id.id,
            'move_line_id': line.id,
            'date': announcement.day,
            'amount': announcement.amount,
            'currency_id': line.currency_id.id,
        }

    @api.model
    def _mandate_values(self, mandate):
        return {
            'mandate_id': mandate.id,
            'mandate_reference': mandate.name,
            'creditor_identifier': mandate.creditor_identifier,
            'user_id': self.env.uid,
        }

    def _status_text(self):
        """Where this notice stands, in one sentence for people."""
        self.ensure_one()
        texts = {
            'amount': self.currency_id.format(self.amount),
            'day': format_date(self.env, self.date),
            'sent_on': format_date(self.env, self.sent_on),
            'failure': self.failure,
        }
        if self.state == 'sent':
            return self.env._("Direct debit of %(amount)s announced on %(sent_on)s for %(day)s", **texts)
        if self.state == 'failed':
            return self.env._("The customer was not told of the debit of %(day)s: %(failure)s", **texts)
        return self.env._("The notice of the debit of %(day)s waits to be sent", **texts)

    def _letter_name(self):
        """The name of the printed file, without slashes."""
        return self.env._("Notice of a debit %s", f"{self.date} {self.partner_id.name}").replace('/', '-')

    def _told_together(self):
        """The notices of the message that this one is the head of."""
        self.ensure_one()
        return self.search([('head_id', '=', self.id)], order='id')

    def _take_message(self, message, email_to):
        """Keep ``message`` as the proof of these notices."""
        # no role has the right to
        self.sudo()._unguarded().write({'message_id': message.id, 'email_to': email_to})

    @api.model
    def _write_down_invoice(self, announcements, message, today):
        """Keep what the mail ``message`` of an invoice announces, where it is addressed to the debtor."""
        recipients = message.partner_ids
        mine = [
            one
            for one in announcements
            if one.mandate.partner_id.commercial_partner_id in recipients.commercial_partner_id
        ]
        if not mine:
            return
        notices = self._write_down(mine, 'invoice', recipient_id=recipients[0].id)
        notices._take_message(message, ", ".join(recipients.filtered('email').mapped('email_formatted')))
        mails = message.notification_ids.filtered(lambda mail: mail.notification_type == 'email')
        gone = mails.filtered(lambda mail: mail.notification_status == 'sent')  # the rest tells it when it leaves
        failed = mails.filtered(lambda mail: mail.notification_status in ('exception', 'bounce'))
        failure = failed and (failed[0].failure_reason or failed[0].format_failure_reason())
        self._mail_went(message, gone.res_partner_id, failure, today)

    @api.model
    def _mail_went(self, messages, reached, failure, today):
        """Note that mails of ``messages`` went to the partners ``reached`` on ``today``, or why not.

        A mail to the accountant or to a salesperson does not tell the debtor of anything.
        """
        # the post office works for whoever wrote the mail
        waiting = self.sudo().search([('message_id', 'in', messages.ids), ('sent_on', '=', False)])
        told = waiting.filtered(lambda notice: notice._is_debtor(reached))
        told._unguarded().write({'sent_on': today, 'failure': False})
        if failure:
            (waiting - told)._unguarded().write({'failure': failure})

    def _is_debtor(self, partners):
        """Whether one of ``partners`` belongs to who is debited."""
        return self.debtor_id.commercial_partner_id in partners.commercial_partner_id

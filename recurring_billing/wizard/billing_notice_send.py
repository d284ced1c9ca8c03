from datetime import date

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.billing_notice import Announcement
from ..tools import bank_calendar, prenotification


class BillingNoticeSend(models.TransientModel):
    """Tell customers of debits: by an e-mail, or as a record that it was done by a letter or otherwise."""

    _name = 'billing.notice.send'
    _description = "Send Notices"

    company_id = fields.Many2one('res.company', required=True, readonly=True)
    means = fields.Selection(
        [('mail', "Send by e-mail"), ('letter', "Told already, by a letter or otherwise")],
        "By",
        default='mail',
        required=True,
    )
    sent_on = fields.Date(
        "Told On",
        required=True,
        default=fields.Date.context_today,
        help="The day on which the letter was given or posted.",
    )
    note = fields.Char("How It Was Told", help="For example: letter, or by phone with Mrs Durand.")
    line_ids = fields.One2many('billing.notice.send.line', 'wizard_id', "Debits")
    silent_names = fields.Char("Without E-mail Address", compute='_compute_silent_names')

    @api.depends('means', 'line_ids.is_selected')
    def _compute_silent_names(self):
        for wizard in self:
            silent = wizard._chosen().filtered(lambda line: not line.recipient_id.email)
            names = dict.fromkeys(silent.recipient_id.mapped('display_name'))
            wizard.silent_names = ", ".join(names) if wizard.means == 'mail' else False

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Look at all debits of the company that nobody was told of well."""
        today = fields.Date.context_today(self)
        company = self.env.company
        return self._open(self.env['billing.notice']._lines_to_announce(company, today), today)

    def action_confirm(self):
        """Send the notices, or record them.

        :raises UserError: names what is missing, or the day that is not possible
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        lines = self._chosen()
        if not lines:
            raise UserError(self.env._("Tick the debits that are to be announced."))
        if self.means == 'letter':
            self._check_told(self.sent_on, self.note, today)
        told_on = self._told_on(today)
        days = lines.move_line_id._billing_notice_days()
        for line in lines:
            line._check_day(told_on, days[line.move_line_id])
        notices = self._announce(lines, told_on)
        return notices._get_records_action(name=self.env._("Notices of Debits"))

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, move_lines, today):
        """The dialog for the debits of these due items.

        :raises UserError: where none of them can be announced
        """
        announcements = move_lines._billing_announcements(today)
        if not announcements:
            raise UserError(
                self.env._(
                    "There is no debit to announce: what is chosen is paid, is collected already, is announced well, "
                    "or is not paid by direct debit from an active mandate.",
                ),
            )
        faults = self._reasons(announcements)
        rows = [
            {
                'move_line_id': one.line.id,
                'mandate_id': one.mandate.id,
                'amount': one.amount,
                'date': one.day,
                'reason': faults.get(one.line),
            }
            for one in announcements
        ]
        wizard = self.create(
            {'company_id': announcements[0].line.company_id.id, 'line_ids': [*map(Command.create, rows)]},
        )
        return {
            **wizard._get_records_action(name=self.env._("Send Notices")),
            'target': 'new',
            'views': [(False, 'form')],
            'context': {'dialog_size': 'extra-large'},
        }

    @api.model
    def _reasons(self, announcements):
        """{line: what its customer was told last, or that nobody told it}"""
        told = self.env['billing.notice']._told(self.env['account.move.line'].union(*(a.line for a in announcements)))
        reasons = {}
        for line, notices in told.items():
            last = prenotification.latest(notices)
            reasons[line] = (
                self.env._(
                    "told on %(sent_on)s: %(amount)s on %(day)s",
                    sent_on=format_date(self.env, last.sent_on),
                    amount=line.currency_id.format(float(last.amount)),
                    day=format_date(self.env, last.day),
                )
                if last
                else self.env._("not told yet")
            )
        return reasons

    @api.model
    def _check_told(self, sent_on, note, today):
        """Refuse a record of a notice that says not how, or that lies ahead."""
        if sent_on > today:
            raise UserError(
                self.env._(
                    "Field “Told On”: %s lies ahead. Record a notice once it was given.", format_date(self.env, sent_on)
                ),
            )
        if not (note or "").strip():
            raise UserError(
                self.env._("Write in the field “How It Was Told” how the customer was told: it is the proof.")
            )

    def _chosen(self):
        return self.line_ids.filtered('is_selected')

    def _told_on(self, today):
        return self.sent_on if self.means == 'letter' else today

    def _announce(self, lines, told_on):
        announcements = [
            Announcement(line.move_line_id, line.mandate_id, line.date, line.amount)
            for line in lines
            if self.means == 'letter' or line.recipient_id.email
        ]
        notices = self.env['billing.notice']
        if self.means == 'letter':
            return notices._write_together(announcements, 'letter', sent_on=told_on, note=self.note)
        if not announcements:
            raise UserError(
                self.env._("%s: enter an e-mail address, or tell them otherwise and record it.", self.silent_names),
            )
        return notices._send(announcements)


class BillingNoticeSendLine(models.TransientModel):
    _name = 'billing.notice.send.line'
    _description = "Debit to Announce"

    wizard_id = fields.Many2one('billing.notice.send', required=True, ondelete='cascade', index=True)
    is_selected = fields.Boolean("Announce", default=True)
    move_line_id = fields.Many2one('account.move.line', "Due Item", required=True, readonly=True, ondelete='cascade')
    mandate_id = fields.Many2one('billing.mandate', required=True, readonly=True, ondelete='cascade')
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice")
    partner_id = fields.Many2one(related='move_line_id.move_id.commercial_partner_id', string="Customer")
    recipient_id = fields.Many2one('res.partner', "Told To", compute='_compute_recipient_id')
    email = fields.Char(related='recipient_id.email')
    due = fields.Date(related='move_line_id.date_maturity', string="Due")
    date = fields.Date(
        "Debit On",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        help="Proposed: the first day that is due, announced early enough, open, and in reach of a bank file.",
    )
    currency_id = fields.Many2one(related='move_line_id.currency_id')
    amount = fields.Monetary(readonly=True)
    reason = fields.Char("Until Now", readonly=True)

    @api.depends('move_line_id', 'mandate_id')
    def _compute_recipient_id(self):
        for line in self:
            announcement = Announcement(line.move_line_id, line.mandate_id, line.date, line.amount)
            line.recipient_id = self.env['billing.notice']._recipient(announcement)

    @api.depends('wizard_id.means', 'wizard_id.sent_on')
    def _compute_date(self):
        today = fields.Date.context_today(self)
        for wizard, lines in self.grouped('wizard_id').items():
            told_on = wizard._told_on(today) or today
            days = lines.move_line_id._billing_debit_days(today, told_on)
            for line in lines:
                line.date = days[line.move_line_id]

    def _check_day(self, told_on, days):
        """Refuse a day on which nothing can be debited by a notice of ``told_on``.

        :param days: calendar days that must lie between notice and debit
        :raises UserError: names invoice, day, rule and remedy
        """
        self.ensure_one()
        under_way = self.move_line_id._billing_day_under_way()
        if under_way and under_way != self.date:
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s, field “Debit On”: its debit of %(day)s is under way. Announce that day, or "
                    "drop the debit first.",
                    invoice=self.move_id.name,
                    day=format_date(self.env, under_way),
                ),
            )
        first = prenotification.debit_day(self.due or told_on, told_on, days, date.min)
        if self.date >= first and bank_calendar.is_open(self.date):
            return
        raise UserError(
            self.env._(
                "Invoice %(invoice)s, field “Debit On”: %(day)s is refused. It is debited on %(first)s at the "
                "earliest: not before it is due, %(days)s days after the notice, on a day on which banks are open.",
                invoice=self.move_id.name,
                day=format_date(self.env, self.date),
                first=format_date(self.env, max(first, bank_calendar.next_open(self.date))),
                days=days,
            ),
        )

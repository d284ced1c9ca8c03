import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

_logger = logging.getLogger(__name__)


class BillingDunningAction(models.Model):
    """What was done about a customer's late invoices, when, and its proof."""

    _name = 'billing.dunning.action'
    _description = "Reminder"
    _inherit = ['billing.guard.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {'company_id', 'partner_id', 'date', 'move_ids', 'amount', 'mail_id', 'email_to', 'subject', 'body'},
    )

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict'
    )
    date = fields.Date(required=True, readonly=True)
    move_ids = fields.Many2many(
        'account.move',
        'billing_dunning_action_move_rel',
        'action_id',
        'move_id',
        "Invoices",
        readonly=True,
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary("Amount Late", readonly=True, help="What was still due on these invoices on that day.")
    mail_id = fields.Many2one('mail.mail', readonly=True, ondelete='set null')
    email_to = fields.Char("Sent To", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html("Message", readonly=True, sanitize=False)

    @api.depends('partner_id', 'date')
    def _compute_display_name(self):
        for action in self:
            action.display_name = f"{action.partner_id.display_name} · {format_date(self.env, action.date)}"

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Reminders are kept as proof: they cannot be deleted."))

    @api.model
    def _cron_remind(self):
        """Remind the late customers of each company."""
        today = fields.Date.context_today(self)
        open_invoices = [('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('amount_residual', '>', 0)]
        for [company] in self.env['account.move']._read_group(open_invoices, ['company_id']):
            self.with_company(company)._remind(company, today)
            self.env['ir.cron']._commit_progress(1)

    @api.model
    def _remind(self, company, today):
        """Send one e-mail to each customer of ``company`` who is late on ``today``, listing all late invoices.

        A customer without an e-mail address gets an activity instead of a silent nothing.

        :return: the reminders made
        """
        reminders = self.browse()
        late = self._late_invoices(company, today)
        last_dates = self._last_dates(company, late.commercial_partner_id)
        for partner, invoices in late.grouped('commercial_partner_id').items():
            last = last_dates.get(partner)
            if last and (today - last).days < company.billing_reminder_interval:
                continue
            reminders |= self._remind_customer(company, partner, invoices.sorted('invoice_date_due'), today)
        return reminders

    @api.model
    def _remind_customer(self, company, partner, invoices, today):
        """Remind one customer; what goes wrong with one becomes an activity and stops nobody else."""
        if not partner.email:
            self._ask_for_help(invoices, self.env._("No e-mail address for reminders: %s", partner.display_name))
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self._send(company, partner, invoices, today)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("reminder of partner %s", partner.id)
            self._ask_for_help(invoices, self.env._("The reminder could not be written: %s", partner.display_name))
            return self.browse()

    @api.model
    def _late_invoices(self, company, today):
        """Posted invoices still open some days after their due date, that nothing silences."""
        domain = [
            ('company_id', '=', company.id),
            ('move_type', '=', 'out_invoice'),
            ('state', '=', 'posted'),
            ('amount_residual', '>', 0),
            ('invoice_date_due', '<', fields.Date.subtract(today, days=company.billing_reminder_days)),
        ]
        invoices = self.env['account.move'].search(domain)
        return invoices - invoices.browse().concat(*invoices._billing_silence_reason(today))

    @api.model
    def _last_dates(self, company, partners):
        rows = self._read_group(
            [('company_id', '=', company.id), ('partner_id', 'in', partners.ids)],
            ['partner_id'],
            ['date:max'],
        )
        return dict(rows)

    @api.model
    def _send(self, company, partner, invoices, today):
        """Write down the reminder, send it from its template and log it on each invoice."""
        reminder = self._unguarded().create(
            {
                'company_id': company.id,
                'partner_id': partner.id,
                'date': today,
                'move_ids': [fields.Command.set(invoices.ids)],
                'amount': sum(invoices.mapped('amount_residual_signed')),
                'email_to': partner.email_formatted,
            },
        )
        template = self.env.ref('recurring_billing.mail_template_reminder')
        mails = self.env['mail.mail'].sudo()  # accountants may not read all mails
        mail = mails.browse(template.send_mail(reminder.id))
        reminder.write({'mail_id': mail.id, 'subject': mail.subject, 'body': mail.body_html})
        for invoice in invoices:
            invoice.message_post(
                body=self.env._(
                    "Reminder sent to %(address)s: %(amount)s late since %(date)s.",
                    address=partner.email,
                    amount=invoice.currency_id.format(invoice.amount_residual),
                    date=format_date(self.env, invoice.invoice_date_due),
                ),
            )
        return reminder.with_env(self.env)

    @api.model
    def _ask_for_help(self, invoices, summary):
        """One activity on the first of ``invoices``, however often the same thing fails."""
        invoice = invoices[0]
        if summary not in invoice.activity_ids.mapped('summary'):
            invoice.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=summary,
                user_id=invoice.invoice_user_id.id or self.env.uid,
            )

    def _rows(self):
        """The late invoices as rows of the message, in the customer's language."""
        self.ensure_one()
        return [
            {
                'name': move.name,
                'due': format_date(self.env, move.invoice_date_due),
                'days': (self.date - move.invoice_date_due).days,
                'amount': move.currency_id.format(move.amount_residual),
            }
            for move in self.move_ids.sorted('invoice_date_due')
        ]

from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

CHANNELS = {'by_email': 'email', 'by_letter': 'letter', 'by_sms': 'sms', 'by_gateway': 'message', 'by_call': 'call'}


class BillingDunningAction(models.Model):
    """What was done about a customer's late invoices by one channel, when, by whom, and its proof."""

    _name = 'billing.dunning.action'
    _description = "Reminder"
    _inherit = ['billing.guard.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            *('case_id', 'company_id', 'partner_id', 'level_id', 'channel', 'state', 'date', 'user_id', 'item_ids'),
            *('move_ids', 'amount', 'mail_id', 'email_to', 'subject', 'body', 'fingerprint', 'failure', 'done_on'),
            *('phone', 'delivery_id', 'activity_id', 'text', 'text_message_id', 'recipient_id', 'word'),
            *('document', 'document_name', 'document_fingerprint'),
        }
    )

    case_id = fields.Many2one('billing.dunning.case', readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict'
    )
    level_id = fields.Many2one('billing.dunning.level', readonly=True, ondelete='restrict')
    channel = fields.Selection(
        [
            ('email', "E-mail"),
            ('letter', "Letter"),
            ('sms', "SMS"),
            ('message', "Message"),
            ('call', "Call"),
            ('none', "Without a message"),
        ],
        readonly=True,
        required=True,
        default='email',
    )
    state = fields.Selection(
        [('todo', "To do by hand"), ('done', "Done"), ('failed', "Failed"), ('void', "No longer needed")],
        "Status",
        readonly=True,
        required=True,
        default='done',
        index=True,
    )
    date = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one('res.users', "By", readonly=True)
    item_ids = fields.Many2many('billing.dunning.item', string="Ladders", readonly=True)
    move_ids = fields.Many2many(
        'account.move',
        'billing_dunning_action_move_rel',
        'action_id',
        'move_id',
        "Invoices",
        readonly=True,
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(
        "Amount Claimed", readonly=True, help="What was still due on that day, open credits taken off."
    )
    recipient_id = fields.Many2one('res.partner', "Addressed To", readonly=True, ondelete='restrict')
    mail_id = fields.Many2one('mail.mail', readonly=True, index='btree_not_null', ondelete='set null')
    email_to = fields.Char("Sent To", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html("Message", readonly=True, sanitize=False)
    text = fields.Text("Text Message", readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="SHA-256 of the message as it was written: shows that it is unchanged."
    )
    failure = fields.Char(readonly=True)
    activity_id = fields.Many2one('mail.activity', readonly=True, index='btree_not_null', ondelete='set null')
    done_on = fields.Date(readonly=True)
    tracking_number = fields.Char(help="Of the registered letter.")
    received_on = fields.Date(help="Day on which the customer received the letter, as its receipt says.")
    result = fields.Selection(
        [
            ('reached', "Reached"),
            ('promised', "Promises to pay"),
            ('disputes', "Disputes the invoice"),
            ('absent', "Not reached"),
            ('wrong', "Wrong number"),
        ],
    )
    note = fields.Text()

    _received_after = models.Constraint(
        'CHECK (received_on IS NULL OR received_on >= date)', "A letter is received on the day it was written or later."
    )

    @api.depends('partner_id', 'date', 'channel')
    def _compute_display_name(self):
        labels = dict(self._fields['channel']._description_selection(self.env))
        for action in self:
            parts = [action.partner_id.display_name, labels[action.channel], format_date(self.env, action.date)]
            action.display_name = " · ".join(parts)

    def _step_in_words(self):
        """The level, the channel and the day, where the customer is known."""
        self.ensure_one()
        label = dict(self._fields['channel']._description_selection(self.env))[self.channel]
        parts = [self.level_id.name, label, format_date(self.env, self.date)]
        return " · ".join(filter(None, parts))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Reminders are kept as proof: they cannot be deleted."))

    # === MAKING === #

    @api.model
    def _take_steps(self, steps, today):
        """Write down and send one message for each channel of each step.

        :param steps: [(case, items that get their level, items that the message lists)]
        :return: the actions
        """
        due = self.env['billing.dunning.item'].concat(*(due for _case, due, _listed in steps))
        charged = due.filtered(lambda item: item.next_level_id.late_fees == 'charged')
        self.env['billing.late.fee']._charge(charged, today)
        values = []
        for case, due, listed in steps:
            level = due._highest_level()
            values += [self._values(case, level, listed, channel, today) for channel in self._channels(case, level)]
        actions = self._unguarded().create(values).with_env(self.env)
        actions._write_texts()
        actions._mail()
        actions._send_messages()
        actions._ask()
        for case, due, listed in steps:
            for level in due.next_level_id.sorted(lambda level: (level.days, level.sequence)):
                case._apply_effect(level, today)
            case._log_step(actions.filtered(lambda action, case=case: action.case_id == case), due, listed)
        return actions

    @api.model
    def _channels(self, case, level):
        """How ``level`` speaks to this customer: a letter stands in for the e-mail of who has no address."""
        channels = [channel for name, channel in CHANNELS.items() if level[name]] or ['none']
        if 'email' in channels and not case._email():
            channels.remove('email')
            channels = [*{'letter': None, **dict.fromkeys(channels)}]
        return channels

    @api.model
    def _channel_fault(self, case, level, channel):
        """Why a person has to do what ``channel`` would do by itself, or has to know; None: nothing is in the way."""
        if channel == 'letter' and level.by_email and not case._email():
            return self.env._("No e-mail address: send the letter instead.")
        return None

    @api.model
    def _values(self, case, level, listed, channel, today):
        failure = self._channel_fault(case, level, channel)
        is_done = channel not in ('letter', 'call') and not failure
        return {
            'case_id': case.id,
            'company_id': case.company_id.id,
            'partner_id': case.partner_id.id,
            'level_id': level.id,
            'channel': channel,
            'state': 'done' if is_done else 'todo',
            'date': today,
            'done_on': is_done and today,
            'user_id': self.env.uid,
            'item_ids': [fields.Command.set(listed.ids)],
            'move_ids': [fields.Command.set(listed.move_id.ids)],
            'amount': sum(listed.mapped('claimed_company')) + sum(case.credit_line_ids.mapped('amount_residual')),
            'recipient_id': case._recipient().id,
            'phone': channel == 'call' and case._phone(),
            'email_to': channel == 'email' and case._email(),
            'failure': failure,
            'word': "\n".join(filter(None, listed.mapped('word'))),
        }

    def _write_texts(self):
        """Keep what letters and texts say, in the customer's language."""
        for (level, channel), actions in self.grouped(lambda action: (action.level_id, action.channel)).items():
            if channel == 'letter':
                template = level.template_id.sudo()  # users may not read templates
                texts = template._render_field('body_html', actions.ids, compute_lang=True)
                subjects = template._render_field('subject', actions.ids, compute_lang=True)
                for action in actions:
                    action._keep(texts[action.id], subject=subjects[action.id], body=texts[action.id])
            elif channel in ('sms', 'message'):
                for action in actions:
                    text = action._short_text()
                    action._keep(text, text=text)

    def _mail(self):
        """Write the e-mails, and hand them to the post office, which sends them in its own time."""
        letters = self.filtered(lambda action: action.channel == 'email')
        for level, actions in letters.grouped('level_id').items():
            template = level.template_id.sudo()  # users may not read templates
            mails = template.send_mail_batch(actions.ids)
            for action, mail in zip(actions, mails, strict=True):
                action._unguarded().mail_id = mail
                action._keep(mail.body_html, subject=mail.subject, body=mail.body_html)
                if level.attaches_invoices:
                    action._attach_invoices()
        for company, actions in letters.grouped('company_id').items():
            actions._spread(company.billing_reminders_an_hour)
        if letters:
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()  # for administrators only

    def _spread(self, an_hour):
        """Have the post office send so many of these e-mails an hour, after those that wait already; 0: all at once."""
        if not an_hour:
            return
        reminders = self.sudo()  # users may not read mails
        company = self.company_id.id
        waiting = reminders.search_count([('company_id', '=', company), ('mail_id.state', '=', 'outgoing')])
        now = fields.Datetime.now()
        for place, action in enumerate(reminders, waiting - len(self)):
            if hours := place // an_hour:
                action.mail_id.scheduled_date = fields.Datetime.add(now, hours=hours)

    def _keep(self, content, **values):
        """Keep the message ``content`` as proof, with its hash."""
        digest = sha256((content or "").encode()).hexdigest()
        self._unguarded().write({**values, 'fingerprint': digest})

    def _ask(self):
        """What a person has to do, on the case: print and post a letter, phone, send a text."""
        for action in self.filtered(lambda action: action.state == 'todo'):
            label = dict(action._fields['channel']._description_selection(self.env))[action.channel]
            action._ask_for(self.env._("%(channel)s: %(level)s", channel=label, level=action.level_id.name))

    def _ask_for(self, summary):
        self.ensure_one()
        type_ = 'mail.mail_activity_data_call' if self.channel == 'call' else 'mail.mail_activity_data_todo'
        self._unguarded().activity_id = self.case_id._ask(type_, summary, self.failure or self.phone or "")

    # === ANSWERS === #

    def action_done(self):
        """The letter was posted, the customer phoned, the text sent."""
        for action in self.filtered(lambda action: action.state in ('todo', 'failed')):
            if action.channel == 'call' and not action.result:
                raise UserError(self.env._("%s: say what came of the call first.", action.display_name))
            action._unguarded().write({'state': 'done', 'done_on': fields.Date.context_today(self)})
            action.case_id.message_post(body=action._result_in_words())
            action._end_tasks()
        return True

    def _end_tasks(self):
        """Remove the activities of these actions, but for those that ask for others too."""
        waiting = self.case_id.action_ids.filtered(lambda action: action.state in ('todo', 'failed'))
        (self.activity_id - waiting.activity_id).unlink()

    def _void_settled(self):
        """Nothing is left to do of those whose invoices are all settled meanwhile."""
        void = self.filtered(
            lambda action: action.state in ('todo', 'failed') and not any(action.item_ids.mapped('is_open'))
        )
        void._unguarded().state = 'void'
        void._end_tasks()

    def _result_in_words(self):
        parts = [self.display_name, dict(self._fields['result']._description_selection(self.env)).get(self.result)]
        return " · ".join([part for part in (*parts, self.tracking_number, self.note) if part])

    # === TEXTS === #

    def _rows(self):
        """The invoices as rows of the message, then the open credits, in the customer's language."""
        self.ensure_one()
        items = [
            {
                'name': item.move_id.name,
                'due': format_date(self.env, item.date_due),
                'days': max((self.date - item.date_due).days, 0),
                'amount': item.currency_id.format(item.claimed),
            }
            for item in self.item_ids.sorted('date_due')
        ]
        credits_ = [
            {
                'name': line.move_id.ref or line.move_id.name,
                'due': format_date(self.env, line.date),
                'days': "",
                'amount': line.currency_id.format(line.amount_residual_currency),
            }
            for line in self.case_id.credit_line_ids.sorted('date')
        ]
        return items + credits_

    def _letter_name(self):
        self.ensure_one()
        return self.env._("Reminder %(customer)s", customer=self.partner_id.name)

from datetime import time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import bank_calendar


class AccountJournal(models.Model):
    """What the bank of this journal asks of files of direct debits, and how we work with it."""

    _inherit = 'account.journal'

    billing_lead_days = fields.Integer(
        "Days Between File and Collection",
        default=2,
        help="Bank working days (T2) that the bank asks for between the day of the file and the collection date.",
    )
    billing_cutoff = fields.Float(
        "File Before (Hour)",
        default=11.0,
        help="Until when the bank takes a file as one of the same day, in your own time.",
    )
    billing_message_version = fields.Selection(
        [('08', "pain.008.001.08"), ('02', "pain.008.001.02 (until 2023)")],
        "File Format",
        default='08',
        required=True,
        help="The older one only where the bank takes no other.",
    )
    billing_uses_frst = fields.Boolean(
        "First Debits Marked FRST",
        help="Since November 2016 a first debit is marked as recurrent, like all others. Tick where the bank still "
        "asks for FRST.",
    )
    billing_debit_grouping = fields.Selection(
        [('invoice', "One debit for each invoice"), ('mandate', "One debit for all invoices of a customer")],
        "Debits",
        default='invoice',
        required=True,
        help="Credit notes are taken off the oldest invoices of the customer in both cases.",
    )
    billing_batch_booking = fields.Selection(
        [
            ('batch', "One line for the file"),
            ('single', "One line for each debit"),
            ('bank', "As agreed with the bank"),
        ],
        "On the Statement",
        default='batch',
        required=True,
        help="How the bank is asked to book the collection. One entry settles it, which one line matches best.",
    )
    billing_address_policy = fields.Selection(
        [('always', "Always"), ('outside_eea', "Only where banks ask for them")],
        "Addresses in the File",
        default='always',
        required=True,
        help="Banks outside the European Economic Area ask for the debtor's address; some others want none.",
    )
    billing_max_debits_per_file = fields.Integer("Debits in a File", help="At most. 0: no limit.")
    billing_max_amount_per_file = fields.Float(
        "Amount of a File", digits=(16, 2), help="At most, in euros. 0: no limit."
    )
    billing_max_amount_per_debit = fields.Float(
        "Amount of a Debit", digits=(16, 2), help="At most, in euros. 0: no limit."
    )
    billing_max_amount_per_day = fields.Float(
        "Amount of a Day", digits=(16, 2), help="Of all files for one collection date, in euros. 0: no limit."
    )
    billing_four_eyes = fields.Boolean(
        "Second Person Makes the File",
        help="Who checked a collection may not make its file: another person of the direct debit role does.",
    )
    billing_settle_on = fields.Selection(
        [('date', "On the collection date"), ('bank', "When the bank's credit is recorded")],
        "Invoices Are Paid",
        default='date',
        required=True,
        help="On the collection date: an entry on the outstanding account. Or only once the bank's credit is recorded, "
        "at its date.",
    )

    _billing_lead_days_positive = models.Constraint(
        'CHECK (billing_lead_days >= 1)',
        "Banks need a file at least one working day before the collection: correct “Days Between File and Collection”.",
    )
    _billing_limits_positive = models.Constraint(
        'CHECK (COALESCE(billing_max_debits_per_file, 0) >= 0 AND COALESCE(billing_max_amount_per_file, 0) >= 0 '
        'AND COALESCE(billing_max_amount_per_debit, 0) >= 0 AND COALESCE(billing_max_amount_per_day, 0) >= 0)',
        "Limits of direct debits are zero, for none, or more.",
    )

    @api.constrains('billing_cutoff')
    def _check_billing_cutoff(self):
        for journal in self:
            if not 0 <= journal.billing_cutoff <= 24:
                raise ValidationError(
                    self.env._(
                        "Journal %(journal)s, field “File Before (Hour)”: enter an hour between 00:00 and 24:00.",
                        journal=journal.display_name,
                    ),
                )

    def _billing_earliest_day(self, today, now=time.min):
        """The first T2 day that can be collected with a file that goes to the bank on ``today``.

        :param now: the time of that day, which counts against the bank's cut-off
        """
        self.ensure_one()
        cutoff = bank_calendar.clock(self.billing_cutoff)
        return bank_calendar.earliest(today, now, self.billing_lead_days, cutoff)

    def _billing_largest_debit(self):
        """The most, in euros, that one debit may take here: a file that holds it has a limit too. 0: no limit."""
        self.ensure_one()
        limits = (self.billing_max_amount_per_debit, self.billing_max_amount_per_file)
        return min(filter(None, limits), default=0.0)

    def _billing_now(self):
        """The day and time at which a file made now would go to the bank, in the user's own time."""
        now = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        return now.date(), now.time()

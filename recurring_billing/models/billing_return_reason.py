from odoo import api, fields, models
from odoo.exceptions import UserError

UNKNOWN = 'recurring_billing.return_reason_unknown'


class BillingReturnReason(models.Model):
    """What follows from a reason that banks give for sending a debit back (EPC173-14): a list the accountant edits."""

    _name = 'billing.return.reason'
    _description = "Return Reason"
    _order = 'code'
    _rec_names_search = ['code', 'name']

    code = fields.Char(required=True, help="As it stands in the bank's message: four letters and figures of ISO 20022.")
    name = fields.Char("Meaning", required=True, translate=True)
    active = fields.Boolean(default=True)
    retry = fields.Selection(
        [
            ('never', "Never"),
            ('by_hand', "Once somebody mended the cause"),
            ('automatic', "By itself"),
        ],
        "Collect Again",
        required=True,
        default='never',
    )
    retry_limit = fields.Integer("At Most (Times)", default=0, help="New debits of the same invoice after the first.")
    retry_days = fields.Integer(
        "Days Until Then", default=0, help="Bank working days (T2) between the return and the new debit, at least."
    )
    retry_near_payday = fields.Boolean(
        "Near Payday", help="The new debit waits for the company's payday, when accounts are fullest."
    )
    mandate_effect = fields.Selection(
        [('keep', "Keeps it"), ('hold', "Puts it on hold"), ('revoke', "Ends it")],
        "Mandate",
        required=True,
        default='keep',
        help="What becomes of the mandate. On hold, nothing is debited until a person resumes it.",
    )
    is_dispute = fields.Boolean("Dispute", help="The customer contests the debit: nothing is collected until agreed.")
    actor = fields.Selection(
        [('nobody', "Nobody"), ('customer', "The customer"), ('accountant', "We"), ('bank', "Our bank")],
        "Who Must Act",
        required=True,
        default='accountant',
    )
    next_step = fields.Char(translate=True, help="What the accountant does about it, in one sentence.")
    tells_customer = fields.Boolean(
        "Customer Is Told", default=True, help="An e-mail says what failed and what happens next."
    )
    customer_text = fields.Text(
        "Words to the Customer", translate=True, help="What failed and what to do, in plain words."
    )

    _code_unique = models.UniqueIndex("(code)", "This reason is in the list already.")
    _retries_positive = models.Constraint(
        'CHECK (COALESCE(retry_limit, 0) >= 0 AND COALESCE(retry_days, 0) >= 0)',
        "Times and days of a new debit are zero or more.",
    )

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for reason in self:
            reason.display_name = f"{reason.code} {reason.name}"

    @api.ondelete(at_uninstall=False)
    def _unlink_but_the_unknown(self):
        if self.env.ref(UNKNOWN) in self:
            raise UserError(
                self.env._(
                    "The reason %s stands for all that are not in the list: keep it.", self.env.ref(UNKNOWN).code
                ),
            )

    @api.model
    def _by_code(self, codes):
        """{code: reason}, for any of ``codes``; one that is not in the list gets the reason of unknown ones.

        A reason put away in the list still explains what banks send.
        """
        known = self.with_context(active_test=False).search([('code', 'in', [*codes])])
        of_code = {reason.code: reason for reason in known}
        unknown = self.env.ref(UNKNOWN)
        return {code: of_code.get(code, unknown) for code in codes}

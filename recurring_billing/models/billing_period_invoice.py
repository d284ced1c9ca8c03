from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

from .billing_guard_mixin import DOOR

# An invoice of the night tells nobody that it was made, and whoever starts a run does not follow a thousand invoices.
QUIET = {'mail_create_nosubscribe': True, 'mail_auto_subscribe_no_notify': True}


class BillingPeriod(models.Model):
    """From planned to posted invoices."""

    _inherit = 'billing.period'

    def _bill(self, today, transaction):
        """Make and post the invoices of these due periods.

        What the checks forbid is not begun. Creating and posting stand alone: only the step that failed is halved until
        the faulty invoice is found, and no draft of it stays.

        :param today: the day of issue
        :param transaction: see `Transaction`
        :return: {period: error} of those that could not be billed
        """
        plans, faults = self._plan_isolated(today, transaction)
        self._check_blocks(plans)
        sound = [plan for plan in plans if not plan.blocks]
        created, failed = self._isolate(sound, self._create_invoices, transaction)
        drafts = [pair for some, moves in created for pair in zip(some, moves, strict=True)]
        posted, refused = self._isolate(drafts, self._post_invoices, transaction)
        self.env['account.move'].concat(*(move for _plan, move in refused)).unlink()
        failed |= {plan: error for (plan, _move), error in refused.items()}
        failed |= {plan: UserError("\n".join(plan.blocks)) for plan in plans if plan.blocks}
        for plan, error in failed.items():
            faults |= dict.fromkeys(plan.periods, error)
        self._follow_up([move for pairs, _none in posted for _plan, move in pairs], plans, today)
        return faults

    def _create_invoices(self, plans):
        """Make a draft of each planned invoice."""
        if deductions := [bill for plan in plans for bill in plan.deductions]:
            self.env['billing.deposit'].union(*(bill.deposit for bill in deductions))._take()
        context = clean_context(self.env.context) | QUIET
        is_batched = self._may_log_in_batch()
        moves = self.env['account.move'].with_context(context, mail_create_nolog=is_batched, billing_door=DOOR)
        moves = moves.create([self._invoice_values(plan) for plan in plans]).with_env(self.env)
        if is_batched:
            text = self.env._("%s and posted by the recurring billing", moves[:1]._creation_message())
            moves._message_log_batch(dict.fromkeys(moves.ids, text))
        self._mark_usage(plans, moves)
        return moves

    def _may_log_in_batch(self):
        """Whether one log for all invoices says enough: nobody can follow their making, and no audit trail is wanted.

        Core posts one message for each invoice and step, which costs a fifth of the whole. Who follows an invoice from
        its first second does so by a default subtype or by the subtype of a parent.
        """
        if any(self.company_id.mapped('restrictive_audit_trail')):
            return False
        steps = self.env.ref('account.mt_invoice_created') + self.env.ref('account.mt_invoice_validated')
        subtypes = self.env['mail.message.subtype'].sudo()  # whether others may follow is no secret of theirs
        followed = subtypes.search_count([('parent_id', 'in', steps.ids)], limit=1)
        return not followed and not any(steps.mapped('default'))

    def _post_invoices(self, drafts):
        """Post the invoices of these pairs (planned invoice, draft)."""
        moves = self.env['account.move'].concat(*(move for _plan, move in drafts))
        moves.with_context(mail_notrack=self._may_log_in_batch())._post(soft=False)
        moves.line_ids._billing_match(list(self._credits_to_match(moves)))

    @api.model
    def _credits_to_match(self, moves):
        """What is open of each credit note among ``moves`` with what is open of the invoices that it corrects, as
        recordsets of receivable lines. Core matches a single invoice only."""
        for move in moves.filtered(lambda move: move.move_type == 'out_refund' and move.amount_residual):
            documents = move | self._corrected_together(move.invoice_line_ids.billing_credited_line_id.move_id)
            lines = documents.line_ids.filtered(
                lambda line: line.account_type == 'asset_receivable' and not line.reconciled
            )
            for some in lines.grouped('account_id').values():
                if move.line_ids & some and len({line.amount_residual > 0 for line in some}) == 2:
                    yield some

    @api.model
    def _corrected_together(self, invoices):
        """``invoices``, and those that one credit note has corrected together with one of them: it was matched with the
        oldest first, so that what is given back of that one later on is open on another."""
        found, more = invoices, invoices
        while more:
            lines = self.env['account.move.line'].search(
                [
                    ('billing_credited_line_id.move_id', 'in', more.ids),
                    ('parent_state', '=', 'posted'),
                    ('move_type', '=', 'out_refund'),
                    ('move_id.reversed_entry_id', '=', False),
                ],
            )
            more = lines.move_id.invoice_line_ids.billing_credited_line_id.move_id - found
            found |= more
        return found

    def _follow_up(self, moves, plans, today):
        """Send what was posted, plan the next periods of its contracts, pass over what owes nothing."""
        invoices = self.env['account.move'].concat(*moves)
        if any(invoices.company_id.mapped('billing_send_invoices')):
            invoices._billing_queue_sending()
        self.contract_id._live()._plan_periods(today)
        self.contract_id._forget_blocks()
        planned = self.concat(*(plan.periods for plan in plans))
        self.env.add_to_compute(self._fields['state'], self - planned)

    # === VALUES === #

    @api.model
    def _invoice_values(self, plan):
        """Values of the invoice for ``plan``."""
        contract = plan.contract
        contracts = plan.periods.contract_id
        credited = self.env['account.move.line'].concat(
            *(bill.credited for _period, bill in plan.bills if bill.credited)
        )
        return {
            **contract._invoice_header(plan.date),
            'move_type': 'out_refund' if plan.is_credit_note else 'out_invoice',
            'reversed_entry_id': credited.move_id.id if plan.is_credit_note and len(credited.move_id) == 1 else False,
            'invoice_origin': ", ".join(contracts.mapped('name')),
            'ref': self._reference(plan, credited.move_id),
            'invoice_line_ids': [fields.Command.create(values) for values in self._invoice_rows(plan)],
        }

    @api.model
    def _reference(self, plan, credited):
        """The customer's order number or the contract; a credit note names the invoices that it corrects."""
        contract = plan.contract
        reference = contract.customer_reference or contract.name
        if not plan.is_credit_note or not credited:
            return reference
        env = contract.with_context(lang=contract.partner_id.lang or contract.company_id.partner_id.lang).env
        names = ", ".join(credited.mapped('name'))
        return env._("Credit of %(invoices)s, %(reference)s", invoices=names, reference=reference)

    @api.model
    def _invoice_rows(self, plan):
        """Values of the invoice's lines: each contract's in their order, with the sections and notes among them."""
        rows = []
        contracts = plan.periods.contract_id
        for contract in contracts:
            is_consolidated = len(contracts) > 1
            if is_consolidated:
                rows.append({'display_type': 'line_section', 'name': contract._invoice_section()})
            rows += self._contract_rows(plan, contract, is_below_heading=is_consolidated)
        for number, row in enumerate(rows):
            row['sequence'] = number
        return rows

    @api.model
    def _contract_rows(self, plan, contract, is_below_heading):
        bills = {}
        for period, bill in plan.bills:
            bills.setdefault(bill.line, []).append((period, bill))
        rows = []
        waiting = []  # headings, with the notes below them, wait for the first line that is billed under them
        is_billed = None  # the line above; None right below a heading
        for line in contract.line_ids:
            if not line.display_type:
                is_billed = line in bills
                if is_billed:
                    rows += [text._text_values(is_below_heading) for text in waiting]
                    rows += [self._line_values(period, bill, plan) for period, bill in bills[line]]
                    waiting = []
            elif line.display_type != 'line_note':
                waiting = [*line._headings_above(waiting), line]
                is_billed = None
            elif is_billed is None:
                waiting.append(line)
            elif is_billed:
                rows.append(line._text_values())
        mine = [bill for bill in plan.deductions if bill.line.contract_id == contract]
        return rows + [bill.deposit._deduction_row(bill) for bill in mine]

    @api.model
    def _line_values(self, period, bill, plan):
        line, credited = bill.line, bill.credited
        values = {
            'product_id': line.product_id.id,
            'name': line._label(bill),
            'quantity': -bill.quantity if plan.is_credit_note else bill.quantity,
            'product_uom_id': line.product_uom_id.id,
            'price_unit': bill.price_unit,
            'discount': bill.discount,
            'tax_ids': [fields.Command.set((credited or line).tax_ids.ids)],
            'analytic_distribution': (credited or line).analytic_distribution,
            'billing_contract_line_id': line.id,
            'billing_period_id': period.id,
            'billing_kind': bill.kind,
            'billing_date_start': bill.days.first,
            'billing_date_end': bill.days.last,
            'billing_full_amount': bill.full,
            'billing_part': bill.part,
            'billing_revision': period.revision,
        }
        if bill.reductions:
            values |= {
                'billing_discount_ids': [fields.Command.set(bill.reductions.ids)],
                'billing_discount_id': bill.reduction.id if bill.reduction else False,
            }
        if bill.among:
            values['billing_shared_line_ids'] = [fields.Command.set(bill.among.ids)]
        if credited:
            values |= {
                'account_id': credited.account_id.id,
                'billing_credited_line_id': credited.id,
                'extra_tax_data': self._mirrored_taxes(bill) if plan.is_mirror else False,
            }
        return values

    @api.model
    def _mirrored_taxes(self, bill):
        """The taxes of a line of a credit note, as core stores amounts typed by hand for as long as the line stays."""
        data = {
            **bill.manual,
            'currency_id': bill.credited.currency_id.id,
            'quantity': bill.quantity,
            'price_unit': bill.price_unit,
            'discount': bill.discount,
        }
        return self.env['account.tax']._reverse_quantity_base_line_extra_tax_data(data)

"""The way to a customer's reminder case from where people look: the customer, the contract, the invoice."""

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_dunning_case_id = fields.Many2one(
        'billing.dunning.case', "Reminder Case", compute='_compute_billing_dunning_case_id', compute_sudo=True
    )
    billing_dunning_stage = fields.Char(
        "Reminders Reached", compute='_compute_billing_dunning_case_id', compute_sudo=True
    )

    @api.depends_context('company', 'lang')
    def _compute_billing_dunning_case_id(self):
        domain = [
            ('company_id', '=', self.env.company.id),
            ('partner_id', 'in', self.commercial_partner_id.ids),
        ]
        cases = self.env['billing.dunning.case'].search(domain).grouped('partner_id')
        for partner in self:
            case = cases.get(partner.commercial_partner_id, self.env['billing.dunning.case'])
            partner.billing_dunning_case_id = case
            partner.billing_dunning_stage = case._stage_in_words()

    def action_billing_dunning_case(self):
        """Open the reminders of this customer in the user's company."""
        return self.billing_dunning_case_id._get_records_action()


class BillingContract(models.Model):
    _inherit = 'billing.contract'

    dunning_case_id = fields.Many2one(
        'billing.dunning.case', "Reminder Case", compute='_compute_dunning_case_id', compute_sudo=True
    )
    dunning_stage = fields.Char("Reminders Reached", compute='_compute_dunning_case_id', compute_sudo=True)

    @api.depends('partner_id', 'company_id')
    @api.depends_context('lang')
    def _compute_dunning_case_id(self):
        customers = self.partner_id.commercial_partner_id
        domain = [('company_id', 'in', self.company_id.ids), ('partner_id', 'in', customers.ids)]
        cases = self.env['billing.dunning.case'].search(domain)
        found = cases.grouped(lambda case: (case.company_id, case.partner_id))
        for contract in self:
            key = (contract.company_id, contract.partner_id.commercial_partner_id)
            case = found.get(key, self.env['billing.dunning.case'])
            contract.dunning_case_id = case
            contract.dunning_stage = case._stage_in_words()

    def action_dunning_case(self):
        """Open the reminders of this contract's customer."""
        return self.dunning_case_id._get_records_action()


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_dunning_level_id = fields.Many2one(
        'billing.dunning.level', "Reminded", compute='_compute_billing_dunning_level_id', compute_sudo=True
    )

    @api.depends('billing_dunning_item_ids.level')
    def _compute_billing_dunning_level_id(self):
        for move in self:
            items = move.billing_dunning_item_ids.filtered('level')
            move.billing_dunning_level_id = items.sorted('level')[-1:].level_id

    def action_billing_dunning_case(self):
        """Open the reminders that concern this invoice."""
        return self.billing_dunning_case_id._get_records_action()

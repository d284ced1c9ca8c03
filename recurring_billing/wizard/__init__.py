from . import billing_effect_mixin

# isort: split
# the dialogs inherit from it, and must come after it

from . import (
    account_move_reversal,
    base_partner_merge,
    billing_aged_balance_open,
    billing_bank_line_match,
    billing_bank_message_import,
    billing_collection_credit,
    billing_collection_prepare,
    billing_contract_change,
    billing_contract_change_frequency,
    billing_contract_change_line,
    billing_contract_change_terms,
    billing_contract_missed,
    billing_contract_suspend,
    billing_contract_termination,
    billing_credit_match,
    billing_debit_return,
    billing_discount_grant,
    billing_late_fee_settle,
    billing_mandate_activate,
    billing_mandate_change,
    billing_mandate_stop,
    billing_notice_schedule,
    billing_notice_send,
    billing_outstanding,
    billing_plan_migration,
    billing_run_post,
)

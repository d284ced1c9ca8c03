from . import billing_commitment_mixin, billing_frequency_mixin, billing_guard_mixin, billing_revision_mixin

# isort: split
from . import billing_state_mixin, billing_worker

# isort: split
# the models inherit from these, and must come after them

from . import billing_contract, billing_contract_line

# isort: split
# each is extended by several files, some of which import another

from . import (
    account_chart_template,
    account_journal,
    account_move,
    account_move_line,
    account_move_line_billed,
    account_payment_method,
    billing_amendment,
    billing_amendment_change,
    billing_amendment_revision,
    billing_collection,
    billing_collection_file,
    billing_collection_settlement,
    billing_contract_amend,
    billing_contract_calendar,
    billing_contract_chain,
    billing_contract_change,
    billing_contract_commitment,
    billing_contract_discount,
    billing_contract_effect,
    billing_contract_exchange,
    billing_contract_figures,
    billing_contract_frequency,
    billing_contract_guard,
    billing_contract_line_discount,
    billing_contract_line_owed,
    billing_contract_line_revision,
    billing_contract_line_version,
    billing_contract_pause,
    billing_contract_plan,
    billing_contract_revision,
    billing_contract_start,
    billing_contract_termination,
    billing_contract_terms,
    billing_contract_upcoming,
    billing_debit,
    billing_debit_return,
    billing_discount,
    billing_dunning_action,
    billing_index,
    billing_index_value,
    billing_loyalty_rule,
    billing_mandate,
    billing_period,
    billing_period_checks,
    billing_period_invoice,
    billing_period_plan,
    billing_plan,
    billing_plan_frequency,
    billing_plan_line,
    billing_plan_revision,
    billing_revision,
    billing_revision_line,
    billing_run,
    billing_run_line,
    billing_run_preview,
    billing_run_work,
    billing_termination_reason,
    res_company,
    res_config_settings,
    res_partner,
)

from . import (
    account_move_reversal,
    billing_collection_prepare,
    billing_contract_end,
    billing_contract_missed,
    billing_debit_return,
    billing_run_post,
)

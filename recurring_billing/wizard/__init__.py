from . import billing_collection_prepare
from . import billing_contract_end
from . import billing_debit_return

from datetime import date

from odoo.tests import freeze_time

from .common import BillingCommon

TODAY = date(2026, 11, 25)
NEW_YEAR = date(2027, 1, 1)
INDEXED = {'revision': 'index', 'revision_lag': 10}


class RevisionCommon(BillingCommon):
    """Contracts whose prices are revised once a year by the value of March: 310.0, then 321.4."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.action_revoke()  # all of them pay by transfer
        cls.index = cls.env['billing.index'].create({'name': "House index", 'code': "HOUSE"})
        cls._values(('2025-03-01', 310.0), ('2026-03-01', 321.4))
        cls.env['res.lang']._activate_lang('fr_FR')

    @classmethod
    def _values(cls, *rows):
        return cls.env['billing.index.value'].create(
            [{'index_id': cls.index.id, 'month': month, 'value': value} for month, value in rows]
        )

    def _indexed(self, **values):
        """A started contract from 1 January 2026 at 100.00 a month, revised by the index of March."""
        return self._started(
            **{'date_start': date(2026, 1, 1), 'debit': False, 'revision_index_id': self.index.id, **INDEXED, **values}
        )

    def _revision(self, until=date(2027, 1, 24), **values):
        return self.env['billing.revision'].create({'date_until': until, **values})

    def _revised(self, contract, **values):
        """The amendment that a revision makes of ``contract``."""
        revision = self._revision(**values)
        revision.line_ids.filtered(lambda line: line.level != 'blocked').is_selected = True
        revision.action_revise()
        return revision.line_ids.filtered(lambda line: line.contract_id == contract).amendment_id

    def _invoiced(self, day, contract):
        with freeze_time(day):
            return self._billed_on(day, contract)

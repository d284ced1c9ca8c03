import base64
import csv
import io
import zipfile

from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import format_date


class BillingDunningCase(models.Model):
    """What a lawyer or a collector needs of a case, in one archive."""

    _inherit = 'billing.dunning.case'

    def _require_dunning_manager(self):
        if not self.env.user.has_group('recurring_billing.group_dunning'):
            raise AccessError(
                self.env._("Only the role “Reminders / Formal notices” may hand a case over. Ask somebody who has it.")
            )

    def _hand_over(self, today):
        """End the reminders of these cases, and keep the archive of each in its history."""
        for case in self:  # a person confirms each
            case._unguarded().handed_over_on = today
            case.message_post(
                body=self.env._("Handed over to litigation, with invoices, contracts, reminders and computation."),
                # its statement is that of the case's company, whichever the user works in
                attachments=[(case._archive_name(), case.with_company(case.company_id)._archive())],
            )

    def _archive_name(self):
        return self.env._("Litigation %(customer)s %(day)s.zip", customer=self.partner_id.name, day=self.handed_over_on)

    def _archive(self):
        """The archive's bytes: statement of account, invoices, contracts, reminders with their hashes, computation."""
        self.ensure_one()
        content = io.BytesIO()
        with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, data in self._archive_files():
                archive.writestr(name, data)
        return content.getvalue()

    def _archive_files(self):
        """(name, content) of each file, in the order in which they are read."""
        yield self._print('recurring_billing.res_partner_statement_report', self.partner_id, "statement")
        for move in self.open_item_ids.move_id:
            yield self._print('account.account_invoices', move, f"invoices/{_as_file(move.name)}")
        contracts = self.open_item_ids.move_id._billing_contracts().values()
        for contract in self.env['billing.contract'].concat(*dict.fromkeys(contracts)):
            name = f"contracts/{_as_file(contract.name)}"
            yield self._print('recurring_billing.billing_contract_report', contract, name)
        actions = self.action_ids.sorted(lambda action: (action.date, action.id))
        for action in actions.filtered(lambda action: action.body or action.text):
            kind = "html" if action.body else "txt"
            yield f"reminders/{action.date}-{action.id}-{action.channel}.{kind}", action.body or action.text
        for letter in actions.filtered('document'):
            yield f"reminders/{letter.date}-{letter.id}-{letter.document_name}", base64.b64decode(letter.document)
        yield "reminders.csv", self._archive_reminders(actions)
        yield "late_fees.csv", self._archive_fees()

    def _print(self, report, record, name):
        """(file name, content) of ``record`` by ``report``: the kept PDF of an invoice, else a new one."""
        if record._name == 'account.move' and record.invoice_pdf_report_id:
            return f"{name}.pdf", record.invoice_pdf_report_id.raw
        reports = self.env['ir.actions.report']
        if self.env['billing.contract']._can_make_pdf():
            content, kind = reports._render_qweb_pdf(report, record.ids)
        else:  # a server without wkhtmltopdf still hands over what can be read and printed
            content, kind = reports._render_qweb_html(report, record.ids)
        return f"{name}.{kind}", content

    def _archive_reminders(self, actions):
        """What was done when, by whom, by which channel, and the proof."""
        labels = dict(actions._fields['channel']._description_selection(self.env))
        head = [
            *(self.env._("Day"), self.env._("Level"), self.env._("Channel"), self.env._("Invoices")),
            *(self.env._("Claimed"), self.env._("Sent To"), self.env._("Tracking Number"), self.env._("Received On")),
            *(self.env._("By"), "SHA-256"),
        ]
        rows = [
            [
                *(action.date, action.level_id.name, labels[action.channel], ", ".join(action.move_ids.mapped('name'))),
                *(action.amount, action.email_to or action.phone or "", action.tracking_number or ""),
                *(action.received_on or "", action.user_id.name, action.fingerprint or ""),
            ]
            for action in actions
        ]
        return _as_csv([head, *rows])

    def _archive_fees(self):
        """Interest and indemnity of each open invoice to the day of the hand-over, with the computation."""
        head = [
            *(self.env._("Invoice"), self.env._("Due Date"), self.env._("Still Due"), self.env._("Interest")),
            *(self.env._("Indemnity"), self.env._("Computation")),
        ]
        fees = self.open_item_ids._late_fees_owed(self.handed_over_on)
        rows = [
            [
                *(item.move_id.name, format_date(self.env, item.date_due), item.residual),
                *(fee.interest, fee.indemnity, " / ".join(item._owed_in_words(fee))),
            ]
            for item, fee in fees.items()
        ]
        return _as_csv([head, *rows])


def _as_file(name):
    """The number of a document as part of a file's name."""
    return name.replace('/', '-')


def _as_csv(rows):
    """Rows as spreadsheets in Europe open them: semicolons, UTF-8 with a mark."""
    text = io.StringIO()
    csv.writer(text, delimiter=';').writerows(rows)
    return text.getvalue().encode('utf-8-sig')

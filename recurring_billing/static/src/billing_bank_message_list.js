import { FileUploadListController } from "@account/views/file_upload_list/file_upload_list_controller";
import { FileUploadListRenderer } from "@account/views/file_upload_list/file_upload_list_renderer";
import { fileUploadListView } from "@account/views/file_upload_list/file_upload_list_view";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Bank messages are imported by dropping the bank's files on their list. */
export class BillingBankMessageListRenderer extends FileUploadListRenderer {
    setup() {
        super.setup();
        this.dropZoneTitle = _t("Drop the files of the bank here: pain.002, camt.052, camt.053, camt.054, plain or zipped.");
    }
}

registry.category("views").add("billing_bank_message_list", {
    ...fileUploadListView,
    Controller: FileUploadListController,
    Renderer: BillingBankMessageListRenderer,
});

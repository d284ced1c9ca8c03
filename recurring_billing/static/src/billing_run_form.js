import { useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

const SECONDS = 2;

/** The form of a run or a revision computes a new one at once, and reads itself again while invoices are posted. */
export class BillingRunFormController extends FormController {
    setup() {
        super.setup();
        useEffect(
            (root) => {
                if (root?.isNew) {
                    this.saveNew(root);
                }
            },
            () => [this.model.root]
        );
        useEffect(
            (isUnderWay) => {
                if (!isUnderWay) {
                    return;
                }
                const timer = browser.setInterval(() => this.model.root.load(), SECONDS * 1000);
                return () => browser.clearInterval(timer);
            },
            () => [this.model.root?.data?.is_under_way]
        );
    }

    /** Save, and open what was saved: in the form that it was new in, Odoo's date field drops a day that is typed. */
    async saveNew(root) {
        if (await root.save()) {
            await this.model.load({ resId: root.resId });
        }
    }
}

registry.category("views").add("billing_run_form", { ...formView, Controller: BillingRunFormController });

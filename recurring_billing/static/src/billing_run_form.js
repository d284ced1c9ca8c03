import { useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

const SECONDS = 2;

/** The form of a billing run reads itself again while its invoices are posted in the background. */
export class BillingRunFormController extends FormController {
    setup() {
        super.setup();
        useEffect(
            (state) => {
                if (state !== "running") {
                    return;
                }
                const timer = browser.setInterval(() => this.model.root.load(), SECONDS * 1000);
                return () => browser.clearInterval(timer);
            },
            () => [this.model.root?.data?.state]
        );
    }
}

registry.category("views").add("billing_run_form", { ...formView, Controller: BillingRunFormController });

import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** A masked account number with an eye: the whole number is asked for only when somebody wants to see it. */
export class BillingIbanField extends Component {
    static template = "recurring_billing.BillingIbanField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ iban: false });
    }

    get text() {
        return this.state.iban || this.props.record.data[this.props.name] || "";
    }

    async toggle() {
        const { resModel, resId } = this.props.record;
        this.state.iban = this.state.iban ? false : await this.orm.call(resModel, "reveal_iban", [[resId]]);
    }
}

registry.category("fields").add("billing_iban", {
    component: BillingIbanField,
    supportedTypes: ["char"],
});

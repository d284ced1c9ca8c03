import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("recurring_billing_late_payer", {
    steps: () => [
        { content: "The late customer", trigger: ".o_kanban_record:contains('Atelier Durand'):contains('120.00')", run: "click" },
        { content: "What lateness costs", trigger: ".o_statusbar_buttons button:contains('Late Fees')", run: "click" },
        { trigger: ".modal .o_data_row:contains('19 days / 365')" },
        { content: "A reason is asked for", trigger: ".modal button[name='action_waive']", run: "click" },
        { trigger: ".o_error_dialog:contains('Say why'), .modal:contains('Say why')" },
        { trigger: ".modal:contains('Say why') .modal-footer button:contains('Close')", run: "click" },
        { trigger: ".modal .o_field_widget[name='reason'] input", run: "edit First delay in five years" },
        { trigger: ".modal button[name='action_waive']", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { content: "A payment plan", trigger: ".o_statusbar_buttons button:contains('Payment Plan')", run: "click" },
        { trigger: ".o_field_widget[name='line_ids'] .o_data_row:nth-child(3):contains('40.00')" },
        { content: "Four instalments", trigger: ".o_field_widget[name='count'] input", run: "edit 4 && press Tab" },
        { trigger: ".o_field_widget[name='line_ids'] .o_data_row:nth-child(4):contains('30.00')" },
        { content: "The agreement is missing", trigger: "button[name='action_agree']", run: "click" },
        { trigger: ".modal:contains('upload the signed agreement') .modal-footer button:contains('Close')", run: "click" },
        { trigger: ".o_field_widget[name='consent'] input, .o_field_widget[name='consent'] select", run: "click" },
        { trigger: ".o_select_menu_item:contains('E-mail'), .o_field_widget[name='consent'] option:contains('E-mail')", run: "click" },
        { trigger: "button[name='action_agree']", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Agreed')" },
    ],
});

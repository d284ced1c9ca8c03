import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("recurring_billing_contract_change", {
    steps: () => [
        { content: "Change", trigger: "button[name='action_change']", run: "click" },
        { trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row .o_data_cell[name='quantity']", run: "click" },
        { trigger: ".modal .o_field_widget[name='quantity'] input", run: "edit 2" },
        { trigger: ".modal .o_field_widget[name='reason'] textarea", run: "edit A second server" },
        { content: "Look at the effect", trigger: ".modal button[name='action_see_effect']", run: "click" },
        { content: "Half of the month more, with VAT", trigger: ".modal .o_field_widget[name='effect'] tfoot:contains('57.60')" },
        { trigger: ".modal .o_field_widget[name='effect']:contains('216.00')" },
        { content: "Back and forth", trigger: ".modal button[name='action_back']", run: "click" },
        { trigger: ".modal .o_data_row .o_data_cell[name='quantity']:contains('2.00')" },
        { trigger: ".modal button[name='action_see_effect']", run: "click" },
        { trigger: ".modal button[name='action_confirm']", run: "click" },
        { content: "Done, with a link", trigger: ".o_notification:contains('Quantity') a" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: "button[name='action_amendments']:contains('1')" },
        { content: "History", trigger: ".nav-link[name='history']", run: "click" },
        { trigger: ".o_field_widget[name='amendment_ids'] .o_data_row:contains('A second server')" },
    ],
});

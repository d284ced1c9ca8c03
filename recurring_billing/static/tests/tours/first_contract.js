import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openMenu = (section, item) => [
    stepUtils.showAppsMenuItem(),
    { trigger: ".o_app[data-menu-xmlid='account.menu_finance']", run: "click" },
    { trigger: ".o_menu_sections button:contains('Recurring Billing')", run: "click" },
    { trigger: `.o-dropdown--menu a[data-menu-xmlid='recurring_billing.${item}']`, run: "click" },
    { trigger: `.o_breadcrumb:contains('${section}')` },
];

registry.category("web_tour.tours").add("recurring_billing_first_contract", {
    url: "/odoo",
    steps: () => [
        ...openMenu("Contracts", "menu_contracts"),
        { content: "New contract", trigger: ".o_list_button_add", run: "click" },
        { trigger: ".o_field_widget[name='partner_id'] input", run: "edit Atelier Durand" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Atelier Durand')", run: "click" },
        { content: "The customer's mandate pays", trigger: ".o_field_widget[name='mandate_id'] input:value(/RUM-/)" },
        { content: "Paid by direct debit", trigger: ".o_field_widget[name='payment_method_line_id'] input", run: "edit SEPA" },
        { trigger: ".o-autocomplete--dropdown-item:contains('SEPA Direct Debit')", run: "click" },
        { trigger: ".o_field_widget[name='mandate_id'] input:value(/RUM-/)" },
        { trigger: ".o_field_x2many_list_row_add a", run: "click" },
        { trigger: ".o_field_widget[name='product_id'] input", run: "edit Hosting" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Hosting')", run: "click" },
        { trigger: ".o_list_footer, .oe_subtotal_footer:contains('120.00')" },
        { content: "The next invoices show before anything is saved", trigger: ".nav-link[name='next_invoices']", run: "click" },
        { trigger: "div[name='upcoming_preview'] tbody tr:nth-child(6)" },
        { content: "Start", trigger: "button[name='action_start']", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Running')" },
        { content: "Preview", trigger: "header button[name='action_preview'], .o_statusbar_buttons button[name='action_preview']", run: "click" },
        { trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('120.00')" },
        { content: "Post", trigger: "button[name='action_confirm_post']", run: "click" },
        { trigger: ".modal .o_field_widget[name='amount_total']:contains('120.00')" },
        { trigger: ".modal-footer button[name='action_confirm']", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Done')" },
        { content: "The number done is a link", trigger: "button[name='action_invoices']:contains('1')" },
        ...openMenu("Billing Runs", "menu_runs"),
        { content: "A new run is computed at once", trigger: ".o_list_button_add", run: "click" },
        { trigger: "button[name='action_compute']" },
        { trigger: "p:contains('Nothing is due until this date')" },
        { content: "Another day", trigger: ".o_field_widget[name='date_until'] button", run: "click" },
        { trigger: ".o_field_widget[name='date_until'] input", run: "edit 01/31/2026 && press Enter" },
        { content: "It shows", trigger: ".o_field_widget[name='date_until'] button[data-tooltip='01/31/2026']" },
        { trigger: "button[name='action_compute']", run: "click" },
        { content: "It is saved", trigger: ".o_breadcrumb:contains('01/31/2026')" },
        { trigger: ".o_form_view:not(:has(.o_form_button_save:visible))" },
    ],
});

registry.category("web_tour.tours").add("recurring_billing_first_collection", {
    url: "/odoo",
    steps: () => [
        ...openMenu("Collections", "menu_collections"),
        { content: "Prepare", trigger: ".o_control_panel button:contains('Prepare Collection')", run: "click" },
        { trigger: ".modal .o_field_widget[name='amount_total']:contains('120.00')" },
        { trigger: ".modal-footer button[name='action_prepare']", run: "click" },
        { trigger: ".o_field_widget[name='debit_ids'] .o_data_row:contains('Atelier Durand')" },
        { content: "Check", trigger: "button[name='action_check']", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Checked')" },
        { content: "File", trigger: "button[name='action_generate']", run: "click" },
        { trigger: ".o_arrow_button_current:contains('File Made')" },
        { trigger: "button[name='action_download']" },
        { trigger: ".o_field_widget[name='file_sha256']:contains(/[0-9a-f]{64}/)" },
    ],
});

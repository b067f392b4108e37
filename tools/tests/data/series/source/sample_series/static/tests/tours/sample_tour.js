import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_service/tour_utils";

registry.category("web_tour.tours").add("sample_series_tour", {
    url: "/odoo",
    steps: () => [stepUtils.showAppsMenuItem()],
});

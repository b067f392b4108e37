import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";

const COLORS = { success: "--success", failure: "--danger", mfa_pending: "--warning" };

/** Bars by result have the colours that the results have everywhere else. */
export class LoginGraphRenderer extends GraphRenderer {
    getBarChartData() {
        const data = super.getBarChartData();
        const style = getComputedStyle(document.documentElement);
        const results = this.model.metaData.fields.result.selection;
        for (const dataset of data.datasets) {
            const [result] = results.find(([, label]) => label === dataset.label) || [];
            if (result) {
                dataset.backgroundColor = style.getPropertyValue(COLORS[result]).trim();
            }
        }
        return data;
    }
}

export const loginGraphView = { ...graphView, Renderer: LoginGraphRenderer };

registry.category("views").add("login_audit_graph", loginGraphView);

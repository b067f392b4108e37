import { Component, onMounted, onWillStart, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { DashboardChart } from "./dashboard_chart";

const { DateTime } = luxon;

const EVENTS = "fusion.login.audit";
const EVENT_VIEWS = ["list", "kanban", "graph", "pivot", "form"];
const FIRST_PERIOD = 7;

/** The login events of a period at a glance; every figure opens the events behind it. */
export class LoginDashboard extends Component {
    static template = "fusion_login_audit.LoginDashboard";
    static components = { Layout, DashboardChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.display = { controlPanel: {} };
        this.periods = [
            { days: 1, label: _t("24 hours") },
            { days: 7, label: _t("7 days") },
            { days: 30, label: _t("30 days") },
            { days: 90, label: _t("90 days") },
        ];
        const { days = FIRST_PERIOD, asTables = false } = this.props.state || {};
        this.state = useState({ days, asTables, loading: true, failed: false });
        this.figures = null;
        useSetupAction({
            getLocalState: () => ({
                days: this.state.days,
                asTables: this.state.asTables,
            }),
        });
        onWillStart(() => loadBundle("web.chartjs_lib"));
        onMounted(() => this.load());
    }

    async load() {
        Object.assign(this.state, { loading: true, failed: false });
        try {
            const reading = this.orm.call(EVENTS, "fc_dashboard", [this.state.days]);
            this.figures = await this.keepLast.add(reading);
        } catch (error) {
            this.state.failed = true;
            throw error;
        } finally {
            this.state.loading = false;
        }
    }

    choosePeriod(days) {
        this.state.days = days;
        return this.load();
    }

    get periodDomain() {
        return [["event_time", ">=", this.figures.since]];
    }

    get isEmpty() {
        const { success, failure, mfa_pending } = this.figures.totals;
        return !(success || failure || mfa_pending);
    }

    get tiles() {
        const { success, failure, users, addresses, alerts } = this.figures.totals;
        const rate = success + failure ? (100 * failure) / (success + failure) : 0;
        const succeeded = [...this.periodDomain, ["result", "=", "success"]];
        const failed = [...this.periodDomain, ["result", "=", "failure"]];
        return [
            {
                name: "success",
                label: _t("Logins"),
                icon: "fa-sign-in",
                look: "text-success",
                value: formatInteger(success),
                open: () => this.openEvents(_t("Logins"), succeeded),
            },
            {
                name: "failure",
                label: _t("Failures"),
                icon: "fa-ban",
                look: "text-danger",
                value: formatInteger(failure),
                open: () => this.openEvents(_t("Failures"), failed),
            },
            {
                name: "rate",
                label: _t("Failure Rate"),
                icon: "fa-percent",
                value: `${formatFloat(rate, { digits: [16, 1] })} %`,
                open: () =>
                    this.openEvents(_t("Failures"), failed, "group_reason"),
            },
            {
                name: "users",
                label: _t("Users"),
                icon: "fa-users",
                value: formatInteger(users),
                open: () => this.openEvents(_t("Users"), succeeded, "group_user"),
            },
            {
                name: "addresses",
                label: _t("Addresses"),
                icon: "fa-globe",
                value: formatInteger(addresses),
                open: () => this.openEvents(_t("Addresses"), this.periodDomain, "group_ip"),
            },
            {
                name: "alerts",
                label: _t("Alerts"),
                icon: "fa-bell",
                look: alerts ? "text-warning" : "",
                value: formatInteger(alerts),
                open: () => this.openAlerts(),
            },
        ];
    }

    get charts() {
        const { buckets, reasons, addresses, countries, unit } = this.figures;
        const timeTitle = unit === "hour" ? _t("Logins by Hour") : _t("Logins by Day");
        return [
            this.chart("buckets", timeTitle, buckets.map((bar) => this.timeBar(bar)), {
                pending: true,
                wide: true,
            }),
            this.chart("reasons", _t("Failures by Reason"), reasons, {
                success: false,
                horizontal: true,
            }),
            this.chart("addresses", _t("Top Addresses"), addresses, {
                horizontal: true,
            }),
            this.chart("countries", _t("Countries"), countries, { horizontal: true }),
        ];
    }

    /**
     * @param {string} name
     * @param {string} title
     * @param {Object[]} bars with `label`, `domain` and counts by result
     * @param {Object} look
     * @param {boolean} [look.success] whether successes are shown
     * @param {boolean} [look.pending] whether logins that wait are shown, if any
     * @param {boolean} [look.horizontal] whether bars run from left to right
     * @param {boolean} [look.wide] whether the chart takes the whole width
     * @returns {Object} the props of a chart
     */
    chart(name, title, bars, { success = true, pending = false, ...look }) {
        const results = [["failure", _t("Failures"), "danger"]];
        if (pending && bars.some((bar) => bar.mfa_pending)) {
            results.unshift(["mfa_pending", _t("Awaiting second factor"), "warning"]);
        }
        if (success) {
            results.unshift(["success", _t("Successes"), "success"]);
        }
        return {
            name,
            title,
            horizontal: Boolean(look.horizontal),
            wide: Boolean(look.wide),
            labels: bars.map((bar) => bar.label),
            series: results.map(([result, label, color]) => ({
                label,
                color,
                values: bars.map((bar) => bar[result] || 0),
            })),
            onOpen: (bar, series) => {
                const domain = [...bars[bar].domain];
                if (series !== undefined) {
                    domain.push(["result", "=", results[series][0]]);
                }
                return this.openEvents(`${title}: ${bars[bar].label}`, domain);
            },
        };
    }

    timeBar(bar) {
        const byHour = this.figures.unit === "hour";
        const day = byHour
            ? bar.label
            : DateTime.fromISO(bar.label).toLocaleString({
                  month: "short",
                  day: "numeric",
              });
        const domain = [
            ["event_time", ">=", bar.since],
            ["event_time", "<", bar.until],
        ];
        return { ...bar, label: day, domain };
    }

    openEvents(name, domain, groupBy) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: EVENTS,
            views: EVENT_VIEWS.map((view) => [false, view]),
            domain,
            context: groupBy ? { [`search_default_${groupBy}`]: 1 } : {},
        });
    }

    openAlerts() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Alerts"),
            res_model: "fusion.login.alert",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["alert_time", ">=", this.figures.since]],
        });
    }
}

registry.category("actions").add("fusion_login_audit.dashboard", LoginDashboard);

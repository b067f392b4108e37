/* global Chart */

import { Component, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";
import { seriesFill } from "./chart_fill";

const BAR_HEIGHT = 28;
const FRAME_HEIGHT = 72;
const WIDE_HEIGHT = 280;

/**
 * A stacked bar chart, or its figures as a table. A bar, or a figure, opens what it
 * counts; beside the bars, everything of that label.
 */
export class DashboardChart extends Component {
    static template = "fusion_login_audit.DashboardChart";
    static props = {
        name: String,
        title: String,
        labels: { type: Array, element: String },
        series: { type: Array, element: Object },
        onOpen: Function,
        asTable: Boolean,
        horizontal: Boolean,
        wide: Boolean,
    };

    setup() {
        this.canvas = useRef("canvas");
        useEffect(
            (canvas) => {
                if (!canvas) {
                    return;
                }
                const chart = new Chart(canvas, this.config(canvas));
                return () => chart.destroy();
            },
            () => [this.canvas.el, this.props.labels, this.props.series]
        );
    }

    get isEmpty() {
        return !this.props.series.some(({ values }) => values.some(Boolean));
    }

    get height() {
        if (!this.props.horizontal) {
            return WIDE_HEIGHT;
        }
        return this.props.labels.length * BAR_HEIGHT + FRAME_HEIGHT;
    }

    /** The figures in words, for those who do not see the bars. */
    get description() {
        const totals = this.props.series.map(({ label, values }) => {
            const sum = values.reduce((left, right) => left + right, 0);
            return `${label} ${this.format(sum)}`;
        });
        return _t("%(title)s: %(totals)s", {
            title: this.props.title,
            totals: totals.join(", "),
        }).toString();
    }

    format(value) {
        return formatInteger(value);
    }

    config(canvas) {
        const style = getComputedStyle(canvas);
        const grid = { color: style.getPropertyValue("--border-color") || style.color };
        const counts = {
            stacked: true,
            beginAtZero: true,
            grid,
            ticks: { color: style.color, precision: 0, callback: this.format },
        };
        const names = {
            stacked: true,
            grid: { display: false },
            ticks: { color: style.color, autoSkip: !this.props.horizontal },
        };
        const { horizontal } = this.props;
        return {
            type: "bar",
            data: { labels: this.props.labels, datasets: this.datasets(style) },
            options: {
                indexAxis: horizontal ? "y" : "x",
                animation: false,
                maintainAspectRatio: false,
                font: { family: style.fontFamily },
                scales: horizontal ? { x: counts, y: names } : { x: names, y: counts },
                interaction: { mode: "index", axis: horizontal ? "y" : "x", intersect: false },
                plugins: {
                    legend: {
                        display: this.props.series.length > 1,
                        labels: { color: style.color, boxWidth: 16 },
                    },
                    tooltip: {
                        callbacks: {
                            label: ({ dataset, raw }) =>
                                `${dataset.label}: ${this.format(raw)}`,
                        },
                    },
                },
                onClick: (ev, _elements, chart) => this.onClick(ev, chart),
                onHover: (ev, elements) => {
                    ev.native.target.style.cursor = elements.length ? "pointer" : "";
                },
            },
        };
    }

    datasets(style) {
        return this.props.series.map(({ label, color, values }) => {
            const tone = style.getPropertyValue(`--${color}`).trim() || style.color;
            return {
                label,
                data: values,
                backgroundColor: seriesFill(color, tone),
                borderColor: tone,
                borderWidth: 1,
                maxBarThickness: BAR_HEIGHT,
            };
        });
    }

    onClick({ native }, chart) {
        const axis = this.props.horizontal ? "y" : "x";
        const at = (mode, options) =>
            chart.getElementsAtEventForMode(native, mode, options, true)[0];
        const bar = at("nearest", { intersect: true });
        const label = bar || at("index", { intersect: false, axis });
        if (label) {
            this.props.onOpen(label.index, bar?.datasetIndex);
        }
    }
}

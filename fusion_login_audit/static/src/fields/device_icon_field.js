import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ICONS = {
    desktop: "fa-desktop",
    mobile: "fa-mobile",
    tablet: "fa-tablet",
    bot: "fa-cogs",
    unknown: "fa-question-circle-o",
};

/** A kind of device as an icon, its name as tooltip and for screen readers. */
export class DeviceIconField extends Component {
    static template = "fusion_login_audit.DeviceIconField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get icon() {
        return ICONS[this.value];
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return Object.fromEntries(selection)[this.value];
    }
}

export const deviceIconField = {
    component: DeviceIconField,
    displayName: _t("Device Icon"),
    supportedTypes: ["selection"],
};

registry.category("fields").add("login_device_icon", deviceIconField);

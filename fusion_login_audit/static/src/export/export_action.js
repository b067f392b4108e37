import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";

/**
 * Fetch the login events of a domain as a file.
 *
 * @param {Object} env
 * @param {Object} action with the domain in its `params`
 */
async function exportLoginEvents(env, { params }) {
    env.services.ui.block();
    try {
        await download({
            url: "/fusion_login_audit/export",
            data: { domain: JSON.stringify(params.domain) },
        });
    } finally {
        env.services.ui.unblock();
    }
}

registry.category("actions").add("fusion_login_audit.export", exportLoginEvents);

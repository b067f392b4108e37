import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";

/**
 * A payment manager who saves a change of a posted payment is asked for the reason
 * first. Everybody else's is sent as it is, and the server answers.
 */
export class PaymentApprovalFormController extends formView.Controller {
    setup() {
        super.setup();
        this.overrideOrm = useService("orm");
        this.overrideAction = useService("action");
    }

    async onWillSaveRecord(record, changes) {
        if (record.resId && record.data.payment_control && record.data.is_posted) {
            const action = await this.overrideOrm.call(
                "account.payment",
                "action_ask_edit",
                [[record.resId], changes]
            );
            if (action && !(await this.isOverrideGranted(action))) {
                return false;
            }
        }
        return super.onWillSaveRecord(...arguments);
    }

    /** Open the dialog; discarding it leaves the change unsaved in the form. */
    isOverrideGranted(action) {
        return new Promise((resolve) => {
            this.overrideAction.doAction(action, {
                onClose: (infos) => resolve(Boolean(infos?.granted)),
            });
        });
    }
}

registry.category("views").add("payment_approval_form", {
    ...formView,
    Controller: PaymentApprovalFormController,
});

// The <dialog>s: the open task, the help and a budget's form. Views are loaded when first needed; closing gives the focus back.
import { render } from "./lit.js";

const AGAIN_MS = 2_000;

/** Panels for the dialogs. `closeTask()` and `closeHelp()` put the state back; `landing()` is where focus goes at worst. */
export function createOverlays({ closeTask, closeHelp, closeBudget, landing, redraw }) {
  return [
    overlay(document.getElementById("task-dialog"), () => import("./views/dialog.js"), {
      open: (state) => state.detail !== null, close: closeTask, landing, redraw,
      view: (module, state) => module.dialogView(state), reads: (module, state) => module.readsDialog(state),
    }),
    overlay(document.getElementById("help-dialog"), () => import("./views/help.js"), {
      open: (state) => state.ui.help, close: closeHelp, landing, redraw,
      view: (module, state) => module.helpView(state), reads: (module, state) => module.readsHelp(state),
    }),
    overlay(document.getElementById("budget-dialog"), () => import("./costs/budget_form.js"), {
      open: (state) => state.ui.budgetForm !== null, close: closeBudget, landing, redraw,
      view: (module, state) => module.budgetFormView(state), reads: (module, state) => module.readsBudgetForm(state),
    }),
  ];
}

function overlay(dialog, load, { open, close, landing, redraw, view, reads }) {
  let module = null;
  let opener = null;
  let asked = false;
  let wanted = false;
  /** The server may be away just now; an open dialog asks until the view is there. */
  const fetchModule = async (now) => {
    if (module || (asked && !now)) return;
    asked = true;
    try {
      module = await load();
      redraw();
    } catch {
      if (now) setTimeout(() => fetchModule(true), AGAIN_MS);
    }
  };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  // A browser may close it without asking, on a second Escape.
  dialog.addEventListener("close", () => wanted && close());
  dialog.addEventListener("click", (event) => event.target === dialog && close());

  return {
    warm: () => fetchModule(false),
    read: (state) => [open(state), module, ...(module ? reads(module, state) : [])],
    draw(state) {
      wanted = open(state);
      if (!wanted) {
        if (!dialog.open) return;
        dialog.close();
        if (module) render(view(module, state), dialog);
        if (opener?.isConnected) opener.focus({ preventScroll: true });
        else landing().focus({ preventScroll: true });
        return;
      }
      if (!module) return void fetchModule(true);
      render(view(module, state), dialog);
      if (dialog.open) return;
      opener = document.activeElement === document.body ? null : document.activeElement;
      dialog.showModal();
      dialog.querySelector("h2").focus();
    },
  };
}

// <modal-dialog>: the <dialog> inside is open as long as this element stands in the page. Esc and a click beside it do
// what its button [data-close] does; what had the focus before gets it back.

class ModalDialog extends HTMLElement {
  #opener = null;

  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const close = () => this.querySelector("[data-close]")?.click();
    this.#opener = document.activeElement === document.body ? null : document.activeElement;
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    // A browser may close it without asking, on a second Escape.
    dialog.addEventListener("close", () => this.isConnected && close());
    dialog.addEventListener("pointerdown", (event) => event.target === dialog && close());
    dialog.showModal();
    (this.querySelector("[data-first]") ?? this.querySelector("h2"))?.focus();
  }

  disconnectedCallback() {
    const opener = this.#opener;
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    else document.getElementById("main")?.focus({ preventScroll: true });
  }
}

if (!customElements.get("modal-dialog")) customElements.define("modal-dialog", ModalDialog);

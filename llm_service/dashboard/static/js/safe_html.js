// The one place that sets HTML. The server's Markdown is safe already; here it passes the last gate.
import DOMPurify from "../vendor/dompurify-3.4.18/purify.es.mjs";

const RULES = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["img", "picture", "source", "video", "audio", "svg", "math", "style", "form", "input", "button", "iframe"],
  FORBID_ATTR: ["style", "id", "name", "class", "srcset", "background"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  RETURN_TRUSTED_TYPE: true,
};
const made = new Map();
const KEPT = 60;

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A") return;
  node.setAttribute("rel", "noopener noreferrer");
  node.setAttribute("target", "_blank");
});

/** A node that holds the sanitised HTML: the same node for the same text, so that redrawing disturbs no selection. */
export function safeNode(field, html) {
  const before = made.get(field);
  if (before?.html === html) return before.node;
  const node = document.createElement("div");
  node.className = "prose";
  node.innerHTML = DOMPurify.sanitize(html, RULES);
  if (made.size > KEPT) made.clear();
  made.set(field, { html, node });
  return node;
}

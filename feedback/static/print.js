// Shows the print button where it can work; the page prints well from the browser's menu too.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

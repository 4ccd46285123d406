(() => {
  const said = document.getElementById("copied");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const text = button.parentElement.querySelector(".value").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
      button.focus();
    }
    const before = button.textContent;
    said.textContent = button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; said.textContent = ""; }, 1500);
  });
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
})();

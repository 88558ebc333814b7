/* Copies what stands in a field; says so for eyes and ears. Without a clipboard the text is selected instead. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const status = document.querySelector("[data-copy-status]");
  field.select();
  if (!navigator.clipboard) return;
  navigator.clipboard.writeText(field.value).then(() => {
    if (status) status.textContent = button.dataset.copied;
  });
});

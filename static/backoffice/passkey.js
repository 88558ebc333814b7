// A passkey that was not given, or cannot be, is said on the page and not in the browser's console.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.getElementById("passkey_trouble");
  if (!place) return;
  const name = event.detail.exception?.name;
  const impossible = !window.PublicKeyCredential || name === "SecurityError" || name === "NotSupportedError";
  place.textContent = impossible ? place.dataset.unsupported : place.dataset.refused;
  place.hidden = false;
  place.scrollIntoView({ block: "center" });
});

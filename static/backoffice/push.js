/* "Alerts in this browser": says how it stands here, and turns it on by asking the browser. The server keeps what the
   browser gave it; everything else on the page are ordinary forms. */
(() => {
  const box = document.querySelector("[data-push]");
  if (!box) return;
  const form = box.querySelector("[data-push-form]");
  const isPossible =
    Boolean(box.dataset.key) &&
    window.isSecureContext &&
    "serviceWorker" in navigator &&
    "PushManager" in window &&
    "Notification" in window;

  const show = (state) => {
    for (const part of box.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== state;
  };

  const digestOf = async (text) => {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const keyBytes = () => {
    const plain = box.dataset.key.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(plain), (sign) => sign.charCodeAt(0));
  };

  const isOurs = (subscription) => {
    const theirs = new Uint8Array(subscription.options.applicationServerKey || []);
    const ours = keyBytes();
    return theirs.length === ours.length && theirs.every((byte, place) => byte === ours[place]);
  };

  const look = async () => {
    if (!isPossible) return show("impossible");
    if (Notification.permission === "denied") return show("refused");
    const registration = await navigator.serviceWorker.getRegistration(box.dataset.worker);
    const subscription = registration && (await registration.pushManager.getSubscription());
    if (!subscription || !isOurs(subscription)) return show("off");
    const digest = await digestOf(subscription.endpoint);
    const known = box.dataset.known.split(" ").includes(digest);
    document.getElementById(`browser-${digest}`)?.removeAttribute("hidden");
    return show(known ? "on" : "off");
  };

  const turnOn = async () => {
    show("asking");
    if ((await Notification.requestPermission()) !== "granted") return look();
    const registration = await navigator.serviceWorker.register(box.dataset.worker);
    const ready = await active(registration);
    let subscription = await ready.pushManager.getSubscription();
    // One made for another key of this installation would be refused at each knock.
    if (subscription && !isOurs(subscription)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ||= await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes() });
    const told = subscription.toJSON();
    form.elements.endpoint.value = told.endpoint;
    form.elements.p256dh.value = told.keys.p256dh;
    form.elements.auth.value = told.keys.auth;
    form.submit();
    return undefined;
  };

  const active = (registration) =>
    new Promise((resolve, reject) => {
      if (registration.active) return resolve(registration);
      const worker = registration.installing || registration.waiting;
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve(registration);
        if (worker.state === "redundant") reject(new Error("redundant"));
      });
      return undefined;
    });

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    turnOn().catch(() => show("failed"));
  });
  look().catch(() => show("impossible"));
})();

/* Shows the alerts that are pushed to this browser, and opens their page when one is touched. */
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let words = {};
  try {
    words = event.data ? event.data.json() : {};
  } catch {
    words = {};
  }
  // A browser takes the permission away from who was pushed to and showed nothing.
  event.waitUntil(
    self.registration.showNotification(words.title || "MoniDesk", {
      body: words.body || "",
      tag: words.tag || undefined,
      data: { url: words.url || "/admin/alerts/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/admin/alerts/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
      const open = pages.find((page) => page.url === target.href);
      return open ? open.focus() : self.clients.openWindow(target.href);
    }),
  );
});

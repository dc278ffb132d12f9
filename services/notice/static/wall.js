// A board on a wall: scrolls by itself, loads itself anew when the board has changed, and says when it is cut off.
// Who asks for reduced motion gets a page that stands still; a touch, a key or the wheel pauses it for a minute.
"use strict";

(() => {
  const PIXELS_A_SECOND = 28;
  const REST_AT_AN_END = 8000;
  const PAUSE_AFTER_TOUCH = 60000;
  const LOOK_EVERY = 20000;
  const STALE_AFTER = 60000;

  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const stale = document.getElementById("stale");
  let restUntil = performance.now() + REST_AT_AN_END;
  let last = performance.now();
  let at = 0;
  let isAtEnd = false;
  let tag = null;
  let isNew = false;
  let heardAt = Date.now();

  const end = () => document.documentElement.scrollHeight - window.innerHeight;

  const startAnew = (now) => {
    if (isNew) {
      window.location.reload();
    }
    isAtEnd = false;
    at = 0;
    window.scrollTo(0, 0);
    restUntil = now + REST_AT_AN_END;
  };

  const step = (now) => {
    const passed = Math.min(now - last, 100);
    last = now;
    if (!still.matches && now >= restUntil && end() > 0) {
      if (isAtEnd) {
        startAnew(now);
      } else {
        at = Math.min(at + (passed / 1000) * PIXELS_A_SECOND, end());
        window.scrollTo(0, at);
        isAtEnd = at >= end();
        restUntil = isAtEnd ? now + REST_AT_AN_END : restUntil;
      }
    }
    window.requestAnimationFrame(step);
  };

  const pause = () => {
    restUntil = performance.now() + PAUSE_AFTER_TOUCH;
    at = window.scrollY;
  };
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    window.addEventListener(kind, pause, { passive: true });
  }

  const look = async () => {
    try {
      const asked = { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(LOOK_EVERY / 2) };
      const answer = await fetch(window.location.href, asked);
      if (answer.status === 200 || answer.status === 304) {
        heardAt = Date.now();
        const found = answer.headers.get("etag");
        if (tag && found && found !== tag) {
          isNew = true;
        }
        tag = found || tag;
      }
    } catch {
      // Away: the notice below says so once it has lasted.
    }
    const isCutOff = Date.now() - heardAt > STALE_AFTER;
    if (!isCutOff && !stale.hidden) {
      window.location.reload();
    }
    stale.hidden = !isCutOff;
    if (isNew && (still.matches || end() <= 0)) {
      window.location.reload();
    }
  };

  window.requestAnimationFrame(step);
  window.setInterval(look, LOOK_EVERY);
  look();
})();

// What every page does beyond plain HTML. Each part improves something that already works without it.
(function () {
  "use strict";

  const find = (selector, root) => (root || document).querySelector(selector);
  const findAll = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  /* Theme */

  function labelThemeSwitch() {
    const other = window.insidersTheme.current() === "dark" ? "light" : "dark";
    findAll("[data-theme-switch]").forEach((button) => {
      const label = button.getAttribute("data-label-" + other);
      button.hidden = false;
      button.setAttribute("aria-label", label);
      button.title = label;
    });
  }

  /* Toasts: short notes that answer an action; problems stay until they are closed */

  function toast(text, level) {
    const region = find("#toasts");
    const template = find("#toast-template");
    if (!region || !template || !text) return;
    const note = template.content.firstElementChild.cloneNode(true);
    const close = find("button", note);
    note.classList.add("toast-" + (level || "info"));
    find("p", note).textContent = text;
    close.setAttribute("aria-label", region.dataset.textClose);
    close.addEventListener("click", () => note.remove());
    findAll(".toast-note", region).filter((other) => other.textContent === note.textContent).forEach((other) => other.remove());
    region.append(note);
    if (level !== "error") setTimeout(() => note.remove(), 8000);
  }

  function failureText(status) {
    const texts = find("#toasts").dataset;
    if (status === 403) return texts.textForbidden;
    if (status === 404 || status === 410) return texts.textMissing;
    return texts.textError;
  }

  /* Dialogs */

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (dialog && dialog.showModal && !dialog.open) dialog.showModal();
    return Boolean(dialog);
  }

  function closeMenus(except) {
    findAll("details[data-menu][open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  }

  function setSidebar(isOpen) {
    document.body.classList.toggle("is-sidebar-open", isOpen);
    const button = find("[data-sidebar-open]");
    if (button) button.setAttribute("aria-expanded", String(isOpen));
    const target = isOpen ? find("#sidebar a[aria-current]") || find("#sidebar a") : button;
    if (target) target.focus();
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener && openDialog(opener.dataset.dialogOpen)) { event.preventDefault(); closeMenus(); return; }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) { event.preventDefault(); closer.closest("dialog").close(); return; }
    if (event.target.closest("[data-theme-switch]")) {
      window.insidersTheme.choose(window.insidersTheme.current() === "dark" ? "light" : "dark");
    }
    if (event.target.closest("[data-sidebar-open]")) { event.preventDefault(); setSidebar(true); return; }
    if (event.target.closest("[data-sidebar-close]")) { event.preventDefault(); setSidebar(false); return; }
    if (document.body.classList.contains("is-sidebar-open") && !event.target.closest("#sidebar")) setSidebar(false);
    closeMenus(event.target.closest("details[data-menu]"));
    if (!event.target.closest(".search")) clearSuggestions();
  });

  /* Keys */

  const KEYS_SETTING = "insiders-single-keys";

  function singleKeysOn() {
    try { return localStorage.getItem(KEYS_SETTING) !== "off"; } catch (error) { return true; }
  }

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  function clearSuggestions() {
    const list = find("#search-suggestions");
    if (list) list.replaceChildren();
  }

  function moveThroughSuggestions(event) {
    const links = findAll("#search-suggestions a");
    if (!links.length || !event.target.closest(".search")) return;
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = links.indexOf(document.activeElement) + step;
    event.preventDefault();
    (next < 0 ? find("#search-box") : links[Math.min(next, links.length - 1)]).focus();
  }

  function closeOnEscape() {
    const menu = find("details[data-menu][open]");
    if (menu) { menu.open = false; find("summary", menu).focus(); }
    if (find("#search-suggestions a")) { clearSuggestions(); find("#search-box").focus(); }
    if (document.body.classList.contains("is-sidebar-open")) setSidebar(false);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      const box = find("#search-box");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "?" && singleKeysOn() && !isTyping(event.target)) {
      event.preventDefault();
      openDialog("keys");
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveThroughSuggestions(event);
    else if (event.key === "Escape") closeOnEscape();
  });

  function rememberSingleKeys() {
    const box = find("[data-single-keys]");
    if (!box) return;
    box.checked = singleKeysOn();
    box.addEventListener("change", () => {
      try { localStorage.setItem(KEYS_SETTING, box.checked ? "on" : "off"); } catch (error) { /* lasts for this page */ }
    });
  }

  /* htmx */

  function isQuiet(element) {
    return Boolean(element && element.closest && element.closest("[data-quiet]"));
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const token = find('meta[name="csrf-token"]');
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // An open list of running jobs is being read: leave it alone until it is closed.
    if (find("details[open]", event.target) && event.target.classList.contains("running-jobs")) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // A list that renews itself must not take away what the keyboard stands on.
    const isHeld = document.activeElement && document.activeElement.closest("#file-rows, #waiting-files");
    if (event.target.id === "file-rows" && isHeld) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // The session ended: the answer is the sign-in page, which belongs in the window and not in a corner of it. A page
    // that holds what would be lost by leaving says so itself and prevents it.
    const xhr = event.detail.xhr;
    if (xhr.status === 200 && xhr.responseText.includes('data-layout="anonymous"') && !document.body.dataset.layout) {
      event.detail.shouldSwap = false;
      if (document.dispatchEvent(new CustomEvent("insiders:signed-out", { cancelable: true }))) window.location.reload();
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (!isQuiet(event.target)) toast(failureText(event.detail.xhr.status), "error");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!isQuiet(event.target)) toast(find("#toasts").dataset.textOffline, "error");
  });
  document.addEventListener("htmx:timeout", (event) => {
    if (!isQuiet(event.target)) toast(find("#toasts").dataset.textSlow, "error");
  });
  // A view answers {"toast": {"text": …, "level": …}} in HX-Trigger.
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));

  /* Local state: Alpine is fetched by the first page or piece that asks for it */

  function loadAlpine() {
    if (window.Alpine || find("script[data-alpine-script]") || !find("[x-data]") || !document.body.dataset.alpine) return;
    const script = document.createElement("script");
    script.src = document.body.dataset.alpine;
    script.dataset.alpineScript = "";
    document.head.append(script);
  }

  document.addEventListener("htmx:load", loadAlpine);
  document.addEventListener("insiders:theme", labelThemeSwitch);
  document.addEventListener("DOMContentLoaded", () => {
    labelThemeSwitch();
    rememberSingleKeys();
    loadAlpine();
    const problem = find("[data-focus]");
    if (problem) problem.focus();
  });
  window.insiders = { toast };
})();

// Loaded before the first paint, so that nobody sees the wrong theme flash by.
(function () {
  "use strict";
  var stored = null;
  try { stored = localStorage.getItem("insiders-theme"); } catch (error) { /* private windows may refuse storage */ }
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var theme = stored || (system.matches ? "dark" : "light");
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.dispatchEvent(new CustomEvent("insiders:theme", { detail: theme }));
  }
  apply();
  system.addEventListener("change", apply);
  window.insidersTheme = {
    current: function () { return document.documentElement.getAttribute("data-bs-theme"); },
    choose: function (theme) {
      stored = theme;
      try { localStorage.setItem("insiders-theme", theme); } catch (error) { /* it then lasts for this page */ }
      apply();
    },
  };
})();

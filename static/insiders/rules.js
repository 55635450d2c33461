// Thresholds that can be dragged: a slider beside each number, over the customers' own values, so that one step is about
// one customer in a hundred. Without this script the numbers alone do the work.
(function () {
  "use strict";

  function nearest(scale, value) {
    let best = 0;
    scale.forEach((each, place) => { if (Math.abs(each - value) < Math.abs(scale[best] - value)) best = place; });
    return best;
  }

  function describe(slider, number) {
    const unit = slider.dataset.unit ? " " + slider.dataset.unit : "";
    slider.setAttribute("aria-valuetext", (number.value === "" ? slider.dataset.none : number.value) + unit);
  }

  function follow(slider, number, scale) {
    if (number.value !== "") slider.value = String(nearest(scale, Number(number.value)));
    describe(slider, number);
  }

  function connect(slider) {
    const number = document.getElementById(slider.dataset.slider);
    const scale = JSON.parse(slider.dataset.scale);
    if (!number || scale.length < 2 || slider.dataset.connected) return;
    slider.dataset.connected = "true";
    slider.max = String(scale.length - 1);
    slider.closest("[hidden]").hidden = false;
    follow(slider, number, scale);
    slider.addEventListener("input", () => {
      number.value = String(scale[Number(slider.value)]);
      describe(slider, number);
    });
    number.addEventListener("input", () => follow(slider, number, scale));
  }

  function connectAll() {
    document.querySelectorAll("input[data-slider]").forEach(connect);
  }

  document.addEventListener("DOMContentLoaded", connectAll);
  document.addEventListener("htmx:load", connectAll);
})();

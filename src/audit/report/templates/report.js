"use strict";
(function () {
  function value(row, column) {
    var cell = row.children[column];
    if (!cell) return "";
    if (cell.hasAttribute("data-key")) return cell.getAttribute("data-key");
    var first = !cell.className && cell.querySelector("[data-ref]");
    if (!first) return cell.textContent;
    return first.textContent.replace("\u2212", "-").replace(/[,+%]|\u00a0pp/g, "");
  }
  function compare(a, b) {
    var x = Number(a), y = Number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.localeCompare(b, "en", { numeric: true });
  }
  function sort(table, head, column) {
    var up = head.getAttribute("aria-sort") !== "ascending";
    var body = table.tBodies[0];
    var rows = Array.from(body.rows);
    rows.sort(function (a, b) {
      var x = value(a, column), y = value(b, column);
      if (x === "" || y === "") return (x === "") - (y === "");
      return up ? compare(x, y) : compare(y, x);
    });
    rows.forEach(function (row) { body.appendChild(row); });
    table.querySelectorAll("thead th").forEach(function (other) {
      if (other !== head) other.setAttribute("aria-sort", "none");
    });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }
  document.querySelectorAll("table[data-sortable]").forEach(function (table) {
    table.querySelectorAll("thead th").forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
      button.addEventListener("click", function () { sort(table, head, column); });
    });
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (item) { item.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (item) { item.open = false; });
  });
})();

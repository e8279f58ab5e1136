const form = document.querySelector("form"), rows = [...document.querySelectorAll("tbody tr")];
function sift() {
  const words = form.find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set([...form.querySelectorAll("input:checked")].map(box => box.value));
  let left = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(wanted.has(row.className) && words.every(word => text.includes(word)));
    left += !row.hidden;
  }
  for (const part of document.querySelectorAll("section")) part.hidden = !part.querySelector("tbody tr:not([hidden])");
  document.querySelector("output").textContent = left + " of " + rows.length + " rows";
}
form.addEventListener("input", sift); form.addEventListener("submit", event => event.preventDefault()); sift();

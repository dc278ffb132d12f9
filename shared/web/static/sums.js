// The running sum of each row of scores; without script the sums are shown after the next step.
for (const row of document.querySelectorAll("[data-sum-row]")) {
  const inputs = [...row.querySelectorAll("input[data-score]")];
  const output = row.querySelector("output");
  const show = () => {
    const cents = inputs.map((input) => Math.round(Number(input.value.normalize("NFKC")) * 100));
    const written = inputs.some((input) => input.value.trim() !== "");
    output.classList.toggle("empty-sum", !written);
    output.value = written && cents.every(Number.isFinite) ? String(cents.reduce((sum, each) => sum + each, 0) / 100) : "";
  };
  row.addEventListener("input", show);
  show();
}
// A code that came in the fragment of the address, which is sent to nobody, is written into its field.
const field = document.querySelector("[data-code]");
if (field && location.hash.length > 1 && !field.value) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}

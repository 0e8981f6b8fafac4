// Sets the colour scheme before the first paint, so that nothing flashes.
(() => {
  let choice = "auto";
  try {
    choice = localStorage.getItem("ecoflow.theme") || "auto";
  } catch {
    // storage is refused (private window): the system's scheme it is
  }
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();

// Before the first paint: the reader's choice of light or dark, if there is one; else the system's.
try {
  const theme = localStorage.getItem("mes.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's choice holds.
}

// @ts-check
/* Before anything is painted: the colours that the reader chose (parts/theme.js keeps them). */
try {
  const theme = localStorage.getItem("fewstep:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without a storage the system decides.
}

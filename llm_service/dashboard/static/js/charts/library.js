// Chart.js, loaded when the first chart is drawn: no other page pays for it.

let loading = null;

/** The library's Chart class. The UMD file is run as a module and leaves its name on the global object. */
export function loadChart() {
  loading ??= import("../../vendor/chart.js-4.6.1/chart.umd.min.js").then(
    () => globalThis.Chart,
    (error) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

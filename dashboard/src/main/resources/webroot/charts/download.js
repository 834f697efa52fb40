// @ts-check
/** Charts as files: with their title, on the page's paper. */

const head = 44;

/**
 * @param {any} chart an ECharts instance
 * @param {string} title
 * @param {import("./theme.js").Theme} theme
 * @returns {Promise<Blob>} PNG at twice the size on the page
 */
export async function png(chart, title, theme) {
  const ratio = 2;
  const drawn = chart.renderToCanvas({ pixelRatio: ratio, backgroundColor: theme.paper });
  const canvas = document.createElement("canvas");
  canvas.width = drawn.width;
  canvas.height = drawn.height + head * ratio;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = theme.ink;
  pen.font = `600 ${15 * ratio}px system-ui, sans-serif`;
  pen.fillText(title, 16 * ratio, 27 * ratio, canvas.width - 32 * ratio);
  pen.drawImage(drawn, 0, head * ratio);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}

/**
 * @param {any} echarts the module
 * @param {any} option
 * @param {string} title
 * @param {import("./theme.js").Theme} theme
 * @param {{width: number, height: number}} size
 * @returns {Blob} SVG
 */
export function svg(echarts, option, title, theme, { width, height }) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({ ...option, animation: false });
  const inner = chart.renderToSVGString();
  chart.dispose();
  const text = title.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const whole =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + head}">` +
    `<rect width="100%" height="100%" fill="${theme.paper}"/>` +
    `<text x="16" y="27" font-family="system-ui, sans-serif" font-size="15" font-weight="600" ` +
    `fill="${theme.ink}">${text}</text>` +
    `${inner.replace(/^<svg /, `<svg y="${head}" `)}</svg>`;
  return new Blob([whole], { type: "image/svg+xml" });
}

/**
 * @param {Blob} blob
 * @param {string} name of the file
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

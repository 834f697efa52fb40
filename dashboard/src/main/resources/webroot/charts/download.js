// @ts-check
/** Charts as files: with their title, on the page's paper. */

const head = 44;

/**
 * @typedef {{echarts: any, option: any, title: string, theme: import("./theme.js").Theme,
 *   size: {width: number, height: number}, ready?: (chart: any, copy: boolean) => void}} Picture
 *     echarts: the module; ready: what the page does to a chart after its option was set
 */

/**
 * A chart that is not on the page, without a tooltip and all drawn at once.
 * @param {Picture} picture
 * @param {any} where an element or null
 * @param {any} how
 */
function copy({ echarts, option, size, ready }, where, how) {
  const chart = echarts.init(where, null, { ...how, ...size });
  const series = (option.series ?? []).map((/** @type {any} */ one) => ({ ...one, progressive: 0 }));
  chart.setOption({ ...option, series, animation: false });
  ready?.(chart, true);
  return chart;
}

/**
 * @param {Picture} picture
 * @returns {Promise<Blob>} PNG at twice the size on the page
 */
export async function png(picture) {
  const { title, theme } = picture;
  const ratio = 2;
  const chart = copy(picture, document.createElement("div"), { renderer: "canvas" });
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
  chart.dispose();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}

/**
 * @param {Picture} picture
 * @returns {Promise<Blob>} SVG
 */
export async function svg(picture) {
  const { title, theme, size } = picture;
  const chart = copy(picture, null, { renderer: "svg", ssr: true });
  const inner = chart.renderToSVGString();
  chart.dispose();
  const text = title.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const whole =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height + head}">` +
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

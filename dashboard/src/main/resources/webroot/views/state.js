// @ts-check
export { StateBar } from "../parts/bar.js";

// The two vendored bundles that are made here (dashboard/vendor-build) carry no types.
declare module "echarts";
declare module "editor";

package dev.fewstep.cli;

/** How results are printed on standard output. */
enum OutputFormat {
  table,
  json,
  yaml,
  csv
}

// @ts-check
/** What the sections of the experiment page are given. */

/**
 * @typedef {{
 *   id: string,
 *   experiment: any,
 *   table: import("../../data/columns.js").Table,
 *   base: any[],
 *   filter: import("../../data/filter.js").Filter,
 *   rows: number[],
 *   score: string,
 *   query: URLSearchParams,
 *   setQuery: (changes: Record<string, string | string[] | null>) => void,
 *   onFilter: (filter: import("../../data/filter.js").Filter) => void,
 *   onTrial: (row: number) => void,
 *   onCell: (row: number | null, values: {name: string, value: string}[] | null) => void,
 * }} SectionProps
 *     rows: those that the filter leaves; score: name of the score's column
 */

export {};

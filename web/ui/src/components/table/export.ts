// Rows as files.

/** What a cell sorts and exports as. */
export type CellValue = string | number | boolean | undefined;

interface Exported<Row> {
  id: string;
  label: string;
  value: (row: Row) => CellValue;
}

/** One cell of CSV (RFC 4180). What a spreadsheet would take for a formula is text. */
export function csvCell(value: CellValue): string {
  let text = value === undefined ? "" : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCSV<Row>(columns: readonly Exported<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map((c) => csvCell(c.label)), ...rows.map((r) => columns.map((c) => csvCell(c.value(r))))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

export function toJSON<Row>(columns: readonly Exported<Row>[], rows: readonly Row[]): string {
  const objects = rows.map((r) => Object.fromEntries(columns.map((c) => [c.id, c.value(r) ?? null])));
  return `${JSON.stringify(objects, null, 2)}\n`;
}

/** Hands a text to the person as a file. */
export function saveAs(name: string, text: string): void {
  saveBlob(name, new Blob([text], { type: name.endsWith(".csv") ? "text/csv" : "application/json" }));
}

/** Hands what the server sent to the person as a file. */
export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

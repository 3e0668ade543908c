import { type ReactNode, useMemo, useState } from "react";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  value: (row: Row) => string | number | null; // what sorting goes by
  show?: (row: Row) => ReactNode; // what is seen, if that is something else
  numeric?: boolean;
  wrap?: boolean;
  total?: ReactNode;
}

interface Order {
  key: string;
  down: boolean;
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

export interface DataTableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  initial: Order;
  foot?: boolean;
}

// A table whose columns sort; the first column names the row.
export function DataTable<Row>({ caption, columns, rows, keyOf, initial, foot = false }: DataTableProps<Row>) {
  const [order, setOrder] = useState<Order>(initial);
  const sorted = useMemo(() => {
    const column = columns.find((one) => one.key === order.key);
    if (column === undefined) return rows;
    const sign = order.down ? -1 : 1;
    return rows.toSorted((a, b) => sign * compare(column.value(a), column.value(b)));
  }, [rows, columns, order]);
  const sortBy = (column: Column<Row>) =>
    setOrder((now) => ({ key: column.key, down: now.key === column.key ? !now.down : column.numeric === true }));
  const classOf = (column: Column<Row>) => [column.numeric && "num", column.wrap && "wrap"].filter(Boolean).join(" ");

  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const active = order.key === column.key;
              const direction = active ? (order.down ? "descending" : "ascending") : undefined;
              return (
                <th key={column.key} scope="col" className={classOf(column)} aria-sort={direction}>
                  <button type="button" className="sort" onClick={() => sortBy(column)}>
                    {column.numeric === true && <i aria-hidden="true">{active ? (order.down ? "↓" : "↑") : ""}</i>}
                    {column.title}
                    {column.numeric !== true && <i aria-hidden="true">{active ? (order.down ? " ↓" : " ↑") : ""}</i>}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, index) => {
                const content = column.show === undefined ? column.value(row) : column.show(row);
                return index === 0 ? (
                  <th key={column.key} scope="row" className={classOf(column)}>
                    {content}
                  </th>
                ) : (
                  <td key={column.key} className={classOf(column)}>
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        {foot && (
          <tfoot>
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row">
                    {column.total}
                  </th>
                ) : (
                  <td key={column.key} className={classOf(column)}>
                    {column.total}
                  </td>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

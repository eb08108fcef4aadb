import { parse, type Spec, View } from 'vega'
import type { Kind, Row } from '../measure/row.ts'

const COLORS: Record<Kind, string> = {
  ours: '#0b6bcb',
  peer: '#97a3b0',
  bare: '#d5dbe1',
  control: '#d5dbe1',
  floor: '#8fc1a9',
}

/** Returns bars with their standard errors as SVG, one block for each group. */
export function chartOf(rows: readonly Row[], metric: string): Promise<string> {
  const values = rows
    .filter((row) => row.metric === metric)
    .map((row) => ({ ...row, low: row.value - row.error, high: row.value + row.error, color: COLORS[row.kind] }))
  return new View(parse(specOf(values, metric)), { renderer: 'none' }).toSVG()
}

function specOf(values: object[], metric: string): Spec {
  const from = { data: 'group' }
  const y = { scale: 'y', field: 'subject' }
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    background: 'white',
    padding: 12,
    data: [{ name: 'rows', values }],
    layout: { padding: 24, columns: 1, align: 'each', bounds: 'full' },
    marks: [
      {
        type: 'group',
        from: { facet: { data: 'rows', name: 'group', groupby: 'group' } },
        title: { text: { signal: 'parent.group' }, anchor: 'start', fontSize: 13 },
        encode: { enter: { width: { value: 460 }, height: { signal: "domain('y').length * 20" } } },
        scales: [
          { name: 'y', type: 'band', domain: { data: 'group', field: 'subject' }, range: { step: 20 }, padding: 0.2 },
          {
            name: 'x',
            domain: { data: 'group', fields: ['low', 'high'] },
            range: [0, 460],
            zero: true,
            nice: true,
          },
        ],
        axes: [
          { orient: 'bottom', scale: 'x', title: metric, grid: true, tickCount: 6 },
          { orient: 'left', scale: 'y', ticks: false, domain: false, labelLimit: 320 },
        ],
        marks: [
          {
            type: 'rect',
            from,
            encode: {
              enter: {
                y,
                height: { scale: 'y', band: 1 },
                x: { scale: 'x', value: 0 },
                x2: { scale: 'x', field: 'value' },
                fill: { field: 'color' },
              },
            },
          },
          {
            type: 'rule',
            from,
            encode: {
              enter: {
                y: { ...y, band: 0.5 },
                x: { scale: 'x', field: 'low' },
                x2: { scale: 'x', field: 'high' },
                stroke: { value: '#333' },
              },
            },
          },
        ],
      },
    ],
  }
}

import { execFileSync } from 'child_process';
import { join } from 'path';
import type { Measurement } from './measure';
import { benchNginx } from './nginx';

/*
 * How synthesis grows from 100 to 1,000 routes and entries: `npm run bench`. Ratios of ten are linear; what every program
 * costs, such as loading cdk8s, is not in them. Each measurement is a process of its own, and the sizes take turns, so that
 * a busy moment of the machine hits both.
 */

const SITES = ['routes', 'entries'];
const [FEW, MANY] = [100, 1000];
const REPETITIONS = 7;

function measure(site: string, size: number): Measurement {
  const output = execFileSync(process.execPath, ['--expose-gc', '-r', 'tsx/cjs', join(__dirname, 'measure.ts'), site, String(size)], { encoding: 'utf8' });
  return JSON.parse(output) as Measurement;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function cells(...values: string[]): string {
  return values.map((value, i) => (i === 0 ? value.padEnd(10) : value.padStart(12))).join('');
}

console.log(cells(`× ${MANY / FEW}`, `${FEW}`, `${MANY}`, 'time ratio', `${FEW}`, `${MANY}`, 'heap ratio'));
for (const site of SITES) {
  const runs = Array.from({ length: REPETITIONS }, () => [measure(site, FEW), measure(site, MANY)]);
  const [few, many] = [0, 1].map((i) => ({
    time: median(runs.map((run) => run[i].milliseconds)),
    heap: median(runs.map((run) => run[i].heapBytes)),
  }));
  const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  console.log(cells(
    site,
    milliseconds(few.time), milliseconds(many.time), (many.time / few.time).toFixed(1),
    megabytes(few.heap), megabytes(many.heap), (many.heap / few.heap).toFixed(1),
  ));
}

void benchNginx().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

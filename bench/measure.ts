import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Chart } from 'cdk8s';
import { SITES } from './sites';

/** What one process measured. */
export interface Measurement {
  readonly milliseconds: number;
  readonly heapBytes: number;
}

function synthesize(site: string, size: number): App {
  const outdir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const app = new App({ outdir });
    SITES[site](new Chart(app, 'traffic', { namespace: 'prod' }), size);
    app.synth();
    return app;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function heapBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

function measure(site: string, size: number): Measurement {
  // what is compiled and loaded at the first use is no part of what grows
  synthesize(site, 10);
  const heapBefore = heapBytes();
  const begin = process.hrtime.bigint();
  const app = synthesize(site, size);
  const milliseconds = Number(process.hrtime.bigint() - begin) / 1e6;
  const heapAfter = heapBytes();
  // the site is alive until here
  return { milliseconds, heapBytes: app.node.children.length > 0 ? heapAfter - heapBefore : 0 };
}

const [site, size] = process.argv.slice(2);
console.log(JSON.stringify(measure(site, Number(size))));

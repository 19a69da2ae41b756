import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Clean = () => void | Promise<void>;
const pending: Clean[] = [];

/** Runs at the end of the test file (outside jest: of the program), last registered first, whatever the tests did. */
export function atEnd(clean: Clean): void {
  pending.push(clean);
}

/** A folder that other users can read, gone at the end. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${name}-`));
  chmodSync(folder, 0o755);
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function cleanAll(): Promise<void> {
  const errors: unknown[] = [];
  for (let clean = pending.pop(); clean; clean = pending.pop()) {
    try {
      await clean();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw errors[0];
  }
}

if (typeof afterAll === 'function') {
  afterAll(cleanAll);
} else {
  process.once('exit', () => {
    // nothing can be awaited any more: what is asynchronous is at least started
    for (let clean = pending.pop(); clean; clean = pending.pop()) {
      void clean();
    }
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(1));
  }
}

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Checks all TypeScript, also what jsii leaves out. */
export async function typeCheck() {
  await run('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']);
}

export async function lint() {
  await run('lint', 'eslint', ['.', '--max-warnings', '0']);
}

/** Compiles lib/ into build/ and checks the docs of what is public. */
export async function compile() {
  // what a removed source left behind would be packed
  await rm('build', { recursive: true, force: true });
  await run('jsii', 'jsii', ['--generate-tsconfig', 'tsconfig.jsii.json', '--fail-on-warnings']);
}

/** Writes API.md from what jsii compiled. */
export async function writeApi(file = 'API.md') {
  await run('api', 'jsii-docgen', ['-o', file]);
}

export async function checkApi() {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-api-'));
  try {
    const file = join(directory, 'API.md');
    await writeApi(file);
    const committed = await readFile('API.md', 'utf8').catch(() => '');
    if (committed !== await readFile(file, 'utf8')) {
      throw new Error('API.md is stale, write it anew with: npm run build');
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

export async function jest(args) {
  await run('jest', 'jest', args, 'inherit');
}

/** Runs a command of node_modules/.bin: a line when it succeeds, its output when it fails. */
function run(name, command, args, stdio = 'pipe') {
  const begin = Date.now();
  // jsii's banner about the age of this node would bury its complaints
  const env = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(join('node_modules', '.bin', command), args, { env, stdio });
    child.stdout?.on('data', (data) => output += data);
    child.stderr?.on('data', (data) => output += data);
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = ((Date.now() - begin) / 1000).toFixed(1);
      if (code === 0) {
        console.log(`${name}: ok, ${seconds} s`);
        resolve();
      } else {
        reject(new Error(`${name}: failed, ${seconds} s\n${output}`));
      }
    });
  });
}

import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

const ROOT = join(__dirname, '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');

interface Manifest {
  readonly name: string;
  readonly peerDependencies: Record<string, string>;
  readonly bundleDependencies?: string[];
  readonly bundledDependencies?: string[];
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const bundled = manifest.bundleDependencies ?? manifest.bundledDependencies ?? [];

/** The kinds of files that a user needs. */
const SHIPPED = [
  /^(\.jsii|API\.md|LICENSE|README(\.[A-Za-z-]+)?\.md|package\.json)$/,
  /^assets\//,
  /^build\/(lib|imports)\/.*(?<!\.test)(\.js|\.d\.ts)$/,
  /^docs\/.*\.(md|png|svg)$/,
  ...bundled.map((name) => new RegExp(`^node_modules/${name}/`)),
];

let temporary: string;
/** An empty project into which the package and its peers are installed. */
let project: string;
/** The package in that project. */
let installed: string;

beforeAll(() => {
  if (!existsSync(join(ROOT, '.jsii')) || !existsSync(join(ROOT, 'build', 'lib', 'index.js'))) {
    throw new Error('there is no build to pack, make it with: npm run build');
  }
  temporary = mkdtempSync(join(tmpdir(), 'gatehouse-package-'));
  project = join(temporary, 'project');
  installed = join(project, 'node_modules', manifest.name);

  // what a registry would hand out, without asking one
  run(temporary, 'npm', ['pack', ROOT, '--ignore-scripts', '--offline']);
  const tarball = readdirSync(temporary).find((file) => file.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  run(temporary, 'tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  for (const peer of Object.keys(manifest.peerDependencies)) {
    symlinkSync(join(ROOT, 'node_modules', peer), join(project, 'node_modules', peer));
  }
});

afterAll(() => {
  if (temporary) {
    rmSync(temporary, { recursive: true });
  }
});

test('holds what a user needs and nothing else', () => {
  const files = Object.keys(tree(installed));

  expect(files.filter((file) => !SHIPPED.some((kind) => kind.test(file)))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['.jsii', 'API.md', 'LICENSE', 'README.md', 'build/lib/index.d.ts', 'build/lib/index.js']));
});

test('holds no source maps', () => {
  const files = Object.entries(tree(installed)).filter(([path]) => /^build\/.*\.(js|d\.ts)$/.test(path));

  expect(files.filter(([, content]) => content.includes('sourceMappingURL')).map(([path]) => path)).toEqual([]);
});

test('the program of the README compiles and writes what main.ts writes', () => {
  // GIVEN
  const main = join(temporary, 'main');
  mkdirSync(main);
  writeFileSync(join(project, 'main.ts'), readmeProgram());

  // WHEN
  run(project, join(BIN, 'tsc'), ['--strict', '--target', 'es2020', '--module', 'commonjs', 'main.ts']);
  run(project, process.execPath, ['main.js']);
  run(ROOT, process.execPath, ['-r', 'tsx/cjs', 'main.ts'], { CDK8S_OUTDIR: main });

  // THEN
  const written = tree(join(project, 'dist'));
  expect(written).toEqual(tree(main));
  expect(Object.keys(written)).not.toEqual([]);
});

/** The first ts block that is a whole program. */
function readmeProgram(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  const program = blocks.find((block) => block.includes('new App()'));
  if (program === undefined) {
    throw new Error('README.md has no ts block with \'new App()\'');
  }
  return program;
}

/** All files below a folder, by path. */
function tree(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(directory, path)).isFile()).sort();
  // latin1 keeps every byte
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(directory, path), 'latin1')]));
}

function run(cwd: string, command: string, args: string[], env: Record<string, string> = {}): void {
  const inherited = { ...process.env };
  // the program's own output folder is the subject
  delete inherited.CDK8S_OUTDIR;
  try {
    execFileSync(command, args, { cwd, env: { ...inherited, ...env }, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { message, stdout } = error as Error & { stdout?: string };
    // tsc complains on stdout, the message holds stderr only
    throw new Error(`${message}\n${stdout ?? ''}`);
  }
}

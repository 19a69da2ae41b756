import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join, normalize } from 'path';
import * as ts from 'typescript';
import * as library from '../lib';

const ROOT = join(__dirname, '..');
const PAGES = [
  ...readdirSync(ROOT).filter((file) => /^README.*\.md$/.test(file)),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).map((file) => join('docs', file)),
].sort();

interface Block {
  readonly language: string;
  readonly text: string;
}
/** A ts block; a comment such as `// sites/site.ts` in its first line names its file, for other blocks of its page. */
interface Snippet {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

const temporary = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'));
const snippets = PAGES.flatMap(snippetsOf);
afterAll(() => rmSync(temporary, { recursive: true }));

test('there are pages with programs', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'README.zh-CN.md', 'docs/README.md']));
  expect(snippets.length).toBeGreaterThan(3);
});

describe('programs', () => {
  let program: ts.Program;

  beforeAll(() => {
    symlinkSync(join(ROOT, 'node_modules'), join(temporary, 'node_modules'));
    for (const { file, text } of snippets) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    jest.doMock('cdk8s-gatehouse', () => library, { virtual: true });
    // one program for all: most of the time goes into reading what they import
    program = ts.createProgram(snippets.map(({ file }) => file), {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2020,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      paths: { 'cdk8s-gatehouse': [join(ROOT, 'lib', 'index.ts')] },
    });
  });

  test.each(snippets.map((snippet) => [snippet.name, snippet] as const))('%s compiles and runs', (_, { file, text }) => {
    // WHEN
    const source = program.getSourceFile(file)!;
    const complaints = ts.getPreEmitDiagnostics(program, source).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));

    // THEN
    expect(complaints).toEqual([]);

    // WHEN
    const output = mkdtempSync(join(temporary, 'dist-'));
    inOutputFolder(output, () => jest.requireActual(file));

    // THEN
    if (!/^export /m.test(text)) {
      expect(readdirSync(output).filter((name) => name.endsWith('.k8s.yaml'))).not.toEqual([]);
    }
  });
});

test('the first program of the README is main.ts', () => {
  const main = readFileSync(join(ROOT, 'main.ts'), 'utf8');
  const [first] = blocksOf('README.md').filter(({ language }) => language === 'ts');

  expect(first.text).toBe(main.replace('\'./lib\'', '\'cdk8s-gatehouse\''));
});

test('the README has the same code in both languages', () => {
  expect(blocksOf('README.zh-CN.md')).toEqual(blocksOf('README.md'));
});

test.each(PAGES)('commands and data of %s can be parsed', (page) => {
  for (const { language, text } of blocksOf(page)) {
    if (language === 'sh') {
      execFileSync('sh', ['-n'], { input: text, stdio: 'pipe' });
    }
    if (language === 'json') {
      JSON.parse(text);
    }
  }
});

test.each(PAGES)('the links of %s lead somewhere', (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link).filter((link) => !/^https?:/.test(link));
  const broken = links.filter((link) => {
    const [path, anchor] = link.split('#');
    const target = path ? normalize(join(dirname(page), path)) : page;
    return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });

  expect(broken).toEqual([]);
});

function snippetsOf(page: string): Snippet[] {
  return blocksOf(page).filter(({ language }) => language === 'ts').map(({ text }, i) => {
    const [, path = `program-${i + 1}.ts`] = /^\/\/ ([\w./-]+\.ts)\n/.exec(text) ?? [];
    return { name: `${page}: ${path}`, file: join(temporary, page.replace(/\W/g, '-'), path), text };
  });
}

function blocksOf(page: string): Block[] {
  return [...contentOf(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
}

function proseOf(page: string): string {
  return contentOf(page).replace(/^```.*?^```$/gms, '');
}

/** The anchors that headings get, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-'));
}

function contentOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

function inOutputFolder(folder: string, run: () => void): void {
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  try {
    run();
  } finally {
    if (before === undefined) {
      delete process.env.CDK8S_OUTDIR;
    } else {
      process.env.CDK8S_OUTDIR = before;
    }
  }
}

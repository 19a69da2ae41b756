import { existsSync, mkdirSync, writeFileSync } from 'fs';
import { basename, join, relative } from 'path';
import { ApiObject, App, AppProps, Chart, Lazy, Testing, YamlOutputType } from 'cdk8s';
import { Construct } from 'constructs';
import { addCustomSynthesis, Files, writeFiles } from '../../lib/private/synthesis';
import { contentsBelow, filesBelow, temporaryFolder } from '../support/folders';

const COMPANION = 'lb/etc/nginx.conf';

/** A construct with files besides its manifest. */
class Companion extends Construct {
  public calls = 0;

  constructor(scope: Construct, id: string, files: () => Files = () => ({ [COMPANION]: 'user nginx;\n' })) {
    super(scope, id);
    addCustomSynthesis(this, {
      onSynthesize: () => {
        this.calls++;
        return files();
      },
    });
  }
}

function newApp(props: AppProps = {}): { app: App; chart: Chart; outdir: string } {
  const outdir = props.outdir ?? temporaryFolder();
  const app = new App({ outdir, ...props });
  const chart = new Chart(app, 'traffic');
  new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } });
  return { app, chart, outdir };
}

test.each([
  ['FILE_PER_CHART', YamlOutputType.FILE_PER_CHART, 'traffic.k8s.yaml'],
  ['FILE_PER_APP', YamlOutputType.FILE_PER_APP, 'app.k8s.yaml'],
  ['FILE_PER_RESOURCE', YamlOutputType.FILE_PER_RESOURCE, 'ConfigMap.settings.k8s.yaml'],
  ['FOLDER_PER_CHART_FILE_PER_RESOURCE', YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE, 'traffic/ConfigMap.settings.k8s.yaml'],
])('app.synth() writes the files beside the manifests with %s', (_, yamlOutputType, manifest) => {
  // GIVEN
  const { app, chart, outdir } = newApp({ yamlOutputType });
  new Companion(chart, 'lb');

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(outdir).sort()).toEqual([manifest, COMPANION].sort());
});

test('a second synth asks once more and writes the same bytes', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  const companion = new Companion(chart, 'lb');
  app.synth();
  const first = contentsBelow(outdir);

  // WHEN
  app.synth();

  // THEN
  expect(contentsBelow(outdir)).toEqual(first);
  // each time before anything is written, and once more after the manifests
  expect(companion.calls).toBe(4);
});

test('app.synth is wrapped once, however many constructs have files', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  const first = new Companion(chart, 'first');

  // WHEN
  const second = new Companion(chart, 'second', () => ({ 'second/nginx.conf': '' }));
  app.synth();

  // THEN
  expect([first.calls, second.calls]).toEqual([2, 2]);
  expect(filesBelow(outdir)).toEqual(['lb/etc/nginx.conf', 'second/nginx.conf', 'traffic.k8s.yaml']);
});

test('another copy of the package does not wrap the App again', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  const companion = new Companion(chart, 'lb');

  // WHEN
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof import('../../lib/private/synthesis')>('../../lib/private/synthesis');
    copy.addCustomSynthesis(new Construct(chart, 'other'), { onSynthesize: () => ({ 'other/nginx.conf': '' }) });
  });
  app.synth();

  // THEN
  expect(companion.calls).toBe(2);
  expect(filesBelow(outdir)).toEqual(['lb/etc/nginx.conf', 'other/nginx.conf', 'traffic.k8s.yaml']);
});

test('a construct that comes after a synth is in the next one', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  app.synth();

  // WHEN
  new Companion(chart, 'lb');
  app.synth();

  // THEN
  expect(existsSync(join(outdir, COMPANION))).toBe(true);
});

test('a failed validation leaves no file', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  new Companion(chart, 'lb');
  chart.node.addValidation({ validate: () => ['not good'] });

  // THEN
  expect(() => app.synth()).toThrow('Validation failed with the following errors:\n  [traffic] not good');
  expect(filesBelow(outdir)).toEqual([]);
});

test('a later chart that throws leaves no file', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  new Companion(chart, 'lb');
  const fail = (): never => {
    throw new Error('no data');
  };
  new ApiObject(new Chart(app, 'later'), 'config', { apiVersion: 'v1', kind: 'ConfigMap', data: Lazy.any({ produce: fail }) as object });

  // THEN
  expect(() => app.synth()).toThrow('no data');
  expect(existsSync(join(outdir, 'lb'))).toBe(false);
});

test('a construct whose files cannot be made leaves nothing at all', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  new Companion(chart, 'lb');
  new Companion(chart, 'broken', () => {
    throw new Error('no text');
  });

  // THEN
  expect(() => app.synth()).toThrow('no text');
  expect(filesBelow(outdir)).toEqual([]);
});

test('Testing.synth(), synthYaml() and toJson() write nothing', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  const companion = new Companion(chart, 'lb');

  // WHEN
  Testing.synth(chart);
  app.synthYaml();
  chart.toJson();

  // THEN
  expect(filesBelow(outdir)).toEqual([]);
  expect(companion.calls).toBe(0);
});

test('with a Helm chart the files are beside templates/, since Helm would take them for templates', () => {
  // GIVEN
  const helm = temporaryFolder();
  writeFileSync(join(helm, 'Chart.yaml'), 'apiVersion: v2\n');
  const { app, chart } = newApp({ outdir: join(helm, 'templates') });
  new Companion(chart, 'lb');

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(helm)).toEqual(['Chart.yaml', 'lb/etc/nginx.conf', 'templates/traffic.k8s.yaml']);
});

test('a folder that is only named templates/ is an output folder like others', () => {
  // GIVEN
  const parent = temporaryFolder();
  const { app, chart } = newApp({ outdir: join(parent, 'templates') });
  new Companion(chart, 'lb');

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(parent)).toEqual(['templates/lb/etc/nginx.conf', 'templates/traffic.k8s.yaml']);
});

test('a relative output folder is one of the working directory', () => {
  // GIVEN
  const folder = temporaryFolder();
  const { app, chart } = newApp({ outdir: relative(process.cwd(), folder) });
  new Companion(chart, 'lb');

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(folder)).toEqual(['lb/etc/nginx.conf', 'traffic.k8s.yaml']);
});

test('CDK8S_OUTDIR decides where a plain App writes', () => {
  // GIVEN
  const outdir = join(temporaryFolder(), 'dist');
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = outdir;

  try {
    const app = new App();
    new Companion(new Chart(app, 'traffic'), 'lb');

    // WHEN
    app.synth();
  } finally {
    if (before === undefined) {
      delete process.env.CDK8S_OUTDIR;
    } else {
      process.env.CDK8S_OUTDIR = before;
    }
  }

  // THEN
  expect(existsSync(join(outdir, COMPANION))).toBe(true);
});

test('an App with a synth of its own still runs it', () => {
  // GIVEN
  class Site extends App {
    public synths = 0;

    public synth(): void {
      this.synths++;
      super.synth();
    }
  }
  const outdir = temporaryFolder();
  const app = new Site({ outdir });
  new Companion(new Chart(app, 'traffic'), 'lb');

  // WHEN
  app.synth();

  // THEN
  expect(app.synths).toBe(1);
  expect(existsSync(join(outdir, COMPANION))).toBe(true);
});

test('the App of another copy of cdk8s is known by its shape', () => {
  // GIVEN
  const outdir = temporaryFolder();
  let app: App | undefined;
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof import('cdk8s')>('cdk8s');
    app = new copy.App({ outdir });
    new Companion(new copy.Chart(app, 'traffic'), 'lb');
  });

  // WHEN
  app?.synth();

  // THEN
  expect(app).not.toBeInstanceOf(App);
  expect(existsSync(join(outdir, COMPANION))).toBe(true);
});

test('a root that is no App has no synth to wrap', () => {
  // GIVEN
  const root = new Construct(undefined as unknown as Construct, '');

  // WHEN
  const companion = new Companion(root, 'lb');

  // THEN
  expect(companion.calls).toBe(0);
  expect(root).not.toHaveProperty('synth');
});

test('files that were there stay, since they may be somebody else\'s', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  new Companion(chart, 'lb');
  mkdirSync(join(outdir, 'lb'));
  writeFileSync(join(outdir, 'lb', 'notes'), '');

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(outdir)).toContain('lb/notes');
});

test('files are written as they are, to folders that are made', () => {
  // GIVEN
  const folder = join(temporaryFolder(), 'new');

  // WHEN
  writeFiles(folder, { 'a/b/c.conf': 'käse\n', 'd.conf': '' });

  // THEN
  expect(basename(folder)).toBe('new');
  expect(contentsBelow(folder)).toEqual({ 'a/b/c.conf': Buffer.from('käse\n').toString('latin1'), 'd.conf': '' });
});

test('a text that cannot be made stops the synthesis before anything is written', () => {
  // GIVEN
  const { app, chart, outdir } = newApp();
  new Companion(chart, 'lb', () => {
    throw new Error('no text');
  });

  // THEN
  expect(() => app.synth()).toThrow('no text');
  expect(filesBelow(outdir)).toEqual([]);
});

test('a construct that a subclass adds in its own synth has its files written', () => {
  // GIVEN
  class Site extends App {
    public override synth(): void {
      new Companion(this.node.findChild('traffic'), 'late');
      super.synth();
    }
  }
  const { outdir } = newApp();
  const app = new Site({ outdir });
  new Companion(new Chart(app, 'traffic'), 'early', () => ({ 'early/nginx.conf': '' }));

  // WHEN
  app.synth();

  // THEN
  expect(filesBelow(outdir)).toContain('lb/etc/nginx.conf');
});

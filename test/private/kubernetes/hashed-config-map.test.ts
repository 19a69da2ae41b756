import { App, Chart } from 'cdk8s';
import { HashedConfigMap, Texts } from '../../../lib/private/kubernetes/hashed-config-map';
import { contentsBelow, temporaryFolder } from '../../support/folders';
import { manifests } from '../../support/manifests';
import { OUTPUT_TYPES } from '../../support/output-types';

const LABELS = { 'app.kubernetes.io/instance': 'egress' };

function newConfigMap(texts: () => Texts, chart = new Chart(new App(), 'traffic'), id = 'Config'): { chart: Chart; configMap: HashedConfigMap } {
  return { chart, configMap: new HashedConfigMap(chart, id, { prefix: 'egress', labels: LABELS, texts }) };
}

test('the name carries the hash of the content, and nobody can change it', () => {
  // GIVEN
  const { chart, configMap } = newConfigMap(() => ({ 'nginx.conf': 'user nginx;\n' }));

  // THEN
  expect(configMap.name).toMatch(/^egress-[0-9a-f]{10}$/);
  expect(manifests(chart)).toEqual([{
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMap.name, labels: LABELS },
    immutable: true,
    data: { 'nginx.conf': 'user nginx;\n' },
  }]);
});

test('another content is another name, the same content is the same name', () => {
  const nameOf = (texts: Texts) => newConfigMap(() => texts).configMap.name;

  expect(nameOf({ 'a.conf': 'x' })).toBe(nameOf({ 'a.conf': 'x' }));
  expect(nameOf({ 'a.conf': 'y' })).not.toBe(nameOf({ 'a.conf': 'x' }));
  expect(nameOf({ 'b.conf': 'x' })).not.toBe(nameOf({ 'a.conf': 'x' }));
});

test('what is added later is in the text and in the name', () => {
  // GIVEN
  const texts: Texts = { 'a.conf': 'x' };
  const { chart, configMap } = newConfigMap(() => texts);
  const before = configMap.name;

  // WHEN
  texts['a.conf'] = 'y';

  // THEN
  const [manifest] = manifests(chart, 'ConfigMap');
  expect(manifest.data).toEqual({ 'a.conf': 'y' });
  expect(manifest.metadata.name).toBe(configMap.name);
  expect(configMap.name).not.toBe(before);
});

test.each(OUTPUT_TYPES)('none is lost with %s', (_, yamlOutputType) => {
  // GIVEN
  const outdir = temporaryFolder();
  const app = new App({ outdir, yamlOutputType });
  const chart = new Chart(app, 'traffic');
  const made = ['one', 'two'].map((text) => newConfigMap(() => ({ 'a.conf': text }), chart, `Config-${text}`).configMap);

  // WHEN
  app.synth();

  // THEN
  const output = Object.values(contentsBelow(outdir)).join('\n');
  made.forEach(({ name }) => expect(output.split(`name: ${name}\n`)).toHaveLength(2));
});

test('its size is what plain kubectl apply stores, where "<", ">" and "&" are escaped with six bytes', () => {
  const sizeOf = (text: string) => newConfigMap(() => ({ 'a.conf': text })).configMap.annotationSize;
  const empty = sizeOf('');

  expect(sizeOf('abc')).toBe(empty + 3);
  expect(sizeOf('ä')).toBe(empty + 2);
  expect(sizeOf('\n"')).toBe(empty + 4);
  expect(sizeOf('<>&')).toBe(empty + 18);
});

import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { addNodeSelector } from '../../../lib/private/kubernetes/node-selector';
import { podSpec } from '../../support/manifests';

function newDeployment(): { chart: Chart; workload: kplus.Deployment } {
  const chart = Testing.chart();
  return { chart, workload: new kplus.Deployment(chart, 'gateway', { containers: [{ image: 'gateway' }] }) };
}

test('labels become the nodeSelector of the pods', () => {
  const { chart, workload } = newDeployment();

  addNodeSelector(workload, { a: '1', b: '2' });

  expect(podSpec(chart).nodeSelector).toEqual({ a: '1', b: '2' });
});

test('later labels are added to the earlier ones, so that a node needs all of them', () => {
  const { chart, workload } = newDeployment();

  addNodeSelector(workload, { a: '1' });
  addNodeSelector(workload, { b: '2' });

  expect(podSpec(chart).nodeSelector).toEqual({ a: '1', b: '2' });
});

test('another copy of the package adds to the same labels', () => {
  const { chart, workload } = newDeployment();

  addNodeSelector(workload, { a: '1' });
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof import('../../../lib/private/kubernetes/node-selector')>('../../../lib/private/kubernetes/node-selector');
    copy.addNodeSelector(workload, { b: '2' });
  });

  expect(podSpec(chart).nodeSelector).toEqual({ a: '1', b: '2' });
});

test('the labels that were given stay what they were', () => {
  const { workload } = newDeployment();
  const labels = { a: '1' };

  addNodeSelector(workload, labels);
  addNodeSelector(workload, { b: '2' });

  expect(labels).toEqual({ a: '1' });
});

import { ApiObject, JsonPatch } from 'cdk8s';
import { IConstruct } from 'constructs';
import { refuse } from '../refuse';

/** The labels that a workload was pinned to so far; a registered symbol, so that two copies of this package see each other. */
const SELECTED = Symbol.for('cdk8s-gatehouse.node-selector');

/**
 * Adds labels to the `nodeSelector` of a workload. cdk8s-plus has no prop for it, and a JSON patch replaces the whole field,
 * so the patch holds one object that later calls add to.
 */
export function addNodeSelector(workload: IConstruct, labels: { [key: string]: string }): void {
  const pinned = workload as IConstruct & { [SELECTED]?: { [key: string]: string } };
  const selected = pinned[SELECTED];
  if (selected) {
    for (const [key, value] of Object.entries(labels)) {
      if (selected[key] !== undefined && selected[key] !== value) {
        throw refuse('workload', workload.node.path, `it is pinned to ${key}=${selected[key]} already, and no node has ${key}=${value} as well`);
      }
    }
    Object.assign(selected, labels);
    return;
  }
  const selector = { ...labels };
  const resource = ApiObject.of(workload);
  const template = resource.kind === 'CronJob' ? '/spec/jobTemplate/spec/template/spec' : '/spec/template/spec';
  resource.addJsonPatch(JsonPatch.add(`${template}/nodeSelector`, selector));
  pinned[SELECTED] = selector;
}

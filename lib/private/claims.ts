import { Construct } from 'constructs';

/** Where an App keeps what has been claimed; a registered symbol, so that two copies of this package see each other. */
const CLAIMS = Symbol.for('cdk8s-gatehouse.claims');

type Claims = Map<string, string>;

/**
 * Takes a name that only one construct of the App may have, and returns the path of the construct that has it already;
 * `undefined` means that it is taken now.
 */
export function claim(construct: Construct, kind: string, name: string, path: string = construct.node.path): string | undefined {
  const claims = claimsOf(construct.node.root as { [CLAIMS]?: Claims });
  const key = `${kind}:${name}`;
  const owner = claims.get(key);
  if (owner === undefined) {
    claims.set(key, path);
  }
  return owner;
}

/** The path of the construct that has a name already, if one has. */
export function ownerOf(construct: Construct, kind: string, name: string): string | undefined {
  return claimsOf(construct.node.root as { [CLAIMS]?: Claims }).get(`${kind}:${name}`);
}

function claimsOf(root: { [CLAIMS]?: Claims }): Claims {
  root[CLAIMS] ??= new Map<string, string>();
  return root[CLAIMS];
}

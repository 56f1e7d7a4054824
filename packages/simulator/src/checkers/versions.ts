import { fingerprint, formatVersion, type ParamsVersion } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WV1] A version grows by one step. [WV2] An incarnation is new whenever a server starts. [WV3] Whatever is published, saved
 * or started from under one name has one content, in all lives of the server.
 */
export function checkVersions(): Checker {
  const incarnations = new Set<number>();
  const contents = new Map<string, string>();
  let newest: ParamsVersion;

  function checkContent(of: { readonly version: ParamsVersion; readonly params: Float32Array }): void {
    const name = formatVersion(of.version);
    const content = fingerprint(of.params);
    demand((contents.get(name) ?? content) === content, 'WV3', () => `${name} has two contents`);
    contents.set(name, content);
  }

  return (seen) => {
    if (seen.type === 'started') {
      newest = seen.from.version;
      demand(
        !incarnations.has(newest.incarnation),
        'WV2',
        () => `incarnation ${newest.incarnation} was there before`,
      );
      incarnations.add(newest.incarnation);
      checkContent(seen.from);
    }
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type === 'save') checkContent(effect.checkpoint);
      if (effect.type !== 'publish') continue;
      const { version } = effect;
      demand(
        version.incarnation === newest.incarnation && version.step === newest.step + 1,
        'WV1',
        () => `${formatVersion(newest)} was followed by ${formatVersion(version)}`,
      );
      newest = version;
      checkContent(effect);
    }
  };
}

import { formatVersion, type ParamsVersion } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/** [WV1] A version grows by one step. [WV2] No version is named twice: an incarnation is new whenever a server starts. */
export function checkVersions(): Checker {
  const incarnations = new Set<number>();
  let newest: ParamsVersion;
  return (seen) => {
    if (seen.type === 'started') {
      newest = seen.from.version;
      demand(
        !incarnations.has(newest.incarnation),
        'WV2',
        () => `incarnation ${newest.incarnation} was there before`,
      );
      incarnations.add(newest.incarnation);
    }
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type !== 'publish') continue;
      const { version } = effect;
      demand(
        version.incarnation === newest.incarnation && version.step === newest.step + 1,
        'WV1',
        () => `${formatVersion(newest)} was followed by ${formatVersion(version)}`,
      );
      newest = version;
    }
  };
}

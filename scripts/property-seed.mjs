/** Before every unit test: properties try the same examples in every run, so that `npm test` of one commit has one answer; see decision 0017. */

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.MANYHANDS_SEED ?? 1) });

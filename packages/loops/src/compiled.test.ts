import { expect, test } from 'vitest';
import { compiledModule } from './testing/compile.ts';

test('[LP5] the bytes that run are those of the sources', async () => {
  await expect(await compiledModule()).toMatchFileSnapshot('./compiled.ts');
}, 60_000);

/** What a volunteer says of its device. */

import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

const short = z.string().check(z.maxLength(LIMITS.nameCharactersMax));

export const DeviceClassSchema = z.strictObject({
  engine: short.check(z.minLength(1)),
  backend: z.enum(['webgpu', 'webgl', 'wasm', 'cpu']),
  vendor: short,
  architecture: short,
});

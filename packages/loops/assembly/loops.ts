/**
 * The hot loops in AssemblyScript. Each is that of the same name in `packages/core`, four float32 at a time, or two where
 * the formula is computed in float64; the formulas and their reasons stand there. What makes the bytes the same: WASM
 * rounds + − × ÷ √ as ECMAScript does, flushes no subnormal and fuses nothing, a sum of two float32 that is rounded from
 * float64 is that of float32, and operations stand in the order of the plain formula.
 *
 * Arguments are addresses in linear memory; `count` is a multiple of 4, and of `readInt8` one of 256. Compiled into
 * `src/compiled.ts`.
 */

const SMALLEST_NORMAL = 1.1754943508222875e-38;

function canonical32(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(<f32>SMALLEST_NORMAL)));
}

/** Before it is rounded, as the plain loops ask it: what is just below 2⁻¹²⁶ would be rounded up to it. */
function canonical64(x: v128): v128 {
  return v128.andnot(x, f64x2.lt(f64x2.abs(x), f64x2.splat(SMALLEST_NORMAL)));
}

/** Two float32 as float64. */
function read2(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

function write2(at: usize, x: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(x), 0);
}

function endOf(at: usize, count: usize): usize {
  return at + (count << 2);
}

/** No element of a sum of x − x is anything but 0. */
function isZero(fault: v128): bool {
  return i32x4.all_true(f32x4.eq(fault, f32x4.splat(0)));
}

export function canonicalize(vector: usize, count: usize): bool {
  const end = endOf(vector, count);
  let fault = f32x4.splat(0);
  for (; vector < end; vector += 16) {
    const x = v128.load(vector);
    v128.store(vector, canonical32(x));
    fault = f32x4.add(fault, f32x4.sub(x, x));
  }
  return isZero(fault);
}

export function merge(left: usize, right: usize, count: usize): void {
  const end = endOf(left, count);
  for (; left < end; left += 16, right += 16) {
    v128.store(left, canonical32(f32x4.add(v128.load(left), v128.load(right))));
  }
}

export function mergeNewcomer(newcomer: usize, held: usize, count: usize): bool {
  const end = endOf(newcomer, count);
  let fault = f32x4.splat(0);
  for (; newcomer < end; newcomer += 16, held += 16) {
    const x = v128.load(newcomer);
    v128.store(newcomer, canonical32(f32x4.add(canonical32(x), v128.load(held))));
    fault = f32x4.add(fault, f32x4.sub(x, x));
  }
  return isZero(fault);
}

export function readFloat16(bytes: usize, vector: usize, count: usize): void {
  const end = endOf(vector, count);
  const rebias = i32x4.splat(0x38000000);
  for (; vector < end; vector += 16, bytes += 8) {
    const half = v128.load16x4_u(bytes);
    const magnitude = v128.and(half, i32x4.splat(0x7fff));
    const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
    const subnormal = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(5.9604644775390625e-8));
    const normal = i32x4.add(i32x4.shl(magnitude, 13), rebias);
    // Of infinity and NaN the exponent is the greatest here and there.
    const special = v128.and(i32x4.ge_s(magnitude, i32x4.splat(0x7c00)), rebias);
    const isSubnormal = i32x4.lt_s(magnitude, i32x4.splat(0x0400));
    v128.store(vector, v128.or(sign, v128.bitselect(subnormal, i32x4.add(normal, special), isSubnormal)));
  }
}

export function readInt8(bytes: usize, vector: usize, count: usize): void {
  const end = endOf(vector, count);
  while (vector < end) {
    const step = f64x2.splat(<f64>load<f32>(bytes) / 127);
    const segmentEnd = endOf(vector, 256);
    for (bytes += 4; vector < segmentEnd; vector += 16, bytes += 4) {
      const codes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(bytes)));
      const upper = i64x2.shuffle(codes, codes, 1, 1);
      write2(vector, f64x2.mul(f64x2.convert_low_i32x4_s(codes), step));
      write2(vector + 8, f64x2.mul(f64x2.convert_low_i32x4_s(upper), step));
    }
  }
}

export function adam(
  updates: usize,
  m: usize,
  v: usize,
  count: usize,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  correction1: f64,
  correction2: f64,
): void {
  const end = endOf(updates, count);
  for (; updates < end; updates += 8, m += 8, v += 8) {
    const g = read2(updates);
    const g2 = f64x2.mul(g, g);
    const mNext = canonical64(
      f64x2.add(f64x2.mul(f64x2.splat(beta1), read2(m)), f64x2.mul(f64x2.splat(1 - beta1), g)),
    );
    const vNext = canonical64(
      f64x2.add(f64x2.mul(f64x2.splat(beta2), read2(v)), f64x2.mul(f64x2.splat(1 - beta2), g2)),
    );
    write2(m, mNext);
    write2(v, vNext);
    const root = f64x2.sqrt(f64x2.mul(vNext, f64x2.splat(correction2)));
    write2(
      updates,
      f64x2.div(f64x2.mul(mNext, f64x2.splat(correction1)), f64x2.add(root, f64x2.splat(epsilon))),
    );
  }
}

export function accumulate(updates: usize, b: usize, count: usize, momentum: f64, nesterov: bool): void {
  const end = endOf(updates, count);
  for (; updates < end; updates += 8, b += 8) {
    const g = read2(updates);
    const bNext = canonical64(f64x2.add(f64x2.mul(f64x2.splat(momentum), read2(b)), g));
    write2(b, bNext);
    write2(updates, nesterov ? f64x2.add(g, f64x2.mul(f64x2.splat(momentum), bNext)) : bNext);
  }
}

export function decay(updates: usize, params: usize, count: usize, weightDecay: f64): void {
  const end = endOf(updates, count);
  for (; updates < end; updates += 8, params += 8) {
    write2(updates, f64x2.add(read2(updates), f64x2.mul(f64x2.splat(weightDecay), read2(params))));
  }
}

export function descend(params: usize, direction: usize, count: usize, rate: f64): void {
  const end = endOf(params, count);
  for (; params < end; params += 8, direction += 8) {
    write2(params, canonical64(f64x2.sub(read2(params), f64x2.mul(f64x2.splat(rate), read2(direction)))));
  }
}

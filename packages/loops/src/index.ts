export { createSimdLoops, roomBytes } from './simd-loops.ts';

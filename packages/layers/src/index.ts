export { type MultiHeadAttentionArgs, multiHeadAttention } from './multi-head-attention.ts';
export { type PositionEmbeddingArgs, positionEmbedding } from './position-embedding.ts';

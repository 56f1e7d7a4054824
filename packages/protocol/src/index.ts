export * from './frame.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './program.ts';
export * from './refusal.ts';
export * from './routes.ts';
export * from './safetensors.ts';
export * from './view.ts';

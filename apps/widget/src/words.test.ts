import type { JobView } from '@manyhands/protocol';
import type { VolunteerPhase } from '@manyhands/volunteer';
import { expect, test } from 'vitest';
import { askingWords, workingWords } from './words.ts';

const job = (over: Partial<JobView>) =>
  ({
    hosted: true,
    status: 'running',
    about: { operator: 'The Lab' },
    volunteers: { connected: 3, working: 2 },
    ...over,
  }) as JobView;

test('[EM3] a yes is asked for only while there is something to help with', () => {
  expect(askingWords(job({})).button).toBe('yes');
  expect(askingWords(job({ status: 'paused' })).button).toBe('yes');
  expect(askingWords(job({ status: 'finished' })).button).toBe('none');
  expect(askingWords(job({ hosted: false })).button).toBe('none');
});

test('[EM11] a model is called trained only where its job is finished', () => {
  expect(askingWords(job({ status: 'finished' })).sentence).toContain('is trained');
  expect(askingWords(job({ status: 'stopped' })).sentence).not.toContain('is trained');
  expect(askingWords(job({ hosted: false })).sentence).not.toContain('is trained');
  expect(workingWords({ at: 'over', status: 'finished' }).sentence).toContain('is trained');
  expect(workingWords({ at: 'over', status: 'stopped' }).sentence).not.toContain('is trained');
});

test('[EM9] the sentence begins as sentences do, whatever the operator is called', () => {
  const { sentence } = askingWords(job({ about: { operator: 'the class 9b' } as JobView['about'] }));
  expect(sentence).toBe('Visitors train this model for the class 9b. 3 help now.');
});

test('[EM4] whatever uses the device can be stopped, and whatever does not says so', () => {
  const phases: readonly VolunteerPhase[] = [
    { at: 'connecting', attempt: 1 },
    { at: 'preparing', what: 'kernels', done: 1, total: 3 },
    { at: 'waiting' },
    { at: 'standing-by', serving: { engine: 'test-1', backend: 'wasm', vendor: '', architecture: '' } },
    { at: 'working', kind: 'train', first: 0, count: 1 },
    { at: 'resting', why: 'hidden', sentence: 'The tab is hidden.' },
    { at: 'mirroring' },
    { at: 'over', status: 'paused' },
  ];
  for (const phase of phases) expect(workingWords(phase).button, phase.at).toBe('stop');
  expect(workingWords({ at: 'stopped' }).sentence).toContain('Nothing runs');
});

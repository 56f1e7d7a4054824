import { expect, test } from 'vitest';
import { share } from './share.ts';

const refuse = (name: string) => async () => {
  throw new DOMException('No.', name);
};

test('[JP3] a line is called copied only when it is', async () => {
  const copied: string[] = [];
  const clipboard = { writeText: async (text: string) => void copied.push(text) };
  expect(await share('I gave', 'http://here', { clipboard })).toBe('copied');
  expect(copied).toEqual(['I gave http://here']);
  expect(await share('I gave', 'http://here', {})).toBe('by-hand');
  const denied = { clipboard: { writeText: refuse('NotAllowedError') } };
  expect(await share('I gave', 'http://here', denied)).toBe('by-hand');
});

test('[JP3] a sheet that a person closes is no trouble, and one that does not open gives way to the clipboard', async () => {
  const clipboard = { writeText: async () => {} };
  expect(await share('I gave', 'http://here', { share: async () => {} })).toBe('handed-on');
  expect(await share('I gave', 'http://here', { share: refuse('AbortError'), clipboard })).toBe('handed-on');
  expect(await share('I gave', 'http://here', { share: refuse('NotAllowedError'), clipboard })).toBe(
    'copied',
  );
});

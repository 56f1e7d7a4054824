import { expect, test } from 'vitest';
import { type Page, type PageFacts, watchConditions } from './page-conditions.ts';

function pageWith(navigator: Page['navigator'] = {}) {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' as 'visible' | 'hidden' });
  const told: PageFacts[] = [];
  const end = watchConditions({ document, navigator }, (facts) => told.push(facts));
  return { document, told, end };
}

test('[PC1] a browser that says nothing of itself has a visible page, mains and no data saver', () => {
  const { told } = pageWith();
  expect(told).toEqual([{ visibility: 'visible', power: { from: 'mains' }, saveData: false }]);
});

test('[PC1] hiding, freezing and waking are told, and nothing after the end', () => {
  const { document, told, end } = pageWith();
  document.visibilityState = 'hidden';
  for (const event of ['visibilitychange', 'freeze', 'resume']) document.dispatchEvent(new Event(event));
  expect(told.map(({ visibility }) => visibility)).toEqual(['visible', 'hidden', 'frozen', 'hidden']);
  end();
  document.dispatchEvent(new Event('freeze'));
  expect(told).toHaveLength(4);
});

test('[PC1] battery and data saver are told as they change', async () => {
  const battery = Object.assign(new EventTarget(), { charging: false, level: 0.5 });
  const connection = Object.assign(new EventTarget(), { saveData: true });
  const { told } = pageWith({ connection, getBattery: async () => battery });
  expect(told.at(-1)).toMatchObject({ saveData: true, power: { from: 'mains' } });
  await Promise.resolve();
  expect(told.at(-1)).toMatchObject({ power: { from: 'battery', level: 0.5 } });
  battery.charging = true;
  battery.dispatchEvent(new Event('chargingchange'));
  connection.saveData = false;
  connection.dispatchEvent(new Event('change'));
  expect(told.at(-1)).toEqual({ visibility: 'visible', power: { from: 'mains' }, saveData: false });
});

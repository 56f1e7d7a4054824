import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asks, Fleet } from '../src/fleet.ts';
import { DEVICE } from '../src/testing/small-job.ts';
import { type DeviceClass, sameDevice, type VolunteerId } from '../src/volunteer.ts';

const CLASSES: readonly DeviceClass[] = [DEVICE, { ...DEVICE, vendor: 'other' }];

test('[XC2] those who are here and whose class serves are counted, whoever comes, is lost, found, leaves or takes over', () => {
  const act = fc.record({
    kind: fc.constantFrom('come', 'lose', 'find', 'leave', 'pull', 'serve'),
    place: fc.nat(),
    device: fc.constantFrom(...CLASSES),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(act, { maxLength: 40 }), (exact, acts) => {
      const fleet = new Fleet(exact);
      acts.forEach(({ kind, place, device }, turn) => {
        const members = [...fleet.members()];
        const member = members[place % Math.max(1, members.length)];
        if (kind === 'come') fleet.join(turn as VolunteerId, `${turn}`, device);
        if (kind === 'serve') {
          const others = [...fleet.otherCrews()];
          if (others.length > 0) fleet.serve(others[place % others.length]!);
        }
        if (member === undefined) return;
        if (kind === 'lose' && member.presence === 'here') fleet.lose(member);
        if (kind === 'find' && member.presence === 'lost') fleet.find(member);
        if (kind === 'leave') fleet.leave(member);
        if (kind === 'pull') fleet.pull(member);
      });
      const all = [...fleet.members()];
      const { serving } = fleet;
      const serve = all.filter(({ device }) =>
        exact ? serving !== undefined && sameDevice(device, serving.device) : true,
      );
      const asked = all.filter(({ presence, pulls }) => presence === 'here' && pulls > 0);
      expect(fleet.size).toBe(serve.filter(({ presence }) => presence === 'here').length);
      expect(new Set([...fleet.queues].flatMap((queue) => [...queue]))).toEqual(
        new Set(asked.filter((member) => serve.includes(member))),
      );
      // Nobody is in two crews, and who has no member and does not serve is forgotten.
      const others = [...fleet.otherCrews()];
      expect(others.every(({ members }) => members > 0)).toBe(true);
      expect([serving, ...others].reduce((sum, crew) => sum + (crew?.members ?? 0), 0)).toBe(all.length);
      for (const crew of others) {
        const ofIt = asked.filter(({ device }) => sameDevice(device, crew.device));
        expect(new Set([...crew.waiting, ...crew.strangersWaiting])).toEqual(new Set(ofIt));
        expect(asks(crew)).toBe(ofIt.length > 0);
      }
    }),
    { numRuns: 300 },
  );
});

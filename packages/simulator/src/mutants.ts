/** Ways in which the core, or the shell of these worlds, can be broken. Each must be noticed: see `hunt.ts`. */

export interface Mutant {
  readonly what: string;
  /** Where the file is, as it was built; the core when nothing is said. */
  readonly package?: 'simulator';
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'a lease never expires',
    file: 'coordinator.js',
    find: 'if (nowMs < abandonedAtMs(lease.grantedAtMs, lease.deadlineMs))',
    replace: 'if (true)',
  },
  {
    what: 'leases of a volunteer who left are forgotten, units and all',
    file: 'coordinator.js',
    find: 'for (const lease of leases)\n            this.#takeBack(lease);\n        this.#fleet.leave(member);',
    replace: 'this.#fleet.leave(member);',
  },
  {
    what: 'a volunteer whose line is lost loses its leases',
    file: 'coordinator.js',
    find: 'this.#fleet.lose(member);',
    replace:
      "for (const lease of this.#leasesOf(member)) this.#drop(lease, 'released', nowMs);\n        this.#fleet.lose(member);",
  },
  {
    what: 'the leases of a lost volunteer are copied by nobody',
    file: 'scheduler/scheduler.js',
    find: 'nowMs >= lease.deadlineMs || !fleet.isHere(lease.volunteer)',
    replace: 'nowMs >= lease.deadlineMs',
  },
  {
    what: 'a lost volunteer is given leases',
    file: 'fleet.js',
    find: 'member.pulls = 0;\n        this.#unqueue(member);',
    replace: '',
  },
  {
    what: 'a server that drains goes on granting',
    file: 'job-life.js',
    find: " && this.#drain === 'not asked'",
    replace: '',
  },
  {
    what: 'a server has drained as soon as it is asked',
    file: 'job-life.js',
    find: "if (this.#drain !== 'asked' || isAwaited())",
    replace: "if (this.#drain !== 'asked')",
  },
  {
    what: 'an answer counts for whoever sends it',
    file: 'coordinator.js',
    find: 'if (lease?.volunteer !== sent.volunteer)',
    replace: 'if (lease === undefined)',
  },
  {
    what: 'a lease whose answer counted stays live',
    file: 'round.js',
    find: 'const others = forget(lease);',
    replace: 'const others = forget(lease); live.set(lease.id, lease);',
  },
  {
    what: 'copies of a block that is in stay live',
    file: 'round.js',
    find: 'for (const other of others)\n                forget(other);',
    replace: '',
  },
  {
    what: 'the second answer to a block is merged too',
    file: 'comparison.js',
    find: 'return verdictOn(past, { device, imprint });',
    replace: 'return answer.add(past.lease, round), verdictOn(past, { device, imprint });',
  },
  {
    what: 'answers that are the same are said to differ',
    file: 'imprint.js',
    find: 'one.fingerprint === other.fingerprint',
    replace: 'one.fingerprint !== other.fingerprint',
  },
  {
    what: 'between classes of device every answer is said to agree',
    file: 'imprint.js',
    find: 'sketchesAgree(part, other.sketches[index])',
    replace: 'true',
  },
  {
    what: 'of two answers that were compared only one is told',
    file: 'coordinator.js',
    find: 'this.#fleet.compared([first, volunteer], agrees);',
    replace: 'this.#fleet.compared([volunteer], agrees);',
  },
  {
    what: 'the answer to a lease that expired is compared with nothing',
    file: 'coordinator.js',
    find: 'this.#comparison.late(lease, holder.device);',
    replace: ';',
  },
  {
    what: 'an answer to an expired lease is forgotten where it comes before the one that counts',
    file: 'comparison.js',
    find: 'this.#late.set(id, { ...late, imprint });',
    replace: '',
  },
  {
    what: 'what may be compared is kept for ever',
    file: 'comparison.js',
    find: 'this.#before = this.#now;\n        this.#now = new Map();',
    replace: '',
  },
  {
    what: 'expired leases are remembered for ever',
    file: 'comparison.js',
    find: 'this.#late.clear();',
    replace: '',
  },
  {
    what: 'volunteers who left are remembered for ever',
    file: 'fleet.js',
    find: 'this.#members.delete(member.id);',
    replace: '',
  },
  {
    what: 'a unit counts twice',
    file: 'batch-gathering.js',
    find: 'settle({ run, volunteer }) {\n            cameBack();\n            unitsIn += run.count;',
    replace:
      'settle({ run, volunteer, backup }) {\n            cameBack();\n            unitsIn += run.count + (backup ? 1 : 0);',
  },
  {
    what: 'NaN is let in',
    file: 'reduction.js',
    find: 'next.sum === undefined ? loops.canonicalize(vector) : loops.mergeNewcomer(vector, next.sum);',
    replace:
      '(next.sum === undefined ? loops.canonicalize(vector) : loops.mergeNewcomer(vector, next.sum)) || true;',
  },
  {
    what: 'the number of samples is believed',
    file: 'validator.js',
    find: "return isCountOf(samples, lease, job) ? undefined : 'wrong-count';",
    replace: 'return undefined;',
  },
  {
    what: 'a sum replaces the one that waited for it',
    file: 'reduction.js',
    find: 'if (next.sum !== undefined)\n                    loops.merge(vector, next.sum);',
    replace: '',
  },
  {
    what: 'memory has no bound',
    file: 'batch-gathering.js',
    find: 'reduction.held + blocksOut < heldVectorsMax',
    replace: 'true',
  },
  {
    what: 'at the bound of memory nothing goes out',
    file: 'batch-gathering.js',
    find: 'free.takeThis(sibling)',
    replace: 'false',
  },
  {
    what: 'units that come back are given to nobody',
    file: 'batch-gathering.js',
    find: 'free.give(block);',
    replace: '',
  },
  {
    what: 'a volunteer may have any number of leases',
    file: 'fleet.js',
    find: 'if (member.pulls === 0 || member.leases >= LEASES_MAX)',
    replace: 'if (member.pulls === 0)',
  },
  {
    what: 'a step is taken twice as one',
    file: 'central-model.js',
    find: 'this.#version = { incarnation, step: step + 1 };',
    replace: 'this.#version = { incarnation, step: step + 2 };',
  },
  {
    what: 'a recovered server uses the old incarnation',
    file: 'central-model.js',
    find: 'incarnation: incarnation + 1',
    replace: 'incarnation: incarnation',
  },
  {
    what: 'the new incarnation is spoken of before it is durable',
    package: 'simulator',
    file: 'server.js',
    find: 'store.saveCheckpointNow(from);',
    replace: '',
  },
  {
    what: 'a damaged checkpoint’s incarnation is given again',
    file: 'recovery.js',
    find: 'incarnationMax: sorted[0].version.incarnation',
    replace: 'incarnationMax: record.version.incarnation',
  },
  {
    what: 'a checkpoint is called durable without its sync',
    package: 'simulator',
    file: 'disk.js',
    find: 'this.syncNow();\n',
    replace: ';\n',
  },
  {
    what: 'a torn checkpoint is read as if it were whole',
    package: 'simulator',
    file: 'store.js',
    find: '!== sealOf(bytes)',
    replace: "=== ''",
  },
  {
    what: 'the oldest checkpoint is taken for the newest',
    file: 'recovery.js',
    find: 'b.incarnation - a.incarnation || b.step - a.step',
    replace: 'a.incarnation - b.incarnation || a.step - b.step',
  },
  {
    what: 'a checkpoint shares its parameters with the model',
    file: 'central-model.js',
    find: 'params: this.#params.slice()',
    replace: 'params: this.#params',
  },
  {
    what: 'a checkpoint forgets the optimizer',
    file: 'central-model.js',
    find: 'slots: this.#slots.map((slot) => slot.slice())',
    replace: 'slots: this.#slots.map((slot) => slot.slice().fill(0))',
  },
  {
    what: 'credit is counted when an answer comes, and not with its version',
    file: 'earnings.js',
    find: 'addUnits(this.#inRound, account, units)',
    replace: 'addUnits(this.#inVersions, account, units)',
  },
  {
    what: 'credit is counted again after a crash',
    file: 'central-model.js',
    find: 'step }, earned: new Map() }',
    replace: 'step } }',
  },
  {
    what: 'what was earned with a version that a recovery passed over counts on',
    file: 'recovery.js',
    find: 'version.incarnation < saved.incarnation && version.step > saved.step',
    replace: 'false',
  },
  {
    what: 'credit is forgotten with the checkpoint that could not be written',
    file: 'earnings.js',
    find: 'addAll(this.#inVersions, this.#inSave);',
    replace: '',
  },
  {
    what: 'credit that is durable is written again with the next checkpoint',
    file: 'coordinator.js',
    find: 'this.#earnings.saved();',
    replace: 'this.#earnings.notSaved();',
  },
  {
    what: 'credit goes with the checkpoint that it came with',
    package: 'simulator',
    file: 'store.js',
    find: 'disk.settled = unitsIn(disk.settled, gone);',
    replace: '',
  },
  {
    what: 'the job is called finished before that is durable',
    file: 'job-life.js',
    find: 'this.#ending = as;\n        return true;',
    replace: 'this.#ending = as;\n        this.#become(as);\n        return true;',
  },
  {
    what: 'a volunteer that became slow is believed to be fast',
    file: 'fleet.js',
    find: 'member.pace = slowedPace(member.pace, lease.run.count, nowMs - lease.grantedAtMs);',
    replace: '',
  },
  {
    what: 'an exact job is served by all classes at once',
    file: 'fleet.js',
    find: "return this.#exact ? classKey(device) : '';",
    replace: "return '';",
  },
  {
    what: 'a round goes on when another class takes over',
    file: 'coordinator.js',
    find: 'this.#fleet.serve(crew);\n        this.#beginRound(nowMs);',
    replace: 'this.#fleet.serve(crew);',
  },
  {
    what: 'what expired before another class took over is compared with what that one computes',
    file: 'coordinator.js',
    find: 'this.#comparison.roundBegunAgain();',
    replace: '',
  },
  {
    what: 'a class keeps its turn for ever',
    file: 'serving-class.js',
    find: 'if (!silent && !this.#givesWay(serving, next, round))',
    replace: 'if (true)',
  },
  {
    what: 'a class keeps its turn until the last of it has left',
    file: 'serving-class.js',
    find: 'if (!silent && !this.#givesWay(serving, next, round))',
    replace: 'if (serving.members > 0)',
  },
  {
    what: 'a class loses its turn as soon as another waits',
    file: 'serving-class.js',
    find: 'if (aheadMs < AHEAD_MS_MAX)',
    replace: 'return true; if (false)',
  },
  {
    what: 'a refused answer is held to be sent',
    file: 'codec/error-feedback.js',
    find: 'return settle(feedback, lease, ({ lent }) => lent);',
    replace: 'return commit(feedback, lease);',
  },
  {
    what: 'what a refused answer was lent never comes back',
    file: 'codec/error-feedback.js',
    find: 'return settle(feedback, lease, ({ lent }) => lent);',
    replace: 'return settle(feedback, lease, () => []);',
  },
  {
    what: 'two answers on their way are lent the same residual',
    file: 'codec/error-feedback.js',
    find: 'residual: residual.filter((part) => !lent.includes(part)),',
    replace: 'residual,',
  },
  {
    what: 'who leaves forgets what was lent',
    file: 'codec/error-feedback.js',
    find: '[...feedback.onTheWay.keys()].reduce(takeBack, feedback).residual;',
    replace: 'feedback.residual;',
  },
  {
    what: 'who resumes is not told which answers count',
    package: 'simulator',
    file: 'server.js',
    find: 'accepted: accepted.slice(-ACCEPTED_TOLD)',
    replace: 'accepted: []',
  },
  {
    what: 'a unit that was cut short counts as a whole one',
    file: 'batch-gathering.js',
    find: 'samples += counted;',
    replace: 'samples = 8 * units;',
  },
  {
    what: 'answers weigh the same however old they are',
    file: 'strategy.js',
    find: 'return 1 / Math.sqrt(1 + staleness);',
    replace: 'return 1;',
  },
  {
    what: 'old answers are as much shorter, but the step is not',
    file: 'central-model.js',
    find: 'const update = this.#descend(gradient, weight / samples, step);',
    replace: 'const update = this.#descend(gradient, 1, step);',
  },
  {
    what: 'an answer may be as old as it likes',
    file: 'stream-gathering.js',
    find: 'isStale(began, version, stalenessMax)',
    replace: 'false',
  },
  {
    what: 'a stream begins anew with every version',
    file: 'stream-gathering.js',
    find: 'drawn = Math.max(drawn, opensAt);',
    replace: 'drawn = opensAt;',
  },
  {
    what: 'what is under way is forgotten when a version is made',
    file: 'coordinator.js',
    find: 'this.#openRound(nowMs, [...before.leases()]);',
    replace: 'this.#openRound(nowMs, []);',
  },
];

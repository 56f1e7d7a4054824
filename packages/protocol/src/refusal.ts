/** One code for each reason, one sentence for each code. The set is closed: a new reason is a new member and a new sentence. */

import type { ContributionRefusal } from '@manyhands/core';

export type JoinRefusal =
  | 'protocol-version'
  | 'job-unknown'
  | 'job-over'
  | 'layout-mismatch'
  | 'message-malformed'
  | 'server-full'
  | 'address-full'
  | 'session-unknown'
  | 'server-stopping';

export type FrameRefusal =
  | 'frame-too-short'
  | 'frame-too-long'
  | 'frame-magic'
  | 'frame-kind'
  | 'frame-codec'
  | 'frame-length'
  | 'chunk-place'
  | 'chunk-length'
  | 'chunks-full';

export type SocketRefusal =
  | 'not-joined'
  | 'too-many-messages'
  | 'too-many-refusals'
  | 'message-malformed'
  | 'token-wrong';

export type Refusal = JoinRefusal | FrameRefusal | SocketRefusal | ContributionRefusal;

/** What happened and what to do, for a person. */
export const REFUSAL_SENTENCE: Readonly<Record<Refusal, string>> = {
  'protocol-version': 'This page is of another version than the server: reload it.',
  'job-unknown': 'The server has no job of this name: ask for a new link.',
  'job-over': 'This job has ended: there is nothing left to compute.',
  'layout-mismatch': 'This page holds another model than the server trains: reload it.',
  'message-malformed': 'A message was not of the form that the protocol describes: reload the page.',
  'server-full': 'The server has as many volunteers as it can take: it will be tried again by itself.',
  'address-full': 'Too many volunteers come from this address: it will be tried again by itself.',
  'session-unknown': 'The server no longer knows this session: the volunteer joins anew.',
  'server-stopping': 'The server is about to stop: it will be tried again by itself.',
  'frame-too-short': 'A frame ended before its header did: nothing of it was used.',
  'frame-too-long': 'A frame was longer than the limit: nothing of it was used.',
  'frame-magic': 'A frame did not start with the mark of this protocol: nothing of it was used.',
  'frame-kind': 'A frame was of a kind that does not belong here: nothing of it was used.',
  'frame-codec': 'A frame was encoded in a way that this job does not use: nothing of it was used.',
  'frame-length': 'A frame was not as long as its header says: nothing of it was used.',
  'chunk-place': 'A chunk did not begin where the one before it ended: nothing of its frame was used.',
  'chunk-length': 'A chunk was not as long as its place in the frame says: nothing of its frame was used.',
  'chunks-full':
    'More answers are on their way than the server has room for: another volunteer does this one.',
  'not-joined': 'Work was sent before joining: join first.',
  'too-many-messages': 'Messages came faster than the limit allows: the connection was closed.',
  'too-many-refusals': 'Too many answers of this volunteer were refused: the connection was closed.',
  'token-wrong': 'The admin token is wrong: copy the dashboard link that the server printed.',
  'lease-unknown': 'The answer was for a lease that this volunteer never had: it was not used.',
  'lease-ended': 'The answer came after its lease had ended: another volunteer did it.',
  'already-in': 'Another copy of this piece was in first: the two were compared.',
  'wrong-length': 'The answer was not as long as the model: it was not used.',
  'wrong-indices': 'The answer named places that its codec does not allow: it was not used.',
  'not-finite': 'The answer held a number that is not finite: it was not used.',
  'wrong-count': 'The answer counted other samples than its lease: it was not used.',
  'too-stale': 'Too many versions have come since the answer was begun: it was not used.',
};

/** Refusals after which waiting and joining again makes sense. */
export const RETRYABLE: ReadonlySet<Refusal> = new Set<Refusal>([
  'server-full',
  'address-full',
  'server-stopping',
]);

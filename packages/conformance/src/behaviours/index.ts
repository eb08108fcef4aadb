import type { Behaviour } from '../behaviour.ts'
import { announcements } from './announcements.ts'
import { beforeEnd } from './before-end.ts'
import { closing } from './closing.ts'
import { connections } from './connections.ts'
import { deadline } from './deadline.ts'
import { drain } from './drain.ts'
import { goingAway } from './going-away.ts'
import { grace } from './grace.ts'
import { handshakes } from './handshakes.ts'
import { http1 } from './http1.ts'
import { ignored } from './ignored.ts'
import { incomplete } from './incomplete.ts'
import { lastAnswers } from './last-answers.ts'
import { pipelines } from './pipelines.ts'
import { quiet } from './quiet.ts'
import { requests } from './requests.ts'
import { sessions } from './sessions.ts'
import { silence } from './silence.ts'
import { slow } from './slow.ts'
import { streamCounts } from './stream-counts.ts'
import { streamEnds } from './stream-ends.ts'
import { streamSources } from './stream-sources.ts'
import { tunnels } from './tunnels.ts'
import { upgrades } from './upgrades.ts'

/** All behaviours, in the order of the design. */
export const behaviours: readonly Behaviour[] = [
  ...requests,
  ...http1,
  ...sessions,
  ...connections,
  ...handshakes,
  ...silence,
  ...slow,
  ...incomplete,
  ...upgrades,
  ...tunnels,
  ...streamCounts,
  ...streamEnds,
  ...streamSources,
  ...goingAway,
  ...ignored,
  ...deadline,
  ...quiet,
  ...drain,
  ...pipelines,
  ...announcements,
  ...lastAnswers,
  ...grace,
  ...closing,
  ...beforeEnd,
]

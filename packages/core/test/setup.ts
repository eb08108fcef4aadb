import './check-phases.ts'
import './check-states.ts'

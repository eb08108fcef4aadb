// As the manual of OpenTelemetry shows it, with a delay of the batches that no idle end waits for.
import { createServer } from 'node:http'
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

const exporter = new OTLPTraceExporter({ url: process.env.COLLECTOR })
const sdk = new NodeSDK({
  serviceName: 'web',
  spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 3_600_000 })],
})
sdk.start()
const tracer = trace.getTracer('web')

createServer((req, res) => {
  tracer.startActiveSpan(`GET ${req.url}`, (span) => {
    res.end('Hello')
    span.end()
  })
}).listen(process.env.PORT ?? 0, '127.0.0.1')

process.on('SIGTERM', () => {
  sdk
    .shutdown()
    .then(() => console.log('exported'))
    .catch((error) => console.log('failed', error))
    .finally(() => process.exit(0))
})

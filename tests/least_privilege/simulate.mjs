// Reads {function: {policies, requests}} from standard input, and writes for each request of each function whether it
// is allowed and by which statements.
import { runSimulation } from '@cloud-copilot/iam-simulate'

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const asked = JSON.parse(Buffer.concat(chunks).toString())
const answers = {}
for (const [name, { role, account, policies, requests }] of Object.entries(asked)) {
  answers[name] = []
  for (const { action, resource, context } of requests) {
    const response = await runSimulation(
      {
        request: {
          action,
          principal: role,
          resource: { resource, accountId: account },
          contextVariables: context
        },
        identityPolicies: policies,
        serviceControlPolicies: [],
        resourceControlPolicies: []
      },
      {}
    )
    const statements = response.resultType === 'single'
      ? (response.result.analysis?.identityAnalysis?.allowStatements ?? []).map((one) => one.explain.identifier)
      : []
    answers[name].push({
      outcome: response.resultType === 'error' ? 'error' : response.overallResult,
      error: response.resultType === 'error' ? response.errors.message + ' ' + JSON.stringify(response.errors) : null,
      statements
    })
  }
}
process.stdout.write(JSON.stringify(answers))

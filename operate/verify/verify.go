// Package verify sends a flow run of its own through a pool, timed step by step, and taken away again.
package verify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/operate"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// verifyName is the name of the hello flow, and the beginning of that of its deployment.
const verifyName = "ecsctl-verify"

// VerifyOptions say which pool is tried.
type VerifyOptions struct {
	Pool string
	// Deployment is one of the user's own, FLOW/NAME; "" tries a hello flow.
	Deployment string
	Clients    *provision.Clients // with the Prefect API
	// Timeout is for the whole run, without the cleaning up; PollInterval is the time
	// between two looks.
	Timeout, PollInterval time.Duration
	// Status says what is wrong where a step fails and does not show why; nil asks nobody.
	Status *status.Options
	// Note is told what is waited for; each text once.
	Note func(string)
}

// Step is a phase of a verification. Seconds is how long it took, by the clocks of the
// Prefect server and of ECS.
type Step struct {
	operate.Check
	Seconds float64 `json:"seconds"`
}

// Verification is the result of a verify. Its steps end with the first that failed, followed by
// the last one, which removes what was made.
type Verification struct {
	Pool    string  `json:"-"`
	Passed  bool    `json:"passed"`
	Seconds float64 `json:"seconds"`
	Worker  string  `json:"worker,omitempty"`
	// Deployment is the user's own that was run, if any.
	Deployment string `json:"deployment,omitempty"`
	FlowRun    string `json:"flowRun,omitempty"`
	FlowRunID  string `json:"flowRunId,omitempty"`
	Task       string `json:"task,omitempty"` // ARN
	Steps      []Step `json:"steps"`
}

// The steps of a verification, in their order.
const (
	StepWorker    = "worker online"
	StepDeploy    = "deployed"
	StepClaimed   = "claimed"
	StepTask      = "task pending"
	StepRunning   = "running"
	StepCompleted = "completed"
	StepLog       = "log line seen"
	StepFound     = "deployment found" // in place of deployed, for one of the user's own
	StepCleanup   = "cleaned up"
)

// verification is one verify under way.
type verification struct {
	VerifyOptions
	result *Verification
	suffix string // keeps verifies at the same time apart

	pool       *prefect.WorkPool
	flow       *prefect.Flow // nil when the deployment is the user's own
	deployment *prefect.Deployment
	run        *prefect.FlowRun
	claimedAt  time.Time
	task       *types.Task
	taskErr    error
	told       string
}

// Verify looks for a worker of the pool that is online, and has it carry out a hello
// flow, whose deployment and flow it removes again, or a deployment of the user's own. That
// something is wrong is a result; an error is that ctx has ended, and even then what was made
// is taken away.
func Verify(ctx context.Context, o VerifyOptions) (*Verification, error) {
	started := time.Now()
	v := &verification{VerifyOptions: o, result: &Verification{Pool: o.Pool, Deployment: o.Deployment, Steps: []Step{}},
		suffix: randomSuffix()}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if v.findWorker(limited) {
		if v.schedule(limited) && v.follow(limited) {
			v.awaitLog(limited)
		}
		v.cleanUp(ctx)
	}
	v.result.Seconds = time.Since(started).Seconds()
	v.result.Passed = v.passed()
	return v.result, ctx.Err()
}

// explain is provision.ExplainAWS with the statements of the command's policy.
func (v *verification) explain(ctx context.Context, doing string, err error) error {
	err = provision.ExplainAWS(doing, err)
	if v.Status == nil {
		return err
	}
	options := v.Status.Options
	options.Policy = provision.PolicyVerify
	return status.Named(ctx, options, err)
}

func randomSuffix() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (v *verification) passed() bool {
	for _, s := range v.result.Steps {
		if s.Status == operate.CheckFail {
			return false
		}
	}
	return true
}

func (v *verification) ok(name string, took time.Duration, reason string) {
	v.add(name, operate.CheckOK, took, reason, "")
}

func (v *verification) fail(name, reason, fix string) bool {
	v.add(name, operate.CheckFail, 0, reason, fix)
	return false
}

// symptom is a failure that shows no cause by itself: what a status puts first goes before it.
func (v *verification) symptom(ctx context.Context, name, reason, fix string) bool {
	cause, unseen, err := status.WhatIsWrong(ctx, v.Status)
	if err != nil {
		unseen = err.Error()
	}
	if unseen != "" {
		reason += "\n" + unseen
	}
	if cause == nil {
		return v.fail(name, reason, fix)
	}
	said := append([]string{cause.Cause}, cause.Details...)
	return v.fail(name, strings.Join(append(said, reason), "\n"), cause.Fixes())
}

// failed is a step that could not be done for an error.
func (v *verification) failed(name string, err error) bool {
	return v.fail(name, err.Error(), status.FixOf(err))
}

func (v *verification) add(name string, status operate.CheckStatus, took time.Duration, reason, fix string) {
	// The clocks of two machines never agree in full.
	check := operate.Check{Name: name, Status: status, Reason: reason, Fix: fix}
	v.result.Steps = append(v.result.Steps, Step{check, max(0, took).Seconds()})
}

// note tells what is waited for, when it has changed.
func (v *verification) note(text string) {
	if text != v.told {
		v.told = text
		v.Note(text)
	}
}

func (v *verification) schedule(ctx context.Context) bool {
	if v.Deployment != "" {
		return v.runOwn(ctx)
	}
	return v.deploy(ctx)
}

// deploy makes the flow, its deployment and a run of it.
func (v *verification) deploy(ctx context.Context) bool {
	began := time.Now()
	steps, err := helloPullSteps()
	if err != nil {
		return v.failed(StepDeploy, err)
	}
	api := v.Clients.Prefect
	// Names of their own, so that taking them away takes nothing of anybody else.
	if v.flow, err = api.CreateFlow(ctx, verifyName+"-"+v.suffix); err != nil {
		return v.failed(StepDeploy, err)
	}
	v.deployment, err = api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: verifyName, FlowID: v.flow.ID, WorkPoolName: v.Pool, Entrypoint: helloEntrypoint, PullSteps: steps,
		Parameters: []byte("{}"), JobVariables: []byte("{}"), Tags: []string{verifyName},
	})
	if err != nil {
		return v.failed(StepDeploy, err)
	}
	v.run, err = api.CreateFlowRun(ctx, v.deployment.ID, prefect.FlowRunCreate{
		Name: verifyName + "-" + v.suffix, Tags: []string{verifyName},
	})
	if err != nil {
		return v.failed(StepDeploy, err)
	}
	v.result.FlowRun, v.result.FlowRunID = v.run.Name, v.run.ID
	v.ok(StepDeploy, time.Since(began), fmt.Sprintf("flow run %q is scheduled", v.run.Name))
	return true
}

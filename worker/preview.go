package worker

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// PreviewRequest says which job is previewed: that of a flow run, that of a
// deployment, or one that is given in full (offline).
type PreviewRequest struct {
	Prefect *prefect.Client // not needed offline
	AWS     aws.Config

	FlowRunID                string
	FlowName, DeploymentName string
	Offline                  *OfflineJob

	JobVariables json.RawMessage // go before those of deployment and run
	ShowSecrets  bool
	Strict       bool // job variables that nothing takes up are problems

	Settings map[string]string // of the worker, as Options has them
	Environ  func(name string) (string, bool)
	Logger   *slog.Logger
}

// OfflineJob is a job without a server.
type OfflineJob struct {
	BaseJobTemplate json.RawMessage
	Run             OfflineRun
}

// OfflineRun is the run file: the objects of the Prefect API as far as they are known.
type OfflineRun struct {
	FlowRun        json.RawMessage `json:"flow_run"`
	Flow           json.RawMessage `json:"flow"`
	Deployment     json.RawMessage `json:"deployment"`
	WorkPool       json.RawMessage `json:"work_pool"`
	WorkerName     string          `json:"worker_name"`
	PrefectVersion string          `json:"prefect_version"`
}

// Preview is what would be sent to AWS.
type Preview struct {
	// RegisterTaskDefinition is absent when the job names a task definition.
	RegisterTaskDefinition map[string]any        `json:"registerTaskDefinition,omitempty"`
	RunTask                map[string]any        `json:"runTask,omitempty"`
	Warnings               []string              `json:"warnings"`
	Problems               []jobtemplate.Problem `json:"problems,omitempty"`

	deploymentID string
	clients      *awsaccess.Clients
	mask         func(map[string]any) map[string]any
}

// previewPatience is how long AWS is asked again: a person waits.
const previewPatience = 10 * time.Second

// MakePreview makes the requests of a job without sending them. AWS is only read, and
// only where the job needs it. A job that can never work is *jobtemplate.Problems.
func MakePreview(ctx context.Context, r PreviewRequest) (*Preview, error) {
	in, err := r.inputs(ctx)
	if err != nil {
		return nil, err
	}
	in.JobVariables, in.Strict = r.JobVariables, r.Strict
	job, err := jobtemplate.Resolve(in)
	if err != nil {
		return nil, err
	}
	p := &Preview{deploymentID: textField(in.Deployment, "id"), mask: job.Mask}
	if r.ShowSecrets {
		p.mask = func(document map[string]any) map[string]any { return document }
	}
	return p, p.Fill(ctx, r, job, in)
}

func (p *Preview) Fill(ctx context.Context, r PreviewRequest, job *jobtemplate.Job, in jobtemplate.Inputs) error {
	sets := awsaccess.NewSets(r.AWS, nil, nil)
	var err error
	if p.clients, err = sets.Of(ctx, job.Credentials); err != nil {
		return err
	}
	// The definition counts as registered: a run whose definition is there already sends no
	// tag to have it deregistered, but that is known only then.
	launch := jobtemplate.Launch{TaskDefinition: job.Family(), Registered: job.TaskDefinition == ""}
	// startedBy and clientToken come from the claim, which is not made yet.
	if job.TaskDefinition != "" {
		definitions := &register{patience: patience{limit: previewPatience}}
		if launch.Described, err = definitions.describe(ctx, r.Logger, p.clients, job.TaskDefinition,
			time.Time{}); err != nil {
			return err
		}
	} else {
		wanted, err := hashed(job, p.clients.Region)
		if err != nil {
			return err
		}
		p.RegisterTaskDefinition = p.mask(wanted.Document)
	}
	if need, needed := job.NeedsNetwork(launch.Described); needed {
		found := &networks{patience: patience{limit: previewPatience}, known: &cache[jobtemplate.Network]{}}
		if launch.Network, err = found.find(ctx, r.Logger, p.clients, need); err != nil {
			return err
		}
	}
	request, err := job.RunTask(launch)
	if err != nil {
		return err
	}
	p.RunTask, p.Warnings = p.mask(request.Document), request.Warnings
	if p.Warnings == nil {
		p.Warnings = []string{}
	}
	return nil
}

// textField is a string of a JSON object, or empty.
func textField(raw json.RawMessage, key string) string {
	var object map[string]any
	_ = json.Unmarshal(raw, &object) // jobtemplate has said what is wrong with it
	text, _ := object[key].(string)
	return text
}

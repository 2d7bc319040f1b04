//go:build e2e

package parity

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/jobtemplate"
)

// inputs are the job as a worker of ours would see it.
func (o outcome) inputs(version string) jobtemplate.Inputs {
	return jobtemplate.Inputs{
		FlowRun:        o.Objects["flow_run"],
		Flow:           o.Objects["flow"],
		Deployment:     o.Objects["deployment"],
		WorkPool:       o.Objects["work_pool"],
		WorkerName:     o.Case.Worker,
		WorkerID:       o.Case.WorkerID,
		Settings:       o.Case.Settings,
		Environ:        func(name string) (string, bool) { v, ok := o.Case.Environ[name]; return v, ok },
		PrefectVersion: version,
		Lookup: jobtemplate.Lookup{
			Block: func(slug, name string) (json.RawMessage, error) {
				return find(o.Case.Blocks, slug+"/"+name)
			},
			BlockByID: func(id string) (json.RawMessage, error) { return find(o.Case.BlocksByID, id) },
			Variable:  func(name string) (json.RawMessage, error) { return find(o.Case.Variables, name) },
		},
	}
}

func find(documents map[string]json.RawMessage, name string) (json.RawMessage, error) {
	if document, ok := documents[name]; ok {
		return document, nil
	}
	return nil, fmt.Errorf("%q: %w", name, jobtemplate.ErrNotFound)
}

// ours makes the requests of a job with jobtemplate.
func (o outcome) ours(version string) (*requests, error) {
	job, err := jobtemplate.Resolve(o.inputs(version))
	if err != nil {
		return nil, err
	}
	region := job.Credentials.Region
	if region == "" {
		region = "us-east-1"
	}
	made := &requests{Name: job.Name, Cluster: job.Cluster, Region: region}
	launch := jobtemplate.Launch{Described: o.described(job.TaskDefinition)}
	definition, err := job.Definition(region)
	if err != nil {
		return nil, err
	}
	if definition != nil {
		launch.TaskDefinition, err = o.place(definition, job, made)
		launch.Registered = made.Register != nil
	}
	if err != nil {
		return nil, err
	}
	if need, needed := job.NeedsNetwork(launch.Described); needed {
		launch.Network = o.network(need, region)
	}
	run, err := job.RunTask(launch)
	if err != nil {
		return nil, err
	}
	made.Run = run.Document
	return made, nil
}

// place says which definition runs: one that is there already and equal, when the
// official worker used one too, or a new one.
func (o outcome) place(definition *jobtemplate.Definition, job *jobtemplate.Job, made *requests) (string, error) {
	for _, described := range o.AWS.Described {
		hash, err := jobtemplate.HashDescribed(&described, nil)
		if err != nil {
			return "", err
		}
		if hash == definition.Hash && job.MatchLatest {
			return *described.TaskDefinitionArn, nil
		}
	}
	made.Register = definition.Document
	if o.Official != nil {
		return fmt.Sprint(o.Official.Run["taskDefinition"]), nil
	}
	return job.Family(), nil
}

func (o outcome) described(arn string) *types.TaskDefinition {
	for i, described := range o.AWS.Described {
		revision := fmt.Sprintf("%s:%d", *described.Family, described.Revision)
		if *described.TaskDefinitionArn == arn || *described.Family == arn || revision == arn {
			return &o.AWS.Described[i]
		}
	}
	return nil
}

func (o outcome) network(need jobtemplate.NetworkNeed, region string) *jobtemplate.Network {
	for _, vpc := range o.AWS.VPCs {
		if vpc.Region == region && (vpc.ID == need.VPCID || need.VPCID == "" && vpc.Default) {
			return &jobtemplate.Network{VPCID: vpc.ID, Subnets: vpc.Subnets}
		}
	}
	return nil
}
